"""Step 7: obligations, exposure -> would each party keep it? And what does each look buy?

The chance that a breach is noticed comes from cover as it is; what is at stake comes from a person. Where the two
bounds overlap the answer is *cannot tell*. Every party is weighed by the same rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import polars as pl

from trucewatch.settle.games import needed_once, needed_repeated
from trucewatch.settle.noticed import LOOKED, Breach, at_weakest, looked
from trucewatch.settle.stakes import Keep, Obligation, Span, Stake
from trucewatch.settle.weakest import weakest
from trucewatch.tables import KEEPINGS

NEVER = Fraction(2)
"""Stands for a chance that no monitoring can reach."""


@dataclass(frozen=True)
class Chance:
    """That the breach is noticed in time, at the weakest place. why: where that is from."""

    cell: int | None
    low: float
    high: float
    why: str


def needed(stake: Stake, game: str) -> tuple[Fraction, Fraction]:
    """The least chance that makes keeping the better choice, over all numbers within the bounds.

    It rises or falls throughout in each of them, so that its ends are among the corners.
    """
    if game == "once":
        sides = (stake.gain.ends, stake.loss.ends, stake.accused.ends, stake.false_alarm.ends)
        found = [needed_once(*corner) for corner in itertools.product(*sides)]
    else:
        worth, after, patience = stake.repeated or (Span(Fraction(0), Fraction(0)),) * 3
        every = itertools.product(stake.gain.ends, worth.ends, after.ends, patience.ends, stake.false_alarm.ends)
        found = [needed_repeated(*corner) for corner in every]
    told = [NEVER if one is None else one for one in found]
    return min(told), max(told)


def answer(low: float, high: float, least: Fraction, most: Fraction) -> str:
    """Noticed at least and at most, needed at least and at most -> the word."""
    if low >= most:
        return "self_enforcing"
    if least > 1:
        return "no_monitoring_suffices"
    return "needs_more_monitoring" if high < least else "cannot_tell"


def keepings(made: Keep, exposure: pl.DataFrame | None = None, detected: pl.DataFrame | None = None) -> pl.DataFrame:
    """obligations, exposure, detected -> keepings: for each obligation, party and game whether it enforces itself."""
    rows = []
    for one in made.obligations:
        chance = chance_of(one, exposure, detected)
        for stake in one.stakes:
            for game in ["once"] + (["repeated"] if stake.repeated else []):
                rows.append(_row(made, one, stake, game, chance))
    return KEEPINGS.check(pl.DataFrame(rows, schema=KEEPINGS.schema, orient="row"))


def chance_of(one: Obligation, exposure: pl.DataFrame | None, detected: pl.DataFrame | None = None) -> Chance:
    """What is said of it in the file, or what cover (with `watch`, where an alarm has to tell it) gives at the weakest
    place; else not known."""
    if one.noticed is not None:
        span, source = one.noticed
        return Chance(None, float(span.low), float(span.high), f"as told by {source}")
    if exposure is None or exposure.is_empty():
        return Chance(None, 0.0, 1.0, "cover is not known, so that it may be anything")
    if one.breach.told_by == "alarm":
        return by_alarm(one, weakest(exposure, one.breach), detected)
    cell, low, high = at_weakest(weakest(exposure, one.breach))
    return Chance(cell, low, high, "by the table of exposure, at the place and time where it is least")


DETECTED = pl.Schema(
    {"obligation": pl.String(), "cell": pl.UInt64(), "low": pl.Float64(), "high": pl.Float64(), "why": pl.String()}
)
"""What `watch` answers of `asked_of_watch`: the chance of an alarm in time, and by which run length."""
ASKED_OF_WATCH = pl.Schema(
    {"obligation": pl.String(), "cell": pl.UInt64(), "days": pl.Int64(), "low": pl.Float64(), "high": pl.Float64()}
)


def asked_of_watch(made: Keep, exposure: pl.DataFrame) -> pl.DataFrame:
    """obligations that an alarm has to tell, exposure -> how many more a day would be counted at each cell, at least
    and at most, and within how many days it has to alarm: whole ones, as a watch of days knows no others."""
    rows = [pl.DataFrame(schema=ASKED_OF_WATCH)]
    for one in made.obligations:
        if one.breach.told_by != "alarm" or one.noticed is not None:
            continue
        days = one.breach.within / timedelta(days=1)
        each = weakest(exposure, Breach(1.0, one.breach.within, one.breach.cells))
        a_day = one.breach.acts / days
        rows.append(
            each.select(
                pl.lit(one.id).alias("obligation"), "cell", pl.lit(int(days), pl.Int64).alias("days"),
                pl.col("low") * a_day, pl.col("high") * a_day,
            )
        )  # fmt: skip
    return pl.concat(rows)


def by_alarm(one: Obligation, table: pl.DataFrame, detected: pl.DataFrame | None) -> Chance:
    """At the cell where an alarm is least likely. Where `watch` knows nothing usual, its chance is 0 at the least, and
    that of any act being noticed at the most."""
    cells = table.group_by("cell").agg(most=pl.col("high").min()).sort("cell")
    mine = pl.DataFrame(schema=DETECTED) if detected is None else detected.filter(pl.col("obligation") == one.id)
    both = cells.join(mine, on="cell", how="left").with_columns(
        low=pl.col("low").fill_null(0.0), high=pl.min_horizontal(pl.col("high").fill_null(1.0), "most")
    )
    if both.is_empty():
        return Chance(None, 0.0, 1.0, "cover is not known, so that it may be anything")
    worst = both.sort("low", "high", "cell").row(0, named=True)
    why = worst["why"] or "but `watch` knows nothing usual there, so that whether it would alarm cannot be told"
    return Chance(worst["cell"], min(worst["low"], worst["high"]), float(both["high"].min()), why)  # type: ignore[arg-type]


def _row(made: Keep, one: Obligation, stake: Stake, game: str, chance: Chance) -> tuple[object, ...]:
    least, most = needed(stake, game)
    word = answer(chance.low, chance.high, least, most)
    hours = one.breach.within.total_seconds() / 3600
    says = (
        f"{made.parties.get(stake.party, stake.party)}, {one.says!r}: {one.breach_says} ({one.breach.acts:g} acts) is "
        f"noticed within {hours:g} h with a chance of {chance.low:.2f} to {chance.high:.2f}, {chance.why}. "
        f"{_game_says(game)} it takes {_told(least)} to {_told(most)}, by {stake.source}: {_word_says(word)}"
    )
    return (
        one.id, stake.party, game, chance.low, chance.high, _share(least), _share(most), chance.cell, word, says,
    )  # fmt: skip


def _share(value: Fraction) -> float | None:
    return float(value) if value != NEVER else float("inf")


def _told(value: Fraction) -> str:
    return "more than any chance" if value > 1 else f"{float(value):.2f}"


def _game_says(game: str) -> str:
    return (
        "For keeping to pay more than one breach weighed by itself" if game == "once"
        else "For keeping to pay more than a breach that may end the truce"
    )  # fmt: skip


def _word_says(word: str) -> str:
    return {
        "self_enforcing": "keeping is the better choice under every number within the bounds.",
        "cannot_tell": "the bounds overlap, and nothing can be told.",
        "needs_more_monitoring": "it needs more monitoring, or less to gain.",
        "no_monitoring_suffices": "no monitoring suffices while so little hangs on being found out.",
    }[word]


def with_looks(exposure: pl.DataFrame, made: Keep, ids: Sequence[str]) -> pl.DataFrame:
    """The table of exposure with looks that could be added, at the least chance told, over its whole time."""
    exposure = looked(exposure)
    if exposure.is_empty() or not ids:
        return exposure
    t0, t1 = exposure["t0"].min(), exposure["t1"].max()
    every = tuple(exposure["cell"].unique().sort().to_list())
    rows = [
        (cell, t0, t1, look.id, float(look.p_noticed.low), float(look.p_noticed.low), float(look.p_noticed.high))
        for look in made.looks
        if look.id in ids
        for cell in (look.cells or every)
    ]
    return pl.concat([exposure, pl.DataFrame(rows, schema=LOOKED, orient="row")])
