"""Step 3: what each term, under each reading, says of the period."""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.report.notes import Notes
from trucewatch.report.period import quoted

VERDICTS = ("strongly_indicated", "indicated", "cannot_tell", "not_indicated")


def articles(
    terms: pl.DataFrame,
    findings: pl.DataFrame,
    left_out: pl.DataFrame,
    quotes: pl.DataFrame,
    names: dict[str, str],
    notes: Notes,
) -> list[dict[str, Any]]:
    """terms, findings of the period -> one block per term, in the agreement's order, with a row per reading."""
    blocks = []
    for term in terms["term"].unique(maintain_order=True).to_list():
        versions = terms.filter(pl.col("term") == term)
        text = versions.row(0, named=True)
        mine = findings.filter(pl.col("term") == term)
        quote = quotes.filter(pl.col("term") == term)
        blocks.append(
            {
                "term": term,
                "article": text["article"],
                "says": text["says"],
                "source": text["source"],
                "where": text["where_says"],
                "unless": text["unless"],
                "quote": quote.row(quote.height - 1, named=True) if quote.height else None,
                "readings": [
                    _reading(versions.row(n, named=True), mine, left_out, names, notes) for n in range(versions.height)
                ],
                "contested": _noted(
                    mine.filter("contested"),
                    f"Article {text['article']} ({term}), contested",
                    f"term = {quoted(term)} and contested",
                    notes,
                ),
                "attribution": _attributed(mine.filter(pl.col("reading") == "text"), names),
            }
        )
    return blocks


def _reading(
    term: dict[str, Any], findings: pl.DataFrame, left_out: pl.DataFrame, names: dict[str, str], notes: Notes
) -> dict[str, Any]:
    who = term["reading"]
    name = "the text" if who == "text" else names.get(who, who)
    mine = findings.filter(pl.col("reading") == who)
    out = left_out.filter((pl.col("term") == term["term"]) & (pl.col("reading") == who) & (pl.col("n") > 0))
    rule = f"term = {quoted(term['term'])} and reading = {quoted(who)}"
    return {
        "reading": who,
        "name": name,
        "differs": term["differs"],
        "says": term["says"],
        "source": term["source"],
        "since": term["since"],
        "until": term["until"],
        "ends": term["ends"],
        "zone": term["zone_kind"],
        "lacks": term["lacks"],
        "verdicts": {
            verdict: _noted(
                mine.filter(pl.col("verdict") == verdict),
                f"Article {term['article']} ({term['term']}), reading of {name}: {verdict.replace('_', ' ')}",
                f"{rule} and verdict = {quoted(verdict)}",
                notes,
            )
            for verdict in VERDICTS
        },
        "weakest": _counted(mine.filter(pl.col("verdict") != "strongly_indicated"), "because"),
        "would_settle": _counted(mine.filter(pl.col("verdict") == "cannot_tell"), "would_settle"),
        "left_out": [{"reason": reason, "n": n} for reason, n in out.select("reason", "n").rows()],
    }


def _noted(findings: pl.DataFrame, says: str, rule: str, notes: Notes) -> dict[str, int]:
    subjects = findings["subject"].unique()
    return {"n": len(subjects), "note": notes.note(says, subjects, rule, of_findings=True)}


def _counted(findings: pl.DataFrame, column: str, most: int = 4) -> list[dict[str, Any]]:
    counts = findings.group_by(column).agg(n=pl.len()).sort(["n", column], descending=[True, False])
    return [{"what": what, "n": n} for what, n in counts.head(most).rows()]


def _attributed(findings: pl.DataFrame, names: dict[str, str]) -> list[dict[str, Any]]:
    """Who did it, by the record: parties in the agreement's own order, so that no spelling and no count leads."""
    counts = dict(findings.group_by("attribution").agg(n=pl.len()).rows())
    parties = list(dict.fromkeys(names.values()))
    others = sorted(set(counts) - set(parties))
    return [{"what": what, "n": counts[what]} for what in (*parties, *others) if what in counts]
