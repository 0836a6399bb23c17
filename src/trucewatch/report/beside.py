"""Step 6: what people said and decided, beside what the tool indicates, at a release level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.base.ids import SHORT
from trucewatch.base.time import UTC_US
from trucewatch.report.params import LevelParams
from trucewatch.report.period import Period
from trucewatch.report.words import day, instant

_COLUMNS: dict[str, Any] = {
    "matter": pl.Int64,  # the entry that began it
    "entry": pl.Int64,
    "kind": pl.String,  # complaint, reply, inquiry, determination, corrective_action or judgement
    "at": UTC_US,  # when it was said
    "entered": UTC_US,
    "by": pl.String,  # who said it
    "on_behalf_of": pl.String,  # id of the party for which, or null
    "agreement": pl.String,
    "term": pl.String,
    "article": pl.String,
    "reading": pl.String,
    "subjects": pl.List(pl.String),  # as they were named
    "incidents": pl.List(pl.String),  # the incidents that it is about, as they are called now
    "answers": pl.Int64,
    "supersedes": pl.Int64,
    "superseded_by": pl.Int64,
    "outcome": pl.String,
    "responsibility": pl.String,
    "to": pl.String,  # id of the party to which it is laid
    "whom": pl.String,  # id of the party that is to act
    "due": UTC_US,
    "status": pl.String,
    "state": pl.String,  # of an action: how far it has come by its last step
    "overdue": pl.Boolean,
    "confirmed_by": pl.String,
    "doubt": pl.String,
    "call": pl.String,
    "text": pl.String,  # the capture that holds the words
    "words": pl.String,
    "held": pl.String,  # who withholds the words
    "documents": pl.List(pl.String),
    "public": pl.Boolean,  # filed for everybody to read
    "after_report": pl.Int64,  # entry of the last report that was made before it
    "body": pl.String,
}
FILED = pl.Schema(_COLUMNS)
LINK = {
    "p_event": "whether it happened",
    "p_when": "whether it was in force then",
    "p_inside": "whether it lies in the zone",
    "p_barred": "whether the act is barred",
    "p_bound": "whether whoever did it is bound",
    "p_unexcepted": "whether no exception applies",
    "same_incident": "whether the two are one incident",
}
_UNDONE = ("asked", "accepted")
_SPOKEN = ("complaint", "reply", "inquiry")
"""Kinds by whoever comes forward; the others are by those who decide, and are named at every level."""
_WHAT = {
    "complaint": "complaint",
    "reply": "reply",
    "inquiry": "inquiry",
    "determination": "determination",
    "corrective_action": "corrective action",
    "judgement": "judgement",
}
_UNNAMED = "somebody who is not named at this level"


def with_overdue(casework: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """casework -> with `overdue`: is the deadline over at `now`, of an action that is still to be done? Null where the
    row is no action, or is a step of one."""
    late = (pl.col("due") < now).fill_null(False) & pl.col("state").is_in(_UNDONE)
    return casework.with_columns(overdue=pl.when(pl.col("state").is_not_null()).then(late))


def released(
    casework: pl.DataFrame, incidents: pl.DataFrame, level: LevelParams, made_at: datetime
) -> tuple[pl.DataFrame, int]:
    """casework, the incidents that are released -> what of it may be told, and how many entries are too recent.

    It goes out with the incidents that it is about; where it is about none, as late as they do, from when it was said.
    Words go out at levels that have them, or where they were filed for everybody (those of an inquiry, which may say
    who will look where, as late as an incident of that day); so does the name of whoever spoke for
    a party, or inquired. Whoever came forward for no party is named at `restricted` only.
    """
    mine = casework.explode("incidents").filter(pl.col("incidents").is_in(incidents["id"].to_list()))
    shown = mine.group_by("entry").agg(_shown=pl.col("incidents").unique(maintain_order=True))
    told = casework.join(shown, on="entry", how="left", maintain_order="left").with_columns(
        pl.col("_shown").fill_null([])
    )
    old = pl.col("at") <= made_at - level.delay if level.delay else pl.lit(True)
    kept = told.filter(pl.when(pl.col("incidents").list.len() > 0).then(pl.col("_shown").list.len() > 0).otherwise(old))
    plan = (pl.col("kind") == "inquiry") & ~old  # who will look where, while they may still be on their way
    words, spoke = pl.col("public") | (level.words & ~plan), pl.col("kind").is_in(_SPOKEN)
    official = pl.col("on_behalf_of").is_not_null() | (pl.col("kind") == "inquiry")
    named = ~spoke | pl.col("public") | level.observers | (official & level.words)
    out = kept.with_columns(
        words=pl.when(words).then("words"),
        held=pl.when(words).then("held"),
        by=pl.when(named).then("by"),
        documents=pl.when(words).then("documents").otherwise(pl.lit([], pl.List(pl.String))),
        incidents="_shown",
    )
    return with_overdue(out.drop("_shown"), made_at), casework.height - kept.height


@dataclass(frozen=True)
class Beside:
    """What stands beside the tool's answers: rows for each article's table, the rest, short lines for each incident.

    elsewhere: how many entries are of matters of other periods alone, which stand in the data and not on the page.
    """

    articles: dict[str, list[dict[str, Any]]]
    others: list[dict[str, Any]]
    incidents: dict[str, list[str]]
    elsewhere: int


def beside(
    casework: pl.DataFrame, findings: pl.DataFrame, mine: pl.Series, span: Period, names: Mapping[str, str], zone: str
) -> Beside:
    """Released casework and findings, ids of the incidents of the period -> what is shown, and where.

    A matter is shown where one of its entries is about an incident of the period, or about no incident at all, or was
    said or is due in it. Each row of it then stands in the table of its article, superseded ones struck.
    """
    here = casework.filter(
        (pl.col("incidents").list.len() == 0)
        | pl.col("incidents").list.eval(pl.element().is_in(mine.to_list())).list.any()
        | pl.col("at").is_between(span.since, span.until, closed="left")
        | pl.col("due").is_between(span.since, span.until, closed="left").fill_null(False)
    )["matter"]
    page = casework.filter(pl.col("matter").is_in(here.to_list())).sort("matter", "entry")
    tool = _indications(findings, casework)
    made = Beside({}, [], {}, casework.height - page.height)
    for row in casework.sort("entry").rows(named=True):
        for incident in row["incidents"] if row["superseded_by"] is None else ():
            made.incidents.setdefault(incident, []).append(_line(row, names, zone))
    for row in page.rows(named=True):
        (made.articles.setdefault(row["term"], []) if row["term"] else made.others).append(_row(row, tool, names, zone))
    return made


def _indications(findings: pl.DataFrame, casework: pl.DataFrame) -> pl.DataFrame:
    """What the tool says of what people speak of: id, subject, term, article, says."""
    asked = casework["incidents"].explode().drop_nulls().unique().to_list()
    named = casework["subjects"].explode().drop_nulls().unique().to_list()
    verdict = pl.col("verdict").cast(pl.String).str.replace_all("_", " ")
    return (
        findings.filter(pl.col("subject").is_in(asked) | pl.col("id").is_in(named))
        .sort("article", "term", "reading", "subject")
        .select("id", "subject", "term", "article", says=pl.format("{} ({})", verdict, "reading"))
    )


def _row(row: dict[str, Any], tool: pl.DataFrame, names: Mapping[str, str], zone: str) -> dict[str, Any]:
    """One row of a table of case work, in words."""
    mine = tool.filter(pl.col("subject").is_in(row["incidents"]) | pl.col("id").is_in(row["subjects"]))
    if row["term"]:
        mine = mine.filter(pl.col("term") == row["term"])
    said = mine.group_by("article", maintain_order=True).agg(pl.col("says").unique(maintain_order=True).str.join(", "))
    return {
        "entry": row["entry"],
        "matter": row["matter"],
        "answers": row["answers"],
        "what": _WHAT[row["kind"]],
        "when": day(row["at"], zone),
        "who": who(row, names),
        "about": [name if name.startswith("matter/") else name[:SHORT] for name in row["subjects"]],
        "now": [name[:SHORT] for name in row["incidents"] if name not in row["subjects"]],
        "tool": "; ".join(f"{article}: {says}" for article, says in said.rows()) or _silent(row),
        "answer": answer(row, names, zone),
        "words": row["words"],
        "held": row["held"],
        "documents": [name[:SHORT] for name in row["documents"]],
        "superseded_by": row["superseded_by"],
        "overdue": bool(row["overdue"]),
        "after_report": row["after_report"],
    }


def _silent(row: Mapping[str, Any]) -> str:
    """What stands where no finding does."""
    if row["incidents"]:
        return "nothing: no term bears on it"
    return "" if all(name.startswith("matter/") for name in row["subjects"]) else "it is not in this report"


def who(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Whose words they are, and for which party; names: a party's id -> its name."""
    party = names.get(row["on_behalf_of"], row["on_behalf_of"])
    if row["by"] is None:
        return party or _UNNAMED
    return f"{row['by']}, for {party}" if party and party != row["by"] else str(row["by"])


