"""A mission's published status report in prose -> statements: counts by type with their previous period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.plain import plain_text
from trucewatch.base.problem import problems
from trucewatch.base.time import UTC_US, local_midnight, zone
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.bulletin.read import ANCHOR, Told, read
from trucewatch.sources.bulletin.rules import Rules, rules
from trucewatch.sources.http import given
from trucewatch.tables import STATEMENTS

FORM = "a report in prose: plain text in UTF-8, or a captured web page"
KEEP = ("mapping", "date", "zone", "speaker")
QUOTE_CHARS = 600


class Bulletin:
    """Rules in mappings/bulletin.yaml; docs/sources/bulletin.md tells what they read and how well."""

    name = "bulletin"
    about = "a mission's published status report in prose: counts by type with their previous period, as statements"
    licence = "as its publisher says"
    options: Mapping[str, str] = {
        "mapping": "the rules of a language, as mappings/bulletin.yaml",
        "date": "the report's own day, as 2018-09-02: it gives days their year",
        "zone": "zone in which its days begin; without it no number has a time",
        "speaker": "the mission's name, as statements tell it",
        "url": "an address to get the report from, in place of --file",
    }
    default_mapping: str | None = "bulletin"

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files that the door has read, and the answer of `url` where one is given."""
        _settings(request.options)
        yield from given(request, transport, "text/plain", self.licence, KEEP)

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Text -> statements. Rows are the numbers in it that are no date, age, distance, calibre, share or link."""
        text = plain_text(raw)
        if not text.strip() or "\x00" in text[:4096]:
            raise InputError("is empty" if not text.strip() else "is not text", file=capture.name, expected=FORM)
        words, today, place = _settings(capture.options)
        told = sorted(read(text, words, today), key=lambda one: one.start)
        kept = [one for one in told if one.about]
        noted = [*_unread(told, text, capture.name), *_flaws(kept, text, capture.name, place)]
        speaker = str(capture.options.get("speaker") or words.speaker)
        return Read(len(told), statements=_table(kept, text, capture, (speaker, words.language, place)),
                    problems=problems(noted))  # fmt: skip


def _settings(told: Mapping[str, Any]) -> tuple[Rules, date | None, str | None]:
    """Options -> rules, the report's day, the zone of its days. InputError names the option."""
    words, at, place = rules(told.get("mapping")), told.get("date"), told.get("zone")
    if place:
        zone(str(place))
    try:
        return words, None if at is None else date.fromisoformat(str(at)), str(place) if place else None
    except ValueError:
        raise InputError(f"{at!r} is no date", field="date", expected="a day, as 2018-09-02") from None


def locator(one: Told) -> str:
    """Where in the plain text a number stands."""
    return f"characters {one.start} to {one.end}"


def _quote(one: Told, text: str) -> str:
    return " ".join(ANCHOR.sub(" ", text[slice(*one.sentence)]).split())[:QUOTE_CHARS]


Noted = tuple[str, str, str, str, bool]


def _unread(told: list[Told], text: str, file: str) -> Iterator[Noted]:
    for one in told:
        if not one.about:
            why = f"{text[one.start : one.end]!r}: no rule tells what it counts, in {_quote(one, text)[:160]!r}"
            yield f"{file}, {locator(one)}", "unread_number", "figure", why, True


def _flaws(kept: list[Told], text: str, file: str, place: str | None) -> Iterator[Noted]:
    if kept and place is None:
        why = "its days begin in no zone that is told (--option zone=...); numbers stay without a time"
        yield file, "no_zone", "zone", why, False
    for one in kept:
        at = f"{file}, {locator(one)}"
        if one.period is None:
            yield at, "no_period", "time", "no days are told that it is of, or no year (--option date=...)", False
        if one.upper:
            yield at, "upper_bound", "figure", "is told as more than there were; kept without a qualifier", False


def _key(one: Told, capture: Capture) -> str:
    """Of what is compared with a count: the count's own, and `previous`."""
    at = f"{capture.id[:12]}/{one.start if one.previous_of is None else one.previous_of}"
    return at if one.previous_of is None else f"{at}/previous"


def _table(kept: list[Told], text: str, capture: Capture, more: tuple[str, str | None, str | None]) -> pl.DataFrame:
    speaker, language, place = more
    days = pl.DataFrame(
        {
            "first": [one.period.first if one.period else None for one in kept],
            "after": [one.period.last + timedelta(days=1) if one.period else None for one in kept],
        },
        schema={"first": pl.Date, "after": pl.Date},
    )
    midnight = [local_midnight(pl.col(day), place) if place else pl.col(day) for day in days.columns]
    times = days.select(t0=midnight[0], t1=midnight[1])
    if place is None:
        times = times.clear(days.height).cast(UTC_US)
    key = {one.start: _key(one, capture) for one in kept}
    said: list[datetime | None] = [None] * len(kept)
    rows = pl.DataFrame(
        {
            "id": [f"{capture.id}#{one.start}" for one in kept],
            "locator": [locator(one) for one in kept],
            "speaker": speaker,
            "about": [one.about for one in kept],
            "figure": [one.value for one in kept],
            "unit": [one.unit for one in kept],
            "quote": [_quote(one, text) for one in kept],
            "key": list(key.values()),
            "qualifier": [None if one.upper else one.qualifier or "exact" for one in kept],
            "part_of": [key.get(one.part_of) if one.part_of is not None else None for one in kept],
            "said_at": said,
            "language": language,
            "source": capture.source,
            "capture": capture.id,
        },
        schema_overrides={"about": pl.String, "id": pl.String, "locator": pl.String, "unit": pl.String,
                          "quote": pl.String, "key": pl.String, "qualifier": pl.String, "part_of": pl.String,
                          "figure": pl.Float64, "said_at": UTC_US},
    )  # fmt: skip
    return STATEMENTS.fit(pl.concat([rows, times], how="horizontal"))


SOURCE = Bulletin()
