"""Published counts: do the parts make up the headline? And two counts stand beside one another, never in one sum."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.assess.model import Count
from trucewatch.assess.tallies import as_told, parse_counts, side_by_side, stated, tally, told
from trucewatch.base.document import document
from trucewatch.base.errors import InputError

MISSION = Count(
    "mission",
    "The Mission",
    None,
    "seen and heard",
    "observations",
    11_000,
    "at least",
    (("explosions", 3_927), ("projectiles", 1_416), ("muzzle flames", 116), ("flares", 62), ("bursts", 5_932)),
    "a report",
)
NORTH = Count(
    "north",
    "north",
    "south",
    "breaches of the other side",
    "breaches",
    2_935,
    "exact",
    (("assaults", 96), ("shellings", 1_882), ("drone uses", 950)),
    "a statement",
)


def one(total: int | None, qualifier: str, *parts: int) -> Count:
    return Count(
        "c", "north", None, "s", "breaches", total, qualifier, tuple((f"p{n}", p) for n, p in enumerate(parts)), "s"
    )


class TestAHeadlineAndItsParts:
    def test_at_least_is_borne_out_by_parts_that_are_more(self):
        (made,) = tally([MISSION])
        assert (made.sum, made.above, made.remainder, made.answer) == (11_453, 453, 0, "borne out")

    def test_what_no_part_accounts_for_is_shown(self):
        (made,) = tally([NORTH])
        assert (made.sum, made.above, made.remainder, made.answer) == (2_928, 0, 7, "not accounted for")
        assert "  not accounted for: 7 are in no part" in told([NORTH])

    def test_the_sum_is_written_out_for_people(self):
        assert "  parts: 96 assaults + 1,882 shellings + 950 drone uses = 2,928" in told([NORTH])

    @pytest.mark.parametrize(
        ("total", "qualifier", "parts", "answer"),
        [
            (10, "exact", (4, 6), "borne out"),
            (10, "exact", (4, 7), "does not agree"),
            (10, "exact", (4, 5), "not accounted for"),
            (10, "at least", (4, 6), "borne out"),
            (10, "at least", (4, 60), "borne out"),
            (10, "at least", (4, 5), "not accounted for"),
            (10, "more than", (4, 6), "not accounted for"),
            (10, "more than", (4, 7), "borne out"),
            (4_900, "about", (4_938,), "borne out"),
            (4_900, "about", (4_862,), "borne out"),
            (4_900, "about", (4_951,), "does not agree"),
            (4_900, "about", (3_396,), "not accounted for"),
            (0, "about", (0,), "borne out"),
            (0, "about", (1,), "does not agree"),
            (10, "exact", (), "nothing to compare"),
            (None, "exact", (4, 5), "nothing to compare"),
            (0, "exact", (0,), "borne out"),
        ],
    )
    def test_each_qualifier_is_held_to_what_it_says(self, total, qualifier, parts, answer):
        assert tally([one(total, qualifier, *parts)])[0].answer == answer

    def test_a_headline_without_a_number_is_said_to_have_none(self):
        assert stated(one(None, "exact", 1)) == "no total of breaches"

    @given(st.lists(st.integers(0, 9_999), min_size=1, max_size=6), st.integers(0, 40_000))
    def test_sum_and_headline_differ_by_what_is_above_or_in_no_part(self, parts, total):
        made = tally([one(total, "exact", *parts)])[0]
        assert made.sum == sum(parts) == total + made.above - made.remainder
        assert 0 in (made.above, made.remainder)

    @given(st.permutations([96, 1_882, 950, 7]))
    def test_the_order_of_the_parts_does_not_matter(self, parts):
        made = tally([one(2_935, "exact", *parts)])[0]
        assert (made.sum, made.answer) == (2_935, "borne out")


class TestSideBySide:
    def test_counts_of_rivals_are_never_added(self):
        both = (NORTH, replace(NORTH, id="south", by="south", of="north", total=4_900))
        assert [made.sum for made in tally(both)] == [2_928, 2_928]
        assert "7,835" not in "\n".join(told(both)) and "5,856" not in "\n".join(told(both))

    def test_units_that_differ_are_not_comparable(self):
        (pair,) = side_by_side([MISSION, NORTH])
        assert not pair.comparable
        assert pair.why == "not comparable: one counts observations, the other breaches"

    def test_counts_of_each_others_acts_are_not_comparable_though_the_unit_is_the_same(self):
        other = replace(NORTH, id="south", by="south", of="north")
        (pair,) = side_by_side([NORTH, other], {"north": "Northland", "south": "Southland"})
        assert not pair.comparable and "those of Southland and those of Northland are counted" in pair.why

    def test_the_same_unit_of_the_same_acts_may_be_set_against_each_other(self):
        (pair,) = side_by_side([NORTH, replace(NORTH, id="m", by="The Mission", unit=" Breaches ")])
        assert pair.comparable and pair.why.endswith("side by side, never added")

    def test_it_does_not_matter_which_party_is_named_first(self):
        other = replace(NORTH, id="south", by="south", of="north", unit="instances")
        forth, back = side_by_side([NORTH, other])[0], side_by_side([other, NORTH])[0]
        assert forth.comparable == back.comparable
        swapped = [replace(c, by=c.of or "", of=c.by) for c in (NORTH, other)]
        assert [made.answer for made in tally(swapped)] == [made.answer for made in tally([NORTH, other])]

    def test_the_same_can_be_had_as_plain_values(self):
        made = as_told([NORTH, MISSION])
        assert made["counts"][0]["remainder"] == 7 and made["counts"][1]["above"] == 453
        assert made["side_by_side"][0]["comparable"] is False


def counts(text: str, names: tuple[str, ...] = ("north", "south", "envoy")) -> tuple[Count, ...]:
    return parse_counts(document(text, "a.yaml").items_of("counts"), names)


GOOD = "counts:\n  - {id: a, by: north, of: south, says: s, unit: breaches, total: 5, parts: {x: 2, y: 3}, source: p}\n"


class TestTheFile:
    def test_a_count_is_read_with_its_parts_in_order(self):
        (made,) = counts(GOOD)
        assert (made.by, made.of, made.total, made.qualifier) == ("north", "south", 5, "exact")
        assert made.parts == (("x", 2), ("y", 3))

    def test_somebody_else_may_have_counted_by_a_name_of_his_own(self):
        assert counts(GOOD.replace("by: north", "by: The Mission"))[0].by == "The Mission"
        assert counts(GOOD.replace("by: north", "by: OSCE"))[0].by == "OSCE"

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (("by: north", "by: nroth"), "did you mean 'north'?"),
            (("of: south", "of: suoth"), "did you mean 'south'?"),
            (("total: 5", "total: 5.5"), "line 2, total: 5.5 is not a count"),
            (("total: 5", "total: 'about 5'"), "is not a count"),
            (("total: 5", "total: -5"), "is not a count"),
            (("total: 5", "total: true"), "is not a count"),
            (("x: 2", "x: '2'"), "line 2, x: '2' is not a count"),
            (("total: 5, parts: {x: 2, y: 3}, ", ""), "counts nothing"),
            (("total: 5", "qualifier: about"), "there is no total that it could be about"),
            (("total: 5", "total: 5, qualifier: at leest"), "did you mean 'at least'?"),
            (("total: 5", "total: 5, grade: gossip"), "there is no grade 'gossip'"),
            (("says: s, ", ""), "line 2, says: has no says"),
            (("unit: breaches, ", ""), "line 2, unit: has no unit"),
            ((", source: p", ""), "line 2, source: has no source"),
            (("says: s", "sys: s"), "did you mean 'says'?"),
        ],
    )
    def test_a_fault_names_line_and_field(self, change, fault):
        with pytest.raises(InputError, match=r"a\.yaml, line 2") as wrong:
            counts(GOOD.replace(*change))
        assert fault in str(wrong.value)

    def test_an_id_that_stands_twice_is_refused(self):
        with pytest.raises(InputError, match="line 3, id: the count 'a' stands twice"):
            counts(GOOD + GOOD.splitlines()[1] + "\n")

    def test_all_faults_are_told_at_once(self):
        top = document(
            GOOD.replace("by: north", "by: nroth").replace("total: 5", "total: x").replace("says: s, ", ""), "a.yaml"
        )
        top.faults.collecting = True
        parse_counts(top.items_of("counts"), ("north", "south"))
        assert len(top.faults) == 3
