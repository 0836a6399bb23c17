"""Step 1: a file of positions, and every fault of it with its line; the rest still stands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from ford import FORD

from trucewatch.base.errors import InputError
from trucewatch.settle import moves, positions, stuck
from trucewatch.settle.lines import standing


def faults(text: str) -> list[str]:
    return [str(fault) for fault in positions(text, "ford.yaml").faults]


def with_position(line: str, after: str = 'quote: "the ferry is bread"') -> str:
    rows = FORD.splitlines()
    at = next(n for n, row in enumerate(rows) if after in row)
    return "\n".join([*rows[: at + 1], f"      - {line}", *rows[at + 1 :]])


def without(text: str) -> str:
    return "\n".join(row for row in FORD.splitlines() if text not in row)


def test_a_whole_file_has_no_fault_and_keeps_every_line():
    made = positions(FORD, "ford.yaml")
    assert made.faults == ()
    assert [issue.id for issue in made.issues] == ["line", "watch", "ferry"]
    assert (
        made.issue("line").positions[0].line
        == FORD.splitlines().index(next(row for row in FORD.splitlines() if "not one step back" in row)) + 1
    )


def test_an_issue_with_one_party_only_is_named_and_the_rest_still_runs():
    text = without("the envoy, or together").replace(
        'south, on: "2030-02-02", accepts: [envoy]', 'north, on: "2030-02-02", accepts: [envoy]'
    )
    made = positions(text, "ford.yaml")
    assert [str(f) for f in made.faults if "only north says anything" in str(f)] == [
        "ford.yaml, line 27, positions: on issue 'watch' only north says anything; "
        "expected positions of two parties or more"
    ]
    assert "line" in [issue.id for issue in made.issues] and "watch" not in [issue.id for issue in made.issues]


def test_an_empty_acceptable_set_is_named_and_the_other_party_still_stands():
    made = positions(FORD.replace("accepts: [as-is]", "accepts: []"), "ford.yaml")
    (fault,) = made.faults
    assert "ford.yaml, line 17, accepts: accepts nothing" in str(fault)
    assert [one.party for one in made.issue("line").positions] == ["south"]


def test_a_quote_without_a_source_is_named():
    (fault,) = faults(FORD.replace(", source: the northern radio, grade: party}", "}", 1))
    assert fault.startswith("ford.yaml, line 17, quote: is a quote without a source")


def test_two_firmnesses_on_one_day_contradict_each_other_and_neither_counts():
    text = with_position(
        '{party: north, on: "2030-02-01", accepts: [runs], firmness: preference, quote: "it may run", source: a paper}'
    )
    made = positions(text, "ford.yaml")
    (fault,) = made.faults
    assert "contradictory firmness: north says preference here and red_line in line 37" in str(fault)
    assert fault.row == "line 38"
    assert [one.party for one in made.issue("ferry").positions] == ["south"]


def test_open_and_yet_leaving_options_out_is_contradictory():
    (fault,) = faults(
        FORD.replace("accepts: [both, envoy], firmness: demand", "accepts: [both, envoy], firmness: open")
    )
    assert "is said to be open and yet leaves options out" in fault


def test_a_cyclic_condition_is_named_on_every_line_of_the_ring_and_what_waits_outside_stands():
    text = FORD.replace(
        "accepts: [as-is], firmness: red_line,", "accepts: [as-is], firmness: red_line, if: {ferry: [runs]},"
    ).replace("accepts: [runs], firmness: red_line,", "accepts: [runs], firmness: red_line, if: {line: [as-is]},")
    made = positions(text, "ford.yaml")
    assert [str(f) for f in made.faults] == [
        "ford.yaml, line 17, if: is a cyclic condition: line waits for ferry waits for line",
        "ford.yaml, line 37, if: is a cyclic condition: ferry waits for line waits for ferry",
    ]
    assert [one.party for one in made.issue("ferry").positions] == ["south"]


def test_the_same_ring_of_two_parties_is_a_conflict_and_no_fault():
    text = FORD.replace(
        "accepts: [as-is], firmness: red_line,", "accepts: [as-is], firmness: red_line, if: {ferry: [runs]},"
    ).replace("if: {watch: [nobody]}", "if: {line: [as-is]}")
    assert faults(text) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("accepts: [as-is]", "accepts: [as-iss]", "there is no option 'as-iss'; did you mean 'as-is'?"),
        ("{party: north, on", "{party: noth, on", "there is no party 'noth'; did you mean 'north'?"),
        ("firmness: preference", "firmness: soft", "there is no firmness 'soft'"),
        ("firmness: preference, ", "", "does not say how firmly it was said"),
        ('on: "2030-02-02", accepts: [stops]', 'on: "spring", accepts: [stops]', "'spring' is not a day"),
        ("if: {watch: [nobody]}", "if: {watc: [nobody]}", "there is no issue 'watc'; did you mean 'watch'?"),
        ("if: {watch: [nobody]}", "if: {watch: [noone]}", "there is no option 'noone'"),
        ("if: {watch: [nobody]}", "if: {ferry: [runs]}", "hangs on the very issue that it is about"),
        ('"not unseen"', '"a b c d e f g h i j k l m"', "quotes 13 words; expected 12 words at most"),
        ("takes: pulled", "takes: pushed", "there is no option 'pushed'"),
        ("order: [north-bank, pulled, as-is]", "order: [pulled, pulled]", "names an option twice"),
        ("asks: Whether the ferry runs", "ask: Whether the ferry runs", "there is no field 'ask'"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_the_nearest_name(old, new, told):
    assert old in FORD
    assert any(told in fault and fault.startswith("ford.yaml, line ") for fault in faults(FORD.replace(old, new, 1)))


def test_a_slip_in_a_partys_name_does_not_make_it_a_second_party():
    told = faults(FORD.replace("{party: south, on", "{party: suoth, on", 1))
    assert "on issue 'line' only north says anything" in told[0] and "did you mean 'south'?" in told[1]


def test_an_issue_that_stands_twice_is_named_and_the_first_counts():
    made = positions(FORD.replace("- id: ferry", "- id: watch"), "ford.yaml")
    (fault,) = [str(fault) for fault in made.faults if "twice" in str(fault)]
    assert "id: 'watch' stands twice" in fault and "the first is in line 21" in fault
    assert [issue.id for issue in made.issues] == ["line", "watch"]
    assert len(made.issue("watch").options) == 3


def test_an_order_that_puts_what_is_refused_above_what_is_accepted_contradicts_itself():
    (fault,) = faults(FORD.replace("order: [north-bank, pulled, as-is]", "order: [as-is, north-bank, pulled]"))
    assert "order: ranks 'as-is', which it does not take, above what it takes" in fault
    assert faults(FORD.replace("order: [north-bank, pulled, as-is]", "order: [[], north-bank, pulled, as-is]")) == []


def test_what_hangs_on_an_issue_of_which_nothing_may_be_told_goes_with_it():
    """Else the condition would give the issue away; all that hangs on what then goes does so, too."""
    text = FORD.replace("{party: north, on", "{level: restricted, party: north, on")
    text = text.replace("{party: south, on", "{level: restricted, party: south, on")
    ferry = 'level: restricted, party: south, on: "2030-02-02", accepts: [stops]'
    assert ferry in text
    text = text.replace(ferry, ferry.removeprefix("level: restricted, "))
    text = text.replace("firmness: preference, if: {watch: [nobody]}", "firmness: red_line, if: {watch: [nobody]}")
    made = positions(text, "ford.yaml")
    assert made.faults == () and "ferry" in [issue.id for issue in made.issues]
    assert made.at("public").issues == () and stuck(made.at("public")).lines == []
    shown = positions(text.replace("{level: restricted, party: south", "{party: south"), "ford.yaml").at("public")
    assert [issue.id for issue in shown.issues] == ["line", "watch", "ferry"] and stuck(shown).lines


def test_every_fault_is_told_at_once_in_the_order_of_lines():
    text = FORD.replace("accepts: [as-is]", "accepts: []").replace("firmness: preference", "firmness: soft")
    assert [fault.split(",")[1] for fault in faults(text)] == [" line 17", " line 38"]


@pytest.mark.parametrize("text", ["", "a: [", "just words", "- a\n- b", "!!python/object:os.system x", "\x00"])
def test_what_is_no_such_file_is_one_error(text):
    try:
        made = positions(text, "x.yaml")
    except InputError as wrong:
        assert str(wrong).startswith("x.yaml")
    else:
        assert made.faults and not made.issues


def test_the_last_day_counts_and_as_of_a_day_only_what_was_said_by_then():
    made = positions(FORD, "ford.yaml")

    def south(day):
        return next(one.firmness for one in standing(made, day) if (one.party, one.issue) == ("south", "watch"))

    assert south(None) == "demand"
    assert south(date(2030, 3, 1)) == "red_line"
    assert [one.issue for one in standing(made, date(2030, 1, 1))] == []


def test_how_a_position_moved_is_told():
    (move,) = moves(positions(FORD, "ford.yaml")).rows(named=True)
    assert (move["issue"], move["party"], move["how"], move["firmer"]) == ("watch", "south", "wider", "softer")
    assert (move["added"], move["dropped"]) == (["both"], [])


SHIPPED = sorted((Path(__file__).parents[2] / "positions").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_file_that_comes_with_the_project_has_no_fault_and_a_source_in_every_cell(path):
    made = positions(path.read_text(encoding="utf-8"), path.name)
    assert made.faults == () and made.id == path.stem
    for issue in made.issues:
        assert len({one.party for one in issue.positions}) > 1
        assert all("http" in one.source and 0 < len(one.quote.split()) <= 12 for one in issue.positions)
        assert all("http" in one.source and one.quote for one in issue.drafts)


def test_the_two_memoranda_of_june_collide_on_ceasefire_territory_and_alliances_as_of_that_day():
    made = positions((Path(__file__).parents[2] / "positions/ukraine-2025.yaml").read_text(encoding="utf-8"))
    table = stuck(made, on=date(2025, 6, 2)).table
    assert {issue for row in table.filter(kind="conflict")["issues"] for issue in row} == {
        "ceasefire",
        "territory",
        "alliances",
    }
