"""Step 6: the timeline, as an SVG string: incidents per day, week or month, with the starts and ends that each reading claims."""

from __future__ import annotations

import html
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from trucewatch.report.params import ReportParams
from trucewatch.report.period import Period, Record
from trucewatch.report.words import counted

_W, _H, _LEFT, _TOP, _BASE = 720, 230, 40, 54, 200


def bin_of(span: Period, params: ReportParams) -> tuple[timedelta, str]:
    """The period with the one before it -> how long a bar is, and its word."""
    days = (span.until - span.before.since) / timedelta(days=1)
    if days <= params.day_bins:
        return timedelta(days=1), "day"
    if days <= 7 * params.week_bins:
        return timedelta(days=7), "week"
    return timedelta(days=30), "30 days"


def draw_timeline(
    incidents: pl.DataFrame,
    terms: pl.DataFrame,
    span: Period,
    record: Record,
    zone: str,
    params: ReportParams,
    names: dict[str, str],
) -> dict[str, Any]:
    """incidents, terms, period -> svg, bar length, and how many incidents are dated no finer than that.

    Bars are cut from the period's start backwards and forwards, so that none straddles it.
    """
    step, word = bin_of(span, params)
    whole = Period(span.before.since, span.until)
    dated = incidents.filter((pl.col("t0") >= whole.since) & (pl.col("t1") <= whole.until))
    # An incident belongs to a bar only where its whole span does.
    edges = edges_of(span, step.days, zone)
    cuts = pl.Series([_micro(at) for at in edges], dtype=pl.Int64)
    starts, ends = (dated[name].dt.epoch("us") for name in ("t0", "t1"))
    bars = dated.with_columns(
        bar=cuts.search_sorted(starts, side="right").cast(pl.Int64) - 1,
        last=cuts.search_sorted(ends, side="left").cast(pl.Int64) - 1,
    )
    fits = bars.filter((pl.col("bar") == pl.col("last")) | (pl.col("t0") == pl.col("t1")))
    counts = fits.group_by("bar").agg(n=pl.len(), deadly=(pl.col("killed_high") > 0).sum()).sort("bar")
    most = max([1, *counts["n"].to_list()])
    scale = _Scale(whole, most)
    unrecorded = _unrecorded(scale, record)
    body = [
        *_axes(scale, most, span, zone),
        *unrecorded,
        *_bars(counts, scale, edges, zone),
        *_marks(terms, scale, zone, names),
    ]
    told = f"Incidents per {word} from {whole.since:%Y-%m-%d} to {whole.until:%Y-%m-%d}"
    svg = f'<svg class="time" viewBox="0 0 {_W} {_H}" role="img" aria-label="{told}" xmlns="http://www.w3.org/2000/svg">{"".join(body)}</svg>'
    return {
        "svg": svg,
        "bar": word,
        "vague": bars.height - fits.height,
        "counts": counts.height,
        "unrecorded": bool(unrecorded),
    }


