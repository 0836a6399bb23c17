"""A kind stands for every act that it may have been."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.kinds import ACTS, ARMED, KINDS, TARGETS, acts_of, mask_of

KIND = st.sampled_from(sorted(KINDS))


@given(KIND, KIND)
def test_two_masks_meet_exactly_where_two_kinds_may_be_the_same_act(a, b):
    assert (mask_of(a) & mask_of(b) != 0) == bool(set(acts_of(a)) & set(acts_of(b)))


def test_every_act_is_a_kind_of_its_own():
    assert all(acts_of(act) == (act,) for act in ACTS)


def test_every_kind_stands_for_known_acts_each_once_and_for_one_at_least():
    assert all(acts and set(acts) <= set(ACTS) and len(set(acts)) == len(acts) for acts in KINDS.values())
    assert set(ARMED) <= set(ACTS)
    assert len(set(ACTS)) == len(ACTS) and len(set(TARGETS)) == len(TARGETS)


def test_the_unspecified_may_have_been_anything():
    assert set(acts_of("unspecified")) == set(ACTS)


def test_a_word_that_is_not_in_the_dictionary_is_a_key_error():
    with pytest.raises(KeyError):
        acts_of("kerfuffle")
