"""What an alarm would notice of a rise, by drawing; beside the alarm itself run over the same days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from trucewatch.watch import PowerParams
from trucewatch.watch.alarm import alarms
from trucewatch.watch.baseline import log_ratio
from trucewatch.watch.params import BaselineParams
from trucewatch.watch.power import Usual, power, powers

USUAL = Usual(mean=2.0, mean_used=2.2, k=3.0, k_used=2.0, series=20, arl_years=10.0)


def test_a_larger_rise_is_noticed_sooner_and_more_surely():
    made = [power(USUAL, added, 14) for added in (0.0, 2.0, 5.0, 10.0)]
    last = [one.by_day[-1] for one in made]
    assert last == sorted(last) and last[0] < 0.01 and last[-1] > 0.99
    assert made[0].median_days is None and made[3].median_days < made[2].median_days
    assert all(one.low <= one.by_day[-1] <= one.high for one in made)
    assert all(list(one.by_day) == sorted(one.by_day) for one in made)


def test_more_series_or_rarer_false_alarms_make_it_later():
    plain = power(USUAL, 5.0, 10).by_day[-1]
    assert power(Usual(2.0, 2.2, 3.0, 2.0, 2000, 10.0), 5.0, 10).by_day[-1] < plain
    assert power(Usual(2.0, 2.2, 3.0, 2.0, 20, 1000.0), 5.0, 10).by_day[-1] < plain


def test_a_few_drawings_are_those_of_going_through_the_days_by_hand():
    """The slow twin: the same dice, an alarm at a time, each size of rise by itself."""
    params, base = PowerParams(draws=120, days_before=15), BaselineParams()
    usual = Usual(mean=1.0, mean_used=1.1, k=2.0, k_used=1.5, series=1, arl_years=0.05)
    made = power(usual, 3.0, 6, params)
    dice, counts = np.random.default_rng(params.seed), []
    for t in range(21):
        day = dice.poisson(dice.gamma(usual.k, usual.mean / usual.k, 120))
        counts.append(day + dice.poisson(3.0, 120) if t >= 15 else day)
    first = []
    for n in range(120):
        held, alarmed = [0.0] * len(base.growths), None
        for t in range(21):
            for g, growth in enumerate(base.growths):
                ratio = float(np.exp(log_ratio(float(counts[t][n]), usual.mean_used, usual.k_used, growth)))
                held[g] = (held[g] + 1) * min(ratio, base.most_evidence_a_day)
            if sum(held) / len(held) >= 0.05 * 365.25:
                held = [0.0] * len(base.growths)
                alarmed = t - 15 if alarmed is None and t >= 15 else alarmed
        first.append(alarmed)
    by_hand = [sum(at is not None and at <= day for at in first) / 120 for day in range(6)]
    assert list(made.by_day) == by_hand and by_hand[-1] > 0


def test_the_same_question_has_the_same_answer_and_is_asked_once():
    assert powers([USUAL, USUAL], [5.0, 5.0], 7) == [power(USUAL, 5.0, 7)] * 2


@pytest.mark.parametrize("added", [4.0, 8.0])
def test_the_alarm_itself_alarms_as_often_on_days_that_are_drawn_so(added):
    """The slow twin: three years of baseline, sixty days and then a rise, through `alarms` as it is."""
    first, until, hits, runs, tables = date(2027, 1, 1), date(2029, 12, 31), 0, 60, []
    dice = np.random.default_rng(5)
    train, quiet, days = (until - first).days + 1, 60, 10
    for n in range(runs):
        mean = np.full(train + quiet + days, 3.0)
        counts = dice.poisson(dice.gamma(2.0, mean / 2.0))
        counts[train + quiet :] += dice.poisson(added, days)
        table = pl.DataFrame({
            "series": f"{n:03d}", "day": [first + timedelta(d) for d in range(mean.size)], "count": counts,
        })  # fmt: skip
        made = alarms(table, 10.0, until)
        told = made.series.row(0, named=True)
        tables.append(Usual(told["mean"], told["mean_used"], told["k"], told["k_used"], 1, 10.0))
        hits += (made.alarms["date"] > until + timedelta(quiet)).any()
    hoped = np.mean([one.by_day[-1] for one in powers(tables, [added] * runs, days, PowerParams(draws=200))])
    assert abs(hits / runs - hoped) < 0.15, (hits / runs, hoped)
