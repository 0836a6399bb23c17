"""How much of what PA-X codes on truces a kind of term can say, and how many rows make drafts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from trucewatch.assess.model import TERM_KINDS
from trucewatch.assess.pax.codes import CODES, LEFT_OUT, MEANT
from trucewatch.assess.pax.draft import Draft, Problem

FITS = ("yes", "partly", "no")


def coverage(
    drafts: Sequence[Draft],
    problems: Sequence[Problem],
    coded: Sequence[tuple[str, str]],
    unnamed: Sequence[Draft] | None = None,
) -> dict[str, Any]:
    """drafts, problems, (stage, column) of every code -> the provisions one by one, and the sums, overall and by stage.

    A provision is a column; a coding is a column that is set in one row. unnamed: drafts with placeholders for their
    parties, where they were asked for; they are counted beside the others, and their rows stay problems.
    """
    rows: list[Draft | Problem] = [*drafts, *problems]
    apart = None if unnamed is None else Counter(one.stage for one in unnamed)
    stages = sorted({one.stage for one in rows} - {""})
    all_, by_stage = Counter(column for _, column in coded), Counter(coded)
    drafted = {code.drafts["kind"] for code in CODES if code.drafts}
    return {
        "provisions": [
            {
                "column": code.column,
                "family": code.family,
                "means": code.means,
                "expressed": code.fits,
                "kinds": list(code.kinds),
                "lacks": code.lacks,
                "drafted": code.drafts is not None,
                "codings": all_[code.column],
                "by_stage": {stage: by_stage[stage, code.column] for stage in stages},
            }
            for code in CODES
        ],
        "columns": {fits: sum(code.fits == fits for code in CODES) for fits in FITS},
        "codings": {
            "all": _sums(all_),
            **{stage: _sums(Counter(c for s, c in coded if s == stage)) for stage in stages},
        },
        "rows": {
            "all": _rows(drafts, problems) | ({"unnamed": apart.total()} if apart is not None else {}),
            **{
                stage: _rows([d for d in drafts if d.stage == stage], [p for p in problems if p.stage == stage])
                | ({"unnamed": apart[stage]} if apart is not None else {})
                for stage in stages
            },
        },
        "kinds_never_drafted": [kind for kind in TERM_KINDS if kind not in drafted],
        "left_out": dict(LEFT_OUT),
    }


def _sums(counted: Counter[str]) -> dict[str, int]:
    sums = Counter[str]()
    for column, n in counted.items():
        sums[MEANT[column].fits] += n
        sums["drafted"] += n if MEANT[column].drafts else 0
    return {name: sums[name] for name in (*FITS, "drafted")}


def _rows(drafts: Sequence[Draft], problems: Sequence[Problem]) -> dict[str, Any]:
    reasons = Counter(problem.reason for problem in problems)
    return {
        "rows": len(drafts) + len(problems),
        "drafts": len(drafts),
        "problems": len(problems),
        "reasons": dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
    }


def told(made: dict[str, Any]) -> list[str]:
    """The same for people."""
    lines = [f"{sum(made['columns'].values())} provisions: {_counted(made['columns'])}", ""]
    for one in made["provisions"]:
        kinds = ", ".join(one["kinds"]) or "none"
        lacks = f"; lacks: {one['lacks']}" if one["lacks"] else ""
        lines.append(
            f"  {one['column']:9} {one['expressed']:7} {one['codings']:5}  {one['means']}; kinds: {kinds}{lacks}"
        )
    lines.append("")
    for stage, sums in made["codings"].items():
        whose, rows = ("in all" if stage == "all" else f"stage {stage}"), made["rows"][stage]
        lines.append(
            f"{whose}: codings {_counted({fits: sums[fits] for fits in FITS})}, {sums['drafted']} in drafts' terms; "
            f"{rows['rows']} rows, {rows['drafts']} drafts, {rows['problems']} problems{_beside(rows)}"
        )
        lines += [f"    {n:5}  {reason}" for reason, n in rows["reasons"].items()] if stage in ("all", "Cea") else []
    return [*lines, "", f"kinds that no code leads to: {', '.join(made['kinds_never_drafted'])}"]


def _beside(rows: dict[str, Any]) -> str:
    return f", {rows['unnamed']} of them drafts with unnamed parties" if "unnamed" in rows else ""


def _counted(sums: dict[str, int]) -> str:
    return f"{sums['yes']} expressed, {sums['partly']} partly, {sums['no']} not"
