"""Ids are made from content: the same content has the same id, and no other has."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.base.ids import canonical, column_id, commitment, derived_salt, sha256

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_reads_back_as_what_it_was_and_prints_the_same_again(value):
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@given(st.dictionaries(st.text(max_size=3), st.integers()))
def test_the_order_of_keys_does_not_matter(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize("value", [0.5, [1.0], {"a": {"b": (1.0,)}}, float("nan")])
def test_a_float_is_refused_wherever_it_hides(value):
    with pytest.raises(TypeError, match="float"):
        canonical(value)


@pytest.mark.parametrize("value", [{1: "a"}, {None: 1}, {1.5: 2}, [{True: 1}]])
def test_a_key_that_is_not_text_is_refused(value):
    # JSON would print 1 and "1" alike, so that two things had one spelling.
    with pytest.raises(TypeError, match="key"):
        canonical(value)


@given(st.binary(max_size=64), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_commitment_hides_the_bytes_behind_the_salt(raw, salt, other):
    assert commitment(salt, raw) != sha256(raw)
    assert (commitment(salt, raw) == commitment(other, raw)) == (salt == other)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_salt_of_another_length_is_refused_because_salt_and_bytes_could_be_shifted(size):
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(bytes(size), b"")


def test_a_derived_salt_tells_neither_its_origin_nor_its_siblings():
    salt = bytes(range(32))
    assert len({derived_salt(salt, "observations"), derived_salt(salt, "looks"), salt.hex(), sha256(salt)}) == 4


@given(st.lists(st.tuples(st.text(max_size=5), st.none() | st.integers(-5, 5)), min_size=1, max_size=8))
def test_a_column_of_ids_does_not_depend_on_the_order_of_rows(rows):
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int64}, orient="row")
    ids = frame.with_columns(id=column_id(pl.col("a"), pl.col("b")))
    back = frame.reverse().with_columns(id=column_id(pl.col("a"), pl.col("b")))
    assert ids.reverse().equals(back)
    assert (ids["id"].str.len_chars() == 16).all()


def test_nothing_told_and_an_empty_text_have_two_ids():
    frame = pl.DataFrame({"a": [None, ""]}, schema={"a": pl.String})
    assert frame.select(column_id(pl.col("a"))).to_series().n_unique() == 2
