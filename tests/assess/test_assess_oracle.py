"""Small worlds, all of them: what the tool says of an incident must follow from everything that may have happened.

For each incident and term every way in which it may have been is written out in plain Python: at which moment, which
act, by whom, inside or outside, under which start and end of the term, with an exception that applies or not, with a
release that counts or not. *Indicated* must be a breach in each of them, *not indicated* or left out in none.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest
from assessed import START, drawn, happened

from trucewatch.assess import agreement, assess
from trucewatch.kinds import KINDS

HOUR = timedelta(hours=1)
TEXT = """\
agreement: worlds
title: Small worlds
source: invented
others: {others}
parties:
  - {{id: north, name: Northland, also: [Norland]}}
  - {{id: south, name: Southland}}
umbrella: [{{name: United Forces, of: [north, south]}}]
terms:
  - id: quiet
    article: "1"
    says: some acts are barred
    source: invented
    binds: {binds}
    bars: {{acts: [shelling, mine_blast, movement]}}
    where:
      says: a square
      polygon: {{crs: "OGC:CRS84", ring: [[38, 48], [39, 48], [39, 49], [38, 49]]}}
    when:
      since: {{between: ["2020-05-01 12:00Z", "2020-05-01 16:00Z"]}}
      until: {{between: ["2020-05-02 00:00Z", "2020-05-02 04:00Z"]}}
      release: {{says: may leave, invoked: {invoked}}}
    unless: {unless}
    readings:
      south: {{source: invented, since: "2020-05-01 14:00Z", until: "2020-05-02 00:00Z"}}
"""
FORCE = {"text": [(a, b) for a in (0, 2, 4) for b in (12, 14, 16)], "south": [(2, 12)]}
"""In hours after the first moment at which it may be in force."""
SPANS = [(-1, 0), (-1, 1), (0, 0), (1, 5), (4, 12), (6, 7), (7, 9), (11, 13), (16, 17)]
LEFT = 8
SAID = [
    (None, None), ("Norland", None), ("Southland", None), ("Bandits", None), ("United Forces", None),
    (None, ["Northland", "Southland"]), (None, ["Bandits", "Northland"]), (None, ["Bandits", "Southland"]),
    (None, ["Bandits", "Pirates"]), (None, ["Southland", "United Forces"]),
]  # fmt: skip
PLACES = {"inside": (38.5, 48.5, 100.0), "outside": (40.0, 48.5, 100.0), "vague": (38.5, 48.5, None)}
ACTS = ("shelling", "works", "explosion", "evacuation", "movement")
BARRED = {"shelling", "mine_blast", *KINDS["movement"]}
MEANT = {
    "Norland": {"north"}, "Northland": {"north"}, "Southland": {"south"}, "United Forces": {"north", "south"},
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What is written, and what the oracle has to know of it. applies: of an exception, None where people judge."""

    binds: str = "all"
    others: bool = False
    left: bool = False
    unless: str = "[]"
    acts: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    surely: frozenset[str] = frozenset()

    @property
    def bound(self) -> set[str]:
        return {"all": {"north", "south"}, "nobody": set()}.get(self.binds, {self.binds.strip("[]")})

    def text(self) -> str:
        invoked = '[{by: south, at: "2020-05-01 20:00Z", source: x}]' if self.left else "[]"
        return TEXT.format(others=str(self.others).lower(), binds=self.binds, invoked=invoked, unless=self.unless)


HELP, FIRE = frozenset({"evacuation"}), frozenset({"shelling", "mine_blast"})
ALL = [
    Terms(binds, others, left) for binds, others, left in product(("all", "[north]", "[south]", "nobody"), *[(False, True)] * 2)
] + [
    Terms(unless="[{says: of wounded, acts: [evacuation]}]", acts=HELP, surely=HELP),
    Terms(unless="[{says: of wounded, acts: [evacuation], needs: [an order]}]", acts=HELP),
    Terms(unless="[{says: of wounded, acts: [evacuation], parties: [south]}]", acts=HELP, surely=HELP, users=frozenset({"south"})),
    Terms(unless="[{says: fire, acts: [shelling, mine_blast], parties: [north]}]", acts=FIRE, users=frozenset({"north"})),
    Terms(unless="[{says: a remark, clears: false}]", acts=frozenset({"none"})),
    Terms("[south]", True, True, "[{says: in answer, within: 30 min}]"),
]  # fmt: skip