def edges_of(span: Period, days: int, zone: str) -> list[datetime]:
    """Where bars of so many days begin and end, from before the previous period to past the end of this one.

    Midnights of the zone, however the clocks change, where the period starts at one; else every so many times 24 hours.
    """
    local = ZoneInfo(zone)
    first = span.since.astimezone(local).date()

    def edge(n: int) -> datetime:
        return datetime.combine(first + timedelta(days=n * days), time(), local).astimezone(UTC)

    def plain(n: int) -> datetime:
        return span.since + n * timedelta(days=days)

    cut = edge if edge(0) == span.since else plain
    # One more on both sides: a clock change may make what lies between longer than so many days.
    back = -(-(span.until - span.since) // timedelta(days=days)) + 1
    return [cut(n) for n in range(-back, back + 1)]


def _micro(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class _Scale:
    def __init__(self, whole: Period, most: int) -> None:
        self.whole, self.most = whole, most

    def x(self, at: datetime) -> float:
        share = (at - self.whole.since) / (self.whole.until - self.whole.since)
        return _LEFT + share * (_W - _LEFT - 10)

    def y(self, n: float) -> float:
        return _BASE - n / self.most * (_BASE - _TOP)


def _axes(scale: _Scale, most: int, span: Period, zone: str) -> list[str]:
    top = [
        f'<rect x="{scale.x(span.since):.1f}" y="{_TOP}" width="{scale.x(span.until) - scale.x(span.since):.1f}" height="{_BASE - _TOP}" fill="#eef3f8"/>',
        f'<path d="M{_LEFT} {_BASE}H{_W - 10}" stroke="#555" fill="none"/>',
    ]
    for n in sorted({0, most // 2, most}):
        top.append(
            f'<path d="M{_LEFT - 4} {scale.y(n):.1f}H{_W - 10}" class="grid"/><text x="{_LEFT - 7}" y="{scale.y(n) + 4:.1f}" text-anchor="end" class="degree">{n}</text>'
        )
    whole = scale.whole
    for part in range(6):
        at = whole.since + (whole.until - whole.since) * part / 5
        anchor = "start" if part == 0 else "end" if part == 5 else "middle"
        top.append(
            f'<text x="{scale.x(at):.1f}" y="{_BASE + 17}" text-anchor="{anchor}" class="degree">{at.astimezone(ZoneInfo(zone)):%d %b %Y}</text>'
        )
    return top


def _unrecorded(scale: _Scale, record: Record) -> list[str]:
    """Hatching before the record begins and after it ends: there no bar does not mean none."""
    since, until = scale.whole.since, scale.whole.until
    begins, ends = min(record.since or until, until), max(record.until or until, since)
    marks = []
    for a, b in ((since, begins), (max(ends, begins), until)):
        left, wide = scale.x(a), scale.x(b) - scale.x(a)
        if wide < 1:
            continue
        marks.append(
            f'<rect x="{left:.1f}" y="{_TOP}" width="{wide:.1f}" height="{_BASE - _TOP}" fill="url(#unrecorded)"/>'
        )
        if wide > 60:
            marks.append(
                f'<text x="{left + wide / 2:.1f}" y="{(_TOP + _BASE) / 2}" text-anchor="middle" class="place">no record</text>'
            )
    if not marks:
        return []
    hatch = (
        '<defs><pattern id="unrecorded" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path d="M0 0V7" stroke="#d2d2cd" stroke-width="1.6"/></pattern></defs>'
    )
    return [hatch, *marks]


def _bars(counts: pl.DataFrame, scale: _Scale, edges: list[datetime], zone: str) -> list[str]:
    marks = []
    for bar, n, deadly in counts.rows():
        start, end = edges[bar], edges[bar + 1]
        left, right = scale.x(max(start, scale.whole.since)), scale.x(min(end, scale.whole.until))
        wide = max(right - left - 0.6, 0.6)
        told = f"{start.astimezone(ZoneInfo(zone)):%d %b %Y %H:%M}: {counted(n, 'incident')}" + (
            f", {deadly} deadly" if deadly else ""
        )
        marks.append(
            f'<g><title>{told}</title><rect x="{left:.1f}" y="{scale.y(n):.1f}" width="{wide:.1f}" height="{_BASE - scale.y(n):.1f}" fill="#b9967f"/>'
            f'<rect x="{left:.1f}" y="{scale.y(deadly):.1f}" width="{wide:.1f}" height="{_BASE - scale.y(deadly):.1f}" fill="#7a4023"/></g>'
        )
    return marks


def _marks(terms: pl.DataFrame, scale: _Scale, zone: str, names: dict[str, str]) -> list[str]:
    """Starts and ends as each reading has them; the same instant is one mark with all who claim it."""
    claimed: dict[tuple[datetime, str], list[str]] = {}
    for who, since, until in terms.select("reading", "since", "until").rows():
        label = "text" if who == "text" else names.get(who, who)
        for at, word in ((since, "start"), (until, "end")):
            if at is not None and scale.whole.since <= at <= scale.whole.until:
                claimed.setdefault((at, word), []).append(label)
    marks = []
    for n, ((at, word), whose) in enumerate(sorted(claimed.items(), key=lambda item: item[0])):
        x, y = scale.x(at), 12 + 13 * (n % 3)
        local = at.astimezone(ZoneInfo(zone))
        told = f"{word} ({', '.join(dict.fromkeys(whose))}): {local:%d %b %Y %H:%M %Z}"
        end = x > _W * 0.6
        marks.append(
            f'<path d="M{x:.1f} {y + 3}V{_BASE}" stroke="#1f4f82" stroke-width="1.2" stroke-dasharray="{"none" if word == "start" else "4 3"}"/>'
            f'<text x="{x + (-4 if end else 4):.1f}" y="{y}" text-anchor="{"end" if end else "start"}" class="mark">{html.escape(told if len(told) < 80 else told[:79] + "…")}</text>'
        )
    return marks
