"""An error says what was wanted, what was had, and what to try, on one line."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.base import errors
from trucewatch.base.errors import InputError, TrucewatchError, UnknownName
from trucewatch.base.problem import problems, problems_where
from trucewatch.tables import PROBLEMS


@given(st.text(), st.none() | st.text(), st.none() | st.integers(0) | st.text(), st.none() | st.text())
def test_an_input_error_is_one_line_whatever_it_was_given(what, file, row, expected):
    assert len(str(InputError(what, file=file, row=row, expected=expected)).splitlines()) <= 1


def test_an_input_error_keeps_its_parts_for_programs():
    wrong = InputError("is empty", file="a.csv", row=3, field="lat", expected="a number")
    assert (wrong.file, wrong.row, wrong.field, wrong.expected) == ("a.csv", 3, "lat", "a number")
    assert str(wrong) == "a.csv, row 3, lat: is empty; expected a number"


def test_a_name_like_nothing_known_gets_the_list_and_no_guess():
    assert str(UnknownName("source", "zzz", ["firms", "ucdp"])) == "there is no source 'zzz' (there are: firms, ucdp)"
    assert str(UnknownName("source", "zzz", [])) == "there is no source 'zzz' (there are none)"


def test_every_error_is_in_the_tree_that_the_module_draws():
    ours = [o for o in vars(errors).values() if isinstance(o, type) and issubclass(o, TrucewatchError)]
    assert [o.__name__ for o in ours if o.__name__ not in (errors.__doc__ or "").split()] == []


def test_rows_that_are_wrong_become_problems_with_their_row():
    rows = pl.DataFrame({"row": [1, 2, 3], "lat": ["50", "abc", None]})
    bad = pl.col("lat").cast(pl.Float64, strict=False).is_null() & pl.col("lat").is_not_null()
    found = problems_where(
        rows, bad, file="a.csv", code="no_place", subject="lat", message=pl.format("{} is no number", "lat"), lost=True
    )
    assert PROBLEMS.check(found).row(0) == ("a.csv, row 2", "no_place", "lat", "abc is no number", True)
    assert problems().height == 0
