"""Step 3: minimal conflicts and ways out, against trying every subset by hand; and no side is preferred."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from drawn import by_hand, files, read
from ford import FORD
from hypothesis import given, settings

from trucewatch.settle import SettleParams, positions, stuck

MIRROR = {"north": "south", "south": "north", "Northland": "Southland", "Southland": "Northland"}


def mirrored(text: str) -> str:
    return re.sub(r"north(?=[,}/ ])|south(?=[,}/ ])|Northland|Southland", lambda m: MIRROR[m[0]], text)


def crossed_ways(found) -> set[frozenset[int]]:
    """Ways out of the whole: one of each knot."""
    if not found.knots:
        return {frozenset()}
    return {frozenset().union(*one) for one in itertools.product(*(knot.ways_out for knot in found.knots))}


@settings(max_examples=60, deadline=None)
@given(files())
def test_every_conflict_and_every_way_out_is_found_and_nothing_else(text):
    made = read(text)
    found = stuck(made, "preference")
    conflicts, ways_out = by_hand(made, found.lines)
    assert {one for knot in found.knots for one in knot.conflicts} == conflicts
    assert crossed_ways(found) == ways_out


@pytest.mark.parametrize("seed", range(3))
def test_up_to_twelve_issues_every_conflict_is_that_of_brute_force(seed):
    dice = random.Random(seed)
    n = 12
    rows = [
        "positions: drawn",
        "title: Drawn",
        "source: dice",
        "parties:",
        "  - {id: north, name: N}",
        "  - {id: south, name: S}",
        "issues:",
    ]
    for i in range(n):
        rows += [
            f"  - id: i{i}",
            f"    asks: Issue {i}",
            "    options: [{id: o0, says: no}, {id: o1, says: yes}]",
            "    positions:",
        ]
        for party in ("north", "south"):
            where = f", if: {{i{dice.randrange(i)}: [o{dice.randrange(2)}]}}" if i and dice.random() < 0.7 else ""
            takes = "any" if dice.random() < 0.35 else f"[o{dice.randrange(2)}]"
            firm = "open" if takes == "any" else "red_line"
            rows.append(
                f'      - {{party: {party}, on: "2030-01-01", accepts: {takes}, firmness: {firm}, quote: "so", source: dice{where}}}'
            )
    made = read("\n".join(rows))
    found = stuck(made)
    lines = found.lines[:11]
    from trucewatch.settle.conflicts import knots
    from trucewatch.settle.lines import space

    cut = knots(space(made).sizes, lines)
    conflicts, ways_out = by_hand(made, lines)
    assert {one for knot in cut for one in knot.conflicts} == conflicts
    assert {frozenset().union(*one) for one in itertools.product(*(k.ways_out for k in cut))} == (
        ways_out or {frozenset()}
    )


def test_three_lines_that_collide_only_together_are_one_conflict_with_three_ways_out():
    text = """\
positions: ring
title: Ring
source: notes
parties: [{id: north, name: N}, {id: south, name: S}]
issues:
  - id: a
    asks: A
    options: [{id: no, says: no}, {id: yes, says: yes}]
    positions:
      - {party: north, on: "2030-01-01", accepts: [yes], firmness: red_line, quote: "yes", source: x}
      - {party: south, on: "2030-01-01", accepts: any, firmness: open, quote: "as you like", source: x}
  - id: b
    asks: B
    options: [{id: no, says: no}, {id: yes, says: yes}]
    positions:
      - {party: north, on: "2030-01-01", accepts: [yes], firmness: demand, if: {a: [yes]}, quote: "then b", source: x}
      - {party: south, on: "2030-01-01", accepts: [no], firmness: red_line, quote: "never b", source: x}
"""
    found = stuck(read(text), "demand")
    (knot,) = found.knots
    assert knot.conflicts == (frozenset({0, 1, 2}),)
    assert knot.ways_out == (frozenset({0}), frozenset({1}), frozenset({2}))
    table = found.table
    # The softest first among ways out; the two red lines share a rank.
    assert table.filter(kind="way_out").select("firmness", "rank").rows() == [
        (["demand"], 1),
        (["red_line"], 2),
        (["red_line"], 2),
    ]
    assert "then b" in table["says"][0] and "never b" in table["says"][0]


def test_of_conflicts_the_firmest_comes_first_by_its_softest_line():
    one = """\
  - id: {id}
    asks: A
    options: [{{id: no, says: no}}, {{id: yes, says: yes}}]
    positions:
      - {{party: north, on: "2030-01-01", accepts: [yes], firmness: {north}, quote: "yes", source: x}}
      - {{party: south, on: "2030-01-01", accepts: [no], firmness: {south}, quote: "no", source: x}}
"""
    text = "positions: three\ntitle: Three\nsource: notes\nparties: [{id: north, name: N}, {id: south, name: S}]\nissues:\n"
    firm = {"soft": ("demand", "demand"), "mixed": ("demand", "red_line"), "hard": ("red_line", "red_line")}
    text += "".join(one.format(id=id, north=north, south=south) for id, (north, south) in firm.items())
    rows = stuck(read(text), "demand").table.filter(kind="conflict").select("issues", "rank").rows()
    assert rows == [(["hard"], 1), (["mixed"], 2), (["soft"], 3)]
    back = text.replace("north, on", "swap, on").replace("south, on", "north, on").replace("swap, on", "south, on")
    assert stuck(read(back), "demand").table.filter(kind="conflict").select("issues", "rank").rows() == rows


def test_without_a_red_line_nothing_collides():
    made = positions(FORD.replace("firmness: red_line", "firmness: demand"), "ford.yaml")
    assert stuck(made).table.is_empty() and not stuck(made, "demand").table.is_empty()


def test_a_cap_is_told():
    rows = "\n".join(
        f'      - {{party: {p}, on: "2030-01-01", accepts: [{o}], firmness: red_line, quote: "so", source: x}}'
        for p, o in (("n", "a"), ("s", "b"), ("w", "c"), ("e", "d"))
    )
    text = f"""\
positions: many
title: Many
source: x
parties: [{{id: n, name: N}}, {{id: s, name: S}}, {{id: w, name: W}}, {{id: e, name: E}}]
issues:
  - id: one
    asks: One
    options: [{{id: a, says: a}}, {{id: b, says: b}}, {{id: c, says: c}}, {{id: d, says: d}}]
    positions:
{rows}
"""
    assert len(stuck(read(text)).table.filter(kind="conflict")) == 6
    few = stuck(read(text), params=SettleParams(most_sets=3))
    assert not few.knots[0].whole and not few.table["whole"].any()


@settings(max_examples=25, deadline=None)
@given(files())
def test_in_the_mirror_every_row_is_the_same_with_the_names_exchanged(text):
    def told(source: str) -> list[tuple]:
        table = stuck(read(source), "preference").table
        return sorted(
            (row["kind"], row["rank"], row["knot"], sorted(row["lines"]), row["issues"], sorted(row["firmness"]))
            for row in table.rows(named=True)
        )

    there = [
        (kind, rank, knot, sorted(mirrored(line + " ").strip() for line in lines), issues, firm)
        for kind, rank, knot, lines, issues, firm in told(mirrored(text))
    ]
    assert sorted(there) == told(text)


def test_every_conflict_says_its_reasons_quotes_and_sources():
    for row in stuck(positions(FORD, "f.yaml")).table.rows(named=True):
        assert row["says"].count('("') == len(row["lines"]) and "; the " in row["says"]
