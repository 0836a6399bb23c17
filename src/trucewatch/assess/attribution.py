"""incidents, what was said, maps, an agreement, ranges -> attributions, attributed. Which side could have done it?

A question of its own, apart from findings. Never by default the other side: that one could not have done it says
nothing of another, but where only parties fight and one map leaves a single one; and even then it says `could`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from trucewatch.assess import directions, reach
from trucewatch.assess.held import latest, maps, sheet
from trucewatch.assess.model import Agreement
from trucewatch.assess.named import said, speakers
from trucewatch.assess.params import AttributionParams
from trucewatch.assess.ranges import Ranges
from trucewatch.base.ids import column_id
from trucewatch.tables import ATTRIBUTED, ATTRIBUTIONS
from trucewatch.tables.sides import BASES, SAYS

_ORDER = ["t0", "t1", "lat", "lon", "kind", "incident"]
_DRAFT = pl.Schema(
    {name: ATTRIBUTIONS.schema[name] for name in ATTRIBUTIONS.schema if name != "id"}
    | {"basis": pl.String(), "says": pl.String(), "stranger": pl.Boolean()}
)
_NOBODY = ""
"""In lists of parties, for a name that stands for none."""


@dataclass(frozen=True)
class Evidence:
    """What the question is put to: what happened, what was said of it, and whose maps draw who holds what."""

    incidents: pl.DataFrame
    observations: pl.DataFrame
    links: pl.DataFrame
    areas: pl.DataFrame


@dataclass(frozen=True)
class Attributed:
    """attributions: a row per incident, party and basis; attributed: a row per incident."""

    attributions: pl.DataFrame
    attributed: pl.DataFrame


def attribute(
    evidence: Evidence,
    agreement: Agreement,
    table: Ranges,
    speaks: Mapping[str, str] | None = None,
    params: AttributionParams | None = None,
) -> Attributed:
    """evidence, agreement, ranges -> attributions, attributed.

    speaks: source or origin -> the party that it speaks for; a source that bears a party's name speaks for it anyway.
    """
    params = params or AttributionParams()
    linked = evidence.links.select("incident", "observation").join(
        evidence.observations, left_on="observation", right_on="id"
    )
    linked = linked.rename({"observation": "id"})
    told = said(linked, agreement, speakers(speaks or {}, agreement))
    drawn = _by_maps(evidence, linked, agreement, table, params)
    rows = pl.concat([_draft(told), _only_one_left(drawn, told, agreement)])
    rows = rows.join(evidence.incidents.select("t0", "t1", "lat", "lon", "kind", incident="id"), on="incident")
    rows = rows.with_columns(id=_id(), basis=pl.col("basis").cast(BASES), says=pl.col("says").cast(SAYS))
    rows = rows.sort([*_ORDER, "basis", "source", "map_on", "party"], nulls_last=True)
    made = ATTRIBUTIONS.fit(rows.select(ATTRIBUTIONS.schema.names()))
    left = rows.filter("left").select("incident", "party").unique()
    return Attributed(made, _summary(evidence.incidents, made, left, told, agreement))


def _id() -> pl.Expr:
    spoken = pl.col("observations").list.join(" ")
    return column_id(*(pl.col(name) for name in ("incident", "party", "basis", "source", "map_on")), spoken)


def _draft(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of any basis -> all with the same columns."""
    have = [
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(kind).alias(name) for name, kind in _DRAFT.items()
    ]
    return rows.select(have).with_columns(left=pl.lit(False))


def _by_maps(
    evidence: Evidence, linked: pl.DataFrame, agreement: Agreement, table: Ranges, params: AttributionParams
) -> pl.DataFrame:
    """All that maps tell, map by map."""
    drawn = maps(evidence.areas)
    reaches = reach.tasks(evidence.incidents, table, params)
    ways = directions.tasks(linked, evidence.incidents, reaches, params)
    places = evidence.incidents.select("lon", "lat", "radius_m", incident="id")
    asked = evidence.incidents.filter(pl.col("id").is_in([*reaches["incident"], *ways["incident"]]))
    made = [_draft(pl.DataFrame({"incident": pl.Series([], dtype=pl.String)}))]
    which = latest(asked, drawn, params)
    for (source, on), theirs in which.partition_by("source", "on", as_dict=True, maintain_order=True).items():
        one = sheet(drawn.filter((pl.col("source") == source) & (pl.col("on") == on)), agreement)
        head = {"source": pl.lit(source), "map_on": pl.lit(on, _DRAFT["map_on"])}
        here = reaches.join(theirs.select("incident"), on="incident").join(places, on="incident")
        if here.height:
            made.append(_draft(reach.rows(one, here, agreement, params).with_columns(**head)))
        there = ways.join(theirs.select("incident"), on="incident")
        if there.height:
            found = directions.rows(one, there, agreement, params).with_columns(
                basis=pl.lit("direction"), observations=pl.concat_list("observation"), **head
            )
            made.append(_draft(found))
    return pl.concat(made)


