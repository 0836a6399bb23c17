"""Step 5: what every line allows, and what nothing betters by order alone, against going through every package."""

from __future__ import annotations

import re

import polars as pl
from drawn import allowed, every, files, read
from ford import FORD
from hypothesis import given, settings

from trucewatch.settle import SettleParams, positions, possible
from trucewatch.settle.lines import standing
from trucewatch.settle.packages import order_of


def by_hand(made, held, firmness):
    """Packages, and those that no allowed one is known to better."""
    orders = [order_of(made, party.id, standing(made)) for party in made.parties]
    packages = [one for one in every(made) if allowed(made, held, one)]

    def no_worse(a, b):
        return all(a[i] in order[i][b[i]] for order in orders for i in range(len(a)))

    best = [b for b in packages if not any(no_worse(a, b) and not no_worse(b, a) for a in packages)]
    return packages, best, no_worse


@settings(max_examples=50, deadline=None)
@given(files(most_issues=3, parties=3))
def test_the_packages_left_and_those_not_bettered_are_those_of_brute_force(text):
    made = read(text)
    found = possible(made, "demand")
    packages, best, no_worse = by_hand(made, found.held, "demand")
    if not packages:
        assert not all(found.left.values())
        return
    assert found.count == len(packages)
    for n, issue in enumerate(made.issues):
        assert found.left[issue.id] == [issue.options[o].id for o in sorted({one[n] for one in packages})]
    # One of each part makes a package: those are the best, one named of each that are equal for all.
    made_up = [()]
    order = []
    for part in found.parts:
        order += part.issues
        made_up = [a + b for a in made_up for b in part.best]
    mine = {tuple(one[order.index(i)] for i in range(len(order))) for one in made_up}
    assert mine <= set(best)
    assert all(any(no_worse(a, b) and no_worse(b, a) for a in mine) for b in best)


def test_what_was_never_compared_rules_nothing_out():
    found = possible(positions(FORD, "f.yaml"))
    assert found.table.filter(pl.col("issues") == ["watch"])["options"].to_list() == [["envoy"], ["both"]]


def test_an_order_that_both_share_leaves_one():
    text = FORD.replace("accepts: [both, envoy],", "accepts: [both, envoy], order: [envoy, both, nobody],").replace(
        'on: "2030-03-05", accepts: [envoy, both],', 'on: "2030-03-05", accepts: [envoy, both], order: [envoy, both],'
    )
    found = possible(positions(text, "f.yaml"))
    assert found.table.filter(pl.col("issues") == ["watch"])["options"].to_list() == [["envoy"]]


def test_where_lines_collide_nothing_is_left_there_and_the_other_parts_still_stand():
    found = possible(positions(FORD, "f.yaml"))
    assert found.left == {"line": [], "watch": ["nobody", "envoy", "both"], "ferry": ["runs"]}
    assert found.count == 0


def test_thirty_issues_with_ten_options_in_one_part_are_answered_and_the_cap_is_told():
    rows = ["positions: big", "title: Big", "source: dice", "parties: [{id: n, name: N}, {id: s, name: S}]", "issues:"]
    for i in range(30):
        options = ", ".join(f"{{id: o{k}, says: option {k}}}" for k in range(10))
        where = f", if: {{i{i - 1}: [o0, o1, o2]}}" if i else ""
        rows += [
            f"  - id: i{i}", f"    asks: Issue {i}", f"    options: [{options}]", "    positions:",
            f'      - {{party: n, on: "2030-01-01", accepts: [o1, o2, o{i % 7 + 3}], firmness: red_line, quote: "n", source: x{where}}}',
            f'      - {{party: s, on: "2030-01-01", accepts: [o0, o2, o{i % 5 + 3}], firmness: red_line, quote: "s", source: x}}',
        ]  # fmt: skip
    found = possible(read("\n".join(rows)), params=SettleParams(most_sets=5))
    assert found.count is None and all(found.left.values()) and not found.parts[0].whole
    assert len(found.table) == 5


def test_nothing_in_the_default_answer_is_a_point_or_a_recommendation():
    said = " ".join(possible(positions(FORD, "f.yaml")).table["says"])
    assert not re.search("nash|kalai|egalitarian|recommend|best", said, re.IGNORECASE)
