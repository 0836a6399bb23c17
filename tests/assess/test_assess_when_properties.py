"""What holds of every time an agreement can tell: knowing more never makes it less certain, and a pause never adds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from trucewatch.assess.model import Event, Span, When
from trucewatch.assess.when import Known, in_force, parse_when
from trucewatch.base.document import document
from trucewatch.base.errors import AgreementError

T0 = datetime(2020, 5, 1, tzinfo=UTC)
STEP = timedelta(minutes=30)
LAST = 96
"""Moments lie on a grid of half hours over two days, and the grid is looked at with half a day to each side."""
GRID = [T0 + n * STEP / 2 for n in range(-48, 2 * LAST + 48)] + [T0 - timedelta(days=9999), T0 + timedelta(days=9999)]
slots = st.integers(0, LAST)


def text(slot: int) -> str:
    return (T0 + slot * STEP).strftime("%Y-%m-%d %H:%MZ")


@st.composite
def moments(draw: st.DrawFn, key: str) -> tuple[Any, Any, dict[str, int | None]]:
    """A moment as little is known of it, the same one settled, and the events that settle it."""
    slot = draw(slots)
    kind = draw(st.sampled_from(["known", "unknown", "between", "event", "day", "agreed" if key == "since" else "for"]))
    if kind == "unknown":
        return "unknown", text(slot), {}
    if kind == "between":
        a, b = sorted([slot, draw(slots)])
        return {"between": [text(a), text(b)]}, text(draw(st.integers(a, b))), {}
    if kind == "event":
        name = f"e{draw(st.integers(0, 10**6))}"
        return {"event": name, "plus": "30 min"}, {"event": name, "plus": "30 min"}, {name: slot}
    if kind == "day":
        told = {"day": f"2020-05-0{draw(st.integers(1, 3))}", "zone": draw(st.sampled_from(["UTC", "Asia/Kolkata"]))}
        return told | {"included": "unknown"}, told | {"included": draw(st.booleans())}, {}
    if kind == "agreed":
        return {"agreed": text(draw(slots)), "actual": "unknown"}, None, {"actual": slot}
    if kind == "for":
        return {"for": f"{draw(st.integers(1, 40))} h"}, {"for": "same"}, {}
    return text(slot), text(slot), {}


@st.composite
def spans(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, int | None]]:
    loose, tight, events = {}, {}, {}
    for key in ("since", "until"):
        loose[key], tight[key], more = draw(moments(key))
        if tight[key] is None:
            tight[key] = loose[key] | {"actual": text(more.pop("actual"))}
        if tight[key] == {"for": "same"}:
            tight[key] = loose[key]
        events |= more
    return loose, tight, events


@st.composite
def whens(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, int | None]]:
    loose, tight, events = draw(spans())
    for key, most in (("extensions", 1), ("pauses", 2)):
        parts = draw(st.lists(spans(), max_size=most))
        own = key == "pauses" or draw(st.booleans())
        for side, n in ((loose, 0), (tight, 1)):
            side[key] = [part[n] if own else {"until": part[n]["until"]} for part in parts]
        events |= {name: slot for part in parts for name, slot in part[2].items()}
    if draw(st.integers(0, 3)) == 0:
        loose["renews"] = tight["renews"] = {"each": "1 day"}
    if draw(st.integers(0, 2)) == 0:
        hours = {
            "from": draw(st.sampled_from(["00:00", "06:30", "22:00"])),
            "to": draw(st.sampled_from(["05:00", "23:30"])),
        }
        loose["windows"] = tight["windows"] = hours | {
            "zone": "Asia/Kolkata",
            "first": "2020-05-01",
            "last": "2020-05-03",
        }
    return loose, tight, events


def made(told: dict[str, Any], events: dict[str, int | None]) -> When | None:
    known = {name: Event(name, name, "", None if slot is None else T0 + slot * STEP) for name, slot in events.items()}
    try:
        return parse_when(document(json.dumps(told), "a.yaml"), Known(known, "Europe/Kyiv"))
    except AgreementError:
        return None


def parsed(told: dict[str, Any], events: dict[str, int | None]) -> When:
    found = made(told, events)
    assume(found is not None)
    assert found is not None
    return found


def holds(spans: tuple[Span, ...], at: datetime) -> bool:
    return any((span.start is None or span.start <= at) and (span.end is None or at < span.end) for span in spans)


def unknown(events: dict[str, int | None]) -> dict[str, int | None]:
    return dict.fromkeys(events)


@settings(max_examples=300)
@given(whens())
def test_what_is_sure_may_be_and_spans_are_sorted_and_apart(drawn):
    loose, tight, events = drawn
    for when in (made(loose, unknown(events)), made(tight, events)):
        if when is None:
            continue
        for spans_ in (when.sure, when.may):
            assert all(a.end is not None and b.start is not None and a.end < b.start for a, b in pairwise(spans_))
            assert all(span.start is None or span.end is None or span.start < span.end for span in spans_)
        assert all(holds(when.may, at) for at in GRID if holds(when.sure, at))
        if when.sure != when.may:
            assert when.lacks


@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])
@given(whens())
def test_settling_what_is_unknown_never_widens_what_may_be_and_never_shrinks_what_is_sure(drawn):
    loose, tight, events = drawn
    before, after = parsed(loose, unknown(events)), parsed(tight, events)
    for at in GRID:
        assert holds(before.may, at) or not holds(after.may, at)
        assert holds(after.sure, at) or not holds(before.sure, at)


@settings(max_examples=300)
@given(whens(), spans())
def test_a_pause_never_adds(drawn, pause):
    told, _, events = drawn
    events = unknown(events | pause[2])
    without = parsed(told, events)
    with_ = parsed(told | {"pauses": [*told["pauses"], pause[0]]}, events)
    for at in GRID:
        assert holds(without.sure, at) or not holds(with_.sure, at)
        assert holds(without.may, at) or not holds(with_.may, at)


@settings(max_examples=200)
@given(whens(), st.lists(spans(), min_size=2, max_size=4), st.randoms())
def test_the_order_of_pauses_does_not_matter(drawn, pauses, random):
    told, _, events = drawn
    events = unknown(events) | {name: slot for part in pauses for name, slot in part[2].items()}
    parts = [part[0] for part in pauses]
    one = parsed(told | {"pauses": parts}, events)
    random.shuffle(parts)
    other = parsed(told | {"pauses": parts}, events)
    assert (one.sure, one.may, one.ends) == (other.sure, other.may, other.ends)


@settings(max_examples=200)
@given(whens(), st.integers(-120, 60 * 50), st.integers(0, 600))
def test_a_span_is_in_force_as_all_its_minutes_are(drawn, first, long):
    loose, _, events = drawn
    when = parsed(loose, unknown(events))
    t0 = T0 + timedelta(minutes=first)
    minutes = [t0 + timedelta(minutes=n) for n in range(max(long, 1))]
    sure, may = all(holds(when.sure, at) for at in minutes), any(holds(when.may, at) for at in minutes)
    assert in_force(when, t0, t0 + timedelta(minutes=long)) is (True if sure else None if may else False)
