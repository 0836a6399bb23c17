"""Who is said to have done it, by whom: voices, not rows. Rival namings stand beside each other and are not resolved.

A source may speak for a party. Where it names its own side that is against its interest and weighs more than where it
names another, which is what every side does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from trucewatch.assess.model import Agreement
from trucewatch.base.errors import UnknownName
from trucewatch.base.graph import components

_AND = "\x1f"
_SAID: dict[str, Any] = {
    "by": pl.String,
    "sides": pl.String,
    "party": pl.String,
    "alone": pl.Boolean,
    "called": pl.String,
}


def speakers(speaks: Mapping[str, str], agreement: Agreement) -> dict[str, str]:
    """Source or origin -> the name of a party, as given -> the party's id. UnknownName where there is no such party."""
    made = {}
    for source, name in speaks.items():
        party = agreement.party(name)
        if party is None:
            raise UnknownName("party", name, [p.id for p in agreement.parties])
        made[source] = party.id
    return made


def said(linked: pl.DataFrame, agreement: Agreement, speaks: Mapping[str, str]) -> pl.DataFrame:
    """observations with `incident` -> a row for each voice and party that it names: what it says, and on which basis.

    A voice is all that repeats one origin: copies count once. Denials name nobody. A name that stands for no party
    has a row with no party, so that it is not lost.
    """
    told = _voices(linked.filter(pl.col("stance") == "affirms").sort("incident", "t0", "id"))
    told = _spoken(told, agreement, speaks).with_columns(sides=pl.col("between").list.sort().list.join(_AND))
    told = told.filter(pl.any_horizontal(pl.col("by", "sides").is_not_null()))
    told = told.join(_meant(told.select("by", "sides"), agreement), on=["by", "sides"], how="left", nulls_equal=True)
    rows = told.group_by("incident", "voice", "party", "alone", maintain_order=True).agg(
        pl.col("called").unique().sort().str.join(" and "),
        pl.col("speaks_for").first(),
        pl.col("only_for").first(),
        source=pl.col("source").unique().sort().str.join(", "),
        observations=pl.col("id").unique().sort(),
    )
    # That the other side admits it, told by a source of one's own side, is no admission.
    own = pl.col("alone") & (pl.col("only_for") == pl.col("party")) & (pl.col("speaks_for") == pl.col("party"))
    other = pl.col("alone") & pl.col("speaks_for").is_not_null() & pl.col("speaks_for").ne_missing(pl.col("party"))
    rows = rows.with_columns(
        basis=pl.when(own.fill_null(False))
        .then(pl.lit("against_interest"))
        .when(other)
        .then(pl.lit("own_claim"))
        .otherwise(pl.lit("named")),
        says=pl.when("alone").then(pl.lit("did")).otherwise(pl.lit("could")),
    )
    return rows.with_columns(because=_because(agreement)).select(
        "incident", "party", "basis", "says", "source", "observations", "called", "because"
    )


def _voices(rows: pl.DataFrame) -> pl.DataFrame:
    """Within an incident, rows that repeat one origin, or are of one source that names none, are one `voice`."""
    origin = pl.when(pl.col("lineage").list.len().fill_null(0) > 0).then("lineage").otherwise(pl.concat_list("source"))
    rows = rows.with_columns(origin=origin)
    each = rows.select("incident", "origin").with_row_index("row").explode("origin")
    first = pl.col("row").first().over("incident", "origin")
    edges = each.select("row", first=first).filter(pl.col("row") != pl.col("first"))
    label = components(
        edges["first"].to_numpy().astype(np.int64), edges["row"].to_numpy().astype(np.int64), rows.height
    )
    return rows.with_columns(voice=pl.Series(label, dtype=pl.Int64))


def _spoken(rows: pl.DataFrame, agreement: Agreement, speaks: Mapping[str, str]) -> pl.DataFrame:
    """Add `speaks_for`, a party that any origin of the voice speaks for, and `only_for`, that all of them speak for.

    A voice of several origins may be a party's or not, so it counts as the party's only where that weighs less.
    """
    origins = {o for origin in rows["origin"].to_list() for o in origin} | set(rows["source"].to_list())
    known = {o: party.id for o in origins if (party := agreement.party(o)) is not None} | dict(speaks)
    each = rows.select("voice", name=pl.concat_list("origin", pl.concat_list("source"))).explode("name")
    whose = each.with_columns(whose=pl.col("name").replace_strict(known, default=None, return_dtype=pl.String))
    # A source that repeats somebody speaks for him at most; so only origins have to be a party's.
    own = rows.select("voice", name="origin").explode("name")
    own = own.with_columns(whose=pl.col("name").replace_strict(known, default=None, return_dtype=pl.String))
    # Who repeats both sides speaks for none of them.
    sides = pl.col("whose").drop_nulls()
    any_of = whose.group_by("voice").agg(speaks_for=pl.when(sides.n_unique() == 1).then(sides.first()))
    all_of = own.group_by("voice").agg(
        only_for=pl.when((pl.col("whose").n_unique() == 1) & pl.col("whose").is_not_null().all()).then(
            pl.col("whose").first()
        )
    )
    return rows.join(any_of, on="voice", how="left").join(all_of, on="voice", how="left")


def _meant(names: pl.DataFrame, agreement: Agreement) -> pl.DataFrame:
    """by, sides -> the party of each; `alone` where it is said to have done it, not one of several."""
    rows: list[tuple[str | None, str | None, str | None, bool, str]] = []
    for by, sides in names.unique().sort("by", "sides").rows():
        for name in [by] if by is not None else str(sides).split(_AND):
            found = agreement.parties_of(name)
            alone = by is not None and len(found) < 2
            rows += [(by, sides, party.id, alone, name) for party in found] or [(by, sides, None, alone, name)]
    return pl.DataFrame(rows, schema=_SAID, orient="row")


def _because(agreement: Agreement) -> pl.Expr:
    names = {party.id: party.name for party in agreement.parties}
    who = pl.col("speaks_for").replace(names)
    n = pl.col("observations").list.len()
    rows = pl.when(n == 1).then(pl.lit("one row names")).otherwise(pl.format("{} rows of one origin name", n))
    whom = pl.when(pl.col("party").is_null()).then(pl.format("{}, no party by that name", "called")).otherwise("called")
    return (
        pl.when(pl.col("basis") == "against_interest")
        .then(
            pl.format(
                "{} {}; this speaks for {} and names its own side: against its interest, so it weighs more than a word "
                "against another side",
                rows,
                whom,
                who,
            )
        )
        .when(pl.col("basis") == "own_claim")
        .then(pl.format("{} {}; this speaks for {}, which has an interest in naming another side", rows, whom, who))
        .when("alone")
        .then(pl.format("{} {}", rows, whom))
        .otherwise(pl.format("{} {} as one of several, not as who did it", rows, whom))
    )