def _only_one_left(drawn: pl.DataFrame, told: pl.DataFrame, agreement: Agreement) -> pl.DataFrame:
    """Where only parties fight, and one map rules out all but one: that one `could`, and the row says why.

    Not where the map shows others within reach, or somebody named a doer who is no party: then others do fight there.
    """
    if agreement.others or len(agreement.parties) < 2:
        return drawn
    one_map = ["incident", "source", "map_on"]
    out = pl.col("says").eq_missing(pl.lit("could_not"))
    named_others = told.filter(pl.col("party").is_null())["incident"].unique()
    gone = pl.col("party").filter(out).n_unique().over(one_map)
    here = pl.col("stranger").fill_null(False).any().over(one_map)
    alone = (
        (gone == len(agreement.parties) - 1)
        & ~out.any().over([*one_map, "party"])
        & ~here
        & ~pl.col("incident").is_in(named_others.implode())
    )
    drawn = drawn.with_columns(left=alone)
    words = pl.format("{}; the only party that this map leaves", "because")
    return drawn.with_columns(
        says=pl.when("left").then(pl.lit("could")).otherwise("says"),
        because=pl.when("left").then(words).otherwise("because"),
    )


def _summary(
    incidents: pl.DataFrame, rows: pl.DataFrame, left: pl.DataFrame, told: pl.DataFrame, agreement: Agreement
) -> pl.DataFrame:
    """A row for each incident: what all bases and maps say together, none of them resolved."""
    ids = pl.DataFrame({"party": [party.id for party in agreement.parties]}, schema={"party": pl.String})
    per = rows.filter(pl.col("party").is_not_null()).group_by("incident", "party").agg(
        yes=pl.col("says").is_in(["could", "did"]).fill_null(False).any(),
        no=(pl.col("says") == "could_not").fill_null(False).any(),
    )  # fmt: skip
    full = incidents.select(incident="id").join(ids, how="cross").join(per, on=["incident", "party"], how="left")
    full = full.with_columns(pl.col("yes", "no").fill_null(False))
    lists = {
        "could": pl.col("yes") & ~pl.col("no"),
        "could_not": pl.col("no") & ~pl.col("yes"),
        "disputed": pl.col("yes") & pl.col("no"),
        "untold": ~pl.col("yes") & ~pl.col("no"),
    }
    sides = full.group_by("incident").agg(pl.col("party").filter(test).sort().alias(n) for n, test in lists.items())
    only = left.group_by("incident").agg(left=pl.col("party").sort())
    made = incidents.select("t0", "t1", "lat", "lon", "kind", incident="id").join(sides, on="incident", how="left")
    made = made.join(only, on="incident", how="left").join(_doers(told, agreement), on="incident", how="left")
    empty = pl.lit([], dtype=pl.List(pl.String))
    made = made.with_columns(pl.col(*lists, "left", "named", "doers").fill_null(empty))
    answered = made.with_columns(answer=_answer()).with_columns(says=_words(agreement))
    return ATTRIBUTED.fit(answered.sort(_ORDER, nulls_last=True).select(ATTRIBUTED.schema.names()))


def _doers(told: pl.DataFrame, agreement: Agreement) -> pl.DataFrame:
    """incident -> names of those who are said to have done it, their parties' ids (or nobody's), and by whom."""
    names = {party.id: party.name for party in agreement.parties}
    did = told.filter(pl.col("says") == "did")
    called = pl.coalesce(pl.col("party").replace_strict(names, default=None, return_dtype=pl.String), "called")
    return did.group_by("incident").agg(
        named=called.unique().sort(),
        doers=pl.col("party").fill_null(_NOBODY).unique().sort(),
        against=(pl.col("basis") == "against_interest").any(),
        claims=(pl.col("basis") == "own_claim").all(),
        strangers=pl.col("called").filter(pl.col("party").is_null()).n_unique(),
    )


def _answer() -> pl.Expr:
    """One word. `undetermined` unless something speaks; a party's word against another alone settles nothing."""
    n = pl.col("doers").list.len().cast(pl.Int64) + (pl.col("strangers").fill_null(0).cast(pl.Int64) - 1).clip(0)
    out = pl.col("doers").list.set_intersection(pl.col("could_not").list.concat("disputed")).list.len() > 0
    lone = (pl.col("left").list.len() == 1) & (pl.col("disputed").list.len() == 0)
    return (
        pl.when(n > 1)
        .then(pl.lit("rival"))
        .when((n == 1) & out)
        .then(pl.lit("disputed"))
        .when((n == 1) & pl.col("against"))
        .then(pl.lit("against_interest"))
        .when((n == 1) & pl.col("claims"))
        .then(pl.lit("claimed"))
        .when(n == 1)
        .then(pl.lit("named"))
        .when(lone)
        .then(pl.lit("left"))
        .otherwise(pl.lit("undetermined"))
    )


def _words(agreement: Agreement) -> pl.Expr:
    names = {party.id: party.name for party in agreement.parties}
    who = pl.col("named").list.join(" and ")
    only = pl.col("left").list.eval(pl.element().replace(names)).list.join(", ")
    owned = pl.lit("; one of them by its own side, against its interest")
    against = pl.when("against").then(owned).otherwise(pl.lit(""))
    words = {
        "rival": pl.format("rival: {} are named as the doer, by different voices{}", who, against),
        "disputed": pl.format("disputed: {} is named, and a map speaks against it", who),
        "against_interest": pl.format("{} is named by its own side, against its interest", who),
        "claimed": pl.format("undetermined: {} is named by another side only", who),
        "named": pl.format("{} is named", who),
        "left": pl.format("undetermined: {} is the only party that a map leaves, which is no proof", only),
    }
    told: pl.Expr = pl.lit("undetermined")
    for answer, text in words.items():
        told = pl.when(pl.col("answer") == answer).then(text).otherwise(told)
    return told