def doers(by: str | None, between: list[str] | None, others: bool) -> set[str]:
    """All who may have done it. A name that nobody knows may be a party's, or that of somebody who is none."""
    anybody = {"north", "south", "stranger"}
    if by is None and between is None:
        return anybody if others else {"north", "south"}
    return set().union(*(MEANT.get(name, anybody) for name in ([by] if by else between or [])))


def breaches(terms: Terms, reading: str, row: dict[str, Any]) -> set[bool]:
    """Whether it was a breach, in every way in which it may have been."""
    t0, t1 = row["hours"]
    moments = [t0] if t0 == t1 else [t0 + n / 2 for n in range(2 * (t1 - t0))]
    found = set()
    inside = {"inside": [True], "outside": [False]}.get(row["place"], [True, False])
    releases = [True] if reading == "south" else [True, False]
    for at, act, who, here, (since, until), left in product(
        moments, KINDS[row["kind"]], doers(row["by"], row["between"], terms.others), inside, FORCE[reading], releases
    ):
        free = terms.left and left and who == "south" and at >= LEFT
        breach = since <= at < until and act in BARRED and who in terms.bound and here and not free
        may = (not terms.acts or act in terms.acts) and (not terms.users or who in terms.users)
        may = may and terms.unless != "[]"
        found |= {breach and not (may and applies) for applies in ([True] if act in terms.surely else [True, False])}
    return found


def worlds() -> tuple[list[dict[str, Any]], pl.DataFrame]:
    facts = [
        {"hours": hours, "kind": kind, "by": by, "between": between, "place": place}
        for hours, kind, (by, between), place in product(SPANS, ACTS, SAID, PLACES)
    ]
    rows = [
        {
            "id": f"i{n:05}", "kind": one["kind"], "by": one["by"], "between": one["between"],
            "t0": START + one["hours"][0] * HOUR, "t1": START + one["hours"][1] * HOUR,
            **dict(zip(("lon", "lat", "radius_m"), PLACES[one["place"]], strict=True)),
        }
        for n, one in enumerate(facts)
    ]  # fmt: skip
    return facts, happened(*rows)


FACTS, INCIDENTS = worlds()


@pytest.mark.parametrize(
    "terms", ALL, ids=lambda terms: f"{terms.binds}, others {terms.others}, left {terms.left}, unless {terms.unless}"
)
def test_what_is_said_follows_from_all_that_may_have_happened(terms):
    made = assess(INCIDENTS, drawn(), agreement(terms.text(), "worlds.yaml"))
    told = {(row["subject"], row["reading"]): row for row in made.findings.to_dicts()}
    assert made.findings.height + made.left_out["n"].sum() == 2 * len(FACTS)
    for n, row in enumerate(FACTS):
        answers = {}
        for reading in FORCE:
            found, may = told.get((f"i{n:05}", reading)), breaches(terms, reading, row)
            answer = "left out" if found is None else str(found["verdict"])
            # Each doubt stands by itself, so all that is known of all of them together may be missed, never invented.
            fits = {"strongly_indicated": may == {True}, "cannot_tell": True}.get(answer, may == {False})
            assert fits, (row, reading, answer, may)
            answers[reading] = {"left out": "not_indicated"}.get(answer, answer)
        for reading in FORCE:
            if (found := told.get((f"i{n:05}", reading))) is not None:
                clash = len(set(answers.values())) > 1
                assert found["contested"] == clash, (row, reading, answers)


def test_a_rule_that_takes_a_name_nobody_knows_for_a_no_is_seen(monkeypatch):
    """Plant the fault: what is open whether it was bound counts as settled against."""
    cases = sys.modules["trucewatch.assess.cases"]  # `trucewatch.assess.cases` is a function of that name
    real = cases.p_bound
    monkeypatch.setattr(cases, "p_bound", lambda term, agreed: real(term, agreed).fill_null(0.0))
    with pytest.raises(AssertionError):
        test_what_is_said_follows_from_all_that_may_have_happened(Terms())


def test_the_tool_answers_wherever_one_answer_alone_can_be():
    """Not by saying nothing: where everything that may have happened comes to one answer, it is given."""
    terms = Terms()
    made = assess(INCIDENTS, drawn(), agreement(terms.text(), "worlds.yaml")).findings.filter(
        pl.col("reading") == "text"
    )
    open_ = dict(made.select("subject", pl.col("verdict").cast(pl.String)).rows())
    silent = [
        row for n, row in enumerate(FACTS)
        if len(breaches(terms, "text", row)) == 1 and open_.get(f"i{n:05}") == "cannot_tell"
    ]  # fmt: skip
    assert silent == []