def answer(row: Mapping[str, Any], names: Mapping[str, str], zone: str) -> str:
    """What was decided, in the decider's own words; empty where nothing was, as in a complaint."""
    if row["kind"] == "determination":
        laid = {None: "", "not attributable": "; could not be attributed"}.get(
            row["responsibility"], f"; {row['responsibility']} to {names.get(row['to'], row['to'])}"
        )
        return f"{row['outcome']}{laid}"
    if row["kind"] == "corrective_action":
        due = f", due {instant(row['due'], zone)}" if row["due"] else ""
        sure = f", confirmed by {row['confirmed_by']}" if row["confirmed_by"] else ""
        told = f"asked of {names.get(row['whom'], row['whom'])}{due}"
        told = told if row["status"] == "asked" else f"{row['status']}{sure} ({told})"
        now = f"; as it stands: {row['state']}" if row["state"] and row["state"] != row["status"] else ""
        return f"{told}{now}{'; OVERDUE' if row['overdue'] else ''}"
    if row["kind"] == "judgement":
        where = f", reading {row['reading']}" if row["reading"] else ""
        return f"{LINK[row['doubt']]}: {row['call']}{where}"
    return ""


def _line(row: dict[str, Any], names: Mapping[str, str], zone: str) -> str:
    """One entry, as it stands beside an incident in the annex."""
    under = f"{row['article']}: " if row["article"] else ""
    told, said_by, on = answer(row, names, zone), who(row, names), day(row["at"], zone)
    if row["kind"] == "determination":
        return f"{under}determined by {said_by} on {on}: {told} (entry {row['entry']})"
    return f"{under}{_WHAT[row['kind']]} by {said_by} on {on}{': ' + told if told else ''} (entry {row['entry']})"
