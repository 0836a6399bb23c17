"""Step 7a: inspection games come out to the values of the textbooks, and to those of slow twins."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.settle.games import Place, dresher, needed_once, needed_repeated, spread

F = Fraction


@pytest.mark.parametrize(("n", "m"), [(n, m) for n in range(1, 13) for m in range(n + 1)])
def test_dreshers_game_has_his_value(n, m):
    """Dresher 1962, as in Avenhaus, von Stengel and Zamir: C(n-1, m) / sum over i <= m of C(n, i)."""
    assert dresher(n, m) == F(comb(n - 1, m), sum(comb(n, i) for i in range(m + 1)))


@pytest.mark.parametrize("loss", [F(1, 2), F(2), F(7, 3)])
def test_where_being_found_out_costs_otherwise_it_has_the_value_of_avenhaus_and_von_stengel(loss):
    """Their closed form for payoffs that are no zero sum: C(n-1, m) / sum of C(n, i) loss^(m-i)."""
    for n, m in itertools.combinations(range(9), 2):
        n, m = max(n, m), min(n, m)
        assert dresher(n, m, loss) == F(comb(n - 1, m)) / sum(comb(n, i) * loss ** (m - i) for i in range(m + 1))


def test_one_inspection_in_two_periods_is_worth_a_third():
    assert dresher(2, 1) == F(1, 3)
    assert dresher(3, 1) == F(2, 4) and dresher(3, 2) == F(1, 7)


def test_the_threshold_of_avenhaus_and_others_1996():
    """Legal is a best reply where d B - b (1 - B) <= -e a: detection of at least (d + e a) / (b + d)."""
    d, b, e, a = F(3), F(9), F(2), F(1, 20)
    p = needed_once(d, b, e, a)
    assert p == (d + e * a) / (b + d) == F(31, 120)
    assert d * (1 - p) - b * p == -e * a


def test_of_n_sites_m_inspected_deter_just_where_the_share_is_the_threshold():
    gain, loss, n = F(1), F(4), 10
    enough = [m for m in range(n + 1) if F(m, n) >= needed_once(gain, loss, F(0), F(0))]
    assert enough[0] == 2  # 2 of 10 is 1 / (1 + 4)


fractions = st.fractions(F(0), F(10), max_denominator=20)


@settings(max_examples=100, deadline=None)
@given(
    fractions,
    fractions,
    fractions,
    st.fractions(F(1, 10), F(19, 20), max_denominator=20),
    st.fractions(F(0), F(1), max_denominator=20),
)
def test_the_repeated_game_keeps_just_where_one_breach_pays_no_more(gain, worth, after, patience, alarm):
    need = needed_repeated(gain, worth, after, patience, alarm)
    # V = worth + patience ((1 - f) V + f after), by going on for ever.
    value = F(0)
    for _ in range(400):
        value = F(worth + patience * ((1 - alarm) * value + alarm * after)).limit_denominator(10**12)
    for p in (F(0), F(1, 4), F(1, 2), F(3, 4), F(1)):
        breach = gain + worth + patience * ((1 - p) * value + p * after)
        keeps = breach <= value + F(1, 10**6)
        if need is None:
            assert not keeps or gain <= F(1, 10**6) or value - after < F(1, 10**5)
        elif abs(p - need) > F(1, 10**4):
            assert keeps == (p >= need) or value - after < F(1, 10**3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(1, 10)), min_size=1, max_size=4),
    st.integers(0, 4), st.integers(0, 6),
)  # fmt: skip
def test_the_spread_of_looks_is_that_of_a_linear_program(drawn, looks, loss):
    from scipy.optimize import linprog

    places = [Place(F(g), F(p, 10), F(q, 10)) for g, p, q in drawn]
    shares, level = spread(places, looks, loss)
    n = len(places)
    # gain - (gain + loss) (p0 + (1 - p0) q x) <= v
    rows = [[0.0] * n + [-1.0] for _ in places]
    for i, place in enumerate(places):
        rows[i][i] = -float((place.gain + loss) * (1 - place.noticed) * place.look)
    right = [-float(place.gain - (place.gain + loss) * place.noticed) for place in places]
    told = linprog(
        [0.0] * n + [1.0], [*rows, [1.0] * n + [0.0]], [*right, float(looks)], bounds=[(0, 1)] * n + [(0, None)]
    )
    assert float(level) == pytest.approx(told.fun, abs=1e-9)
    assert sum(shares) <= looks and all(0 <= share <= 1 for share in shares)
    for place, share in zip(places, shares, strict=True):
        noticed = place.noticed + (1 - place.noticed) * place.look * share
        assert place.gain * (1 - noticed) - loss * noticed <= level


@given(fractions, fractions, st.integers(2, 9))
def test_the_threshold_does_not_change_with_the_unit_of_the_stakes(gain, loss, factor):
    assert needed_once(gain, loss, F(1), F(0)) == needed_once(gain * factor, loss * factor, F(factor), F(0))
