"""Step 4b: how far chances can be held to account, and how many incidents nobody reported."""

from __future__ import annotations

from typing import Any

import polars as pl


def reliable(completeness: pl.DataFrame, reliability: pl.DataFrame) -> dict[str, Any]:
    """completeness, reliability -> what the page says of both: nothing in them tells where anybody could have seen.

    Where nobody has judged incidents, it says that the chances are held to nothing.
    """
    sides = reliability.group_by("side").agg(n=pl.col("n").sum(), error=pl.col("error").first())
    whole = sides.filter(pl.col("side").is_null()).rows(named=True)
    return {
        "says": _says(whole[0] if whole else None),
        "bars": [
            {"least": f"{row['least']:.0%}", "n": row["n"], "said": f"{row['claimed']:.0%}", "was": f"{row['was']:.0%}"}
            for row in reliability.filter(pl.col("side").is_null()).sort("least").rows(named=True)
        ],
        "sides": [
            {"side": row["side"], "n": row["n"], "error": f"{row['error']:.2f}"}
            for row in sides.filter(pl.col("side").is_not_null()).sort("side").rows(named=True)
        ],
        "unseen": [
            {
                "stratum": "all kinds" if row["stratum"] == "all" else row["stratum"].removeprefix("kind: "),
                "seen": row["seen"],
                "says": row["says"],
                "least": None if row["chao"] is None else f"{abs(row['chao']):.0f}",
            }
            for row in completeness.rows(named=True)
        ],
    }


def _says(whole: dict[str, Any] | None) -> str:
    if whole is None:
        return (
            "No incident of this case has been judged by a person, so the chances are held to nothing: read them as an "
            "order, not as shares of a hundred."
        )
    noun = "incident" if whole["n"] == 1 else "incidents"
    return (
        f"Of {whole['n']} {noun} that people judged, what was said differs from what was so by {whole['error']:.2f} in "
        "the mean; where the chances were calibrated on these very incidents, that flatters them."
    )
