"""A news text, plain or a captured web page -> drafts of statements. No draft counts until a person accepts it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.plain import plain_text
from trucewatch.base.problem import problems
from trucewatch.base.time import zone
from trucewatch.claims import Reading, drafts, gazetteer, own_day, parties, unread, wording
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.http import given

FORM = "a news text in UTF-8, or a captured web page"
KEEP = ("wording", "date", "zone", "parties", "places", "outlet")


class News:
    """Sentences in which somebody is said to say something become drafts; docs/rooms/claims.md tells the rules."""

    name = "news"
    about = "a news text or a captured page: drafts of statements, by transparent rules; none counts until accepted"
    licence = "as its publisher says"
    options = {  # noqa: RUF012
        "wording": "the rules of a language; `claims read` fills it from wording/",
        "date": "the text's own day, as 2025-03-14; else the first whole date in its head",
        "zone": "zone in which its days begin; UTC where none is given",
        "parties": "words that stand for each party; `claims read` fills it from the case's agreements",
        "places": "places that the text may name; `claims read` fills it from the gazetteer and the case",
        "outlet": "who published it: the drafts' source",
        "url": "an address to get the text from, in place of --file",
    }
    default_mapping = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files that the door has read, and the answer of `url` where one is given."""
        _reading(request.options)
        yield from given(request, transport, "text/plain", self.licence, KEEP)

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Text -> drafts. Rows are the sentences in which somebody is said to say something."""
        text = plain_text(raw)
        if not text.strip() or "\x00" in text[:4096]:
            raise InputError("is empty" if not text.strip() else "is not text", file=capture.name, expected=FORM)
        reading = _reading(capture.options, capture.name)
        made = drafts(text, reading, capture.id)
        noted: list[tuple[str, str, str, str, bool]] = []
        if (reading.today or own_day(text, reading.words)) is None:
            why = "the text's own day is not told; `on Friday` and the like are not read (--date)"
            noted.append((capture.name, "no_date", "date", why, False))
        long = unread(text, reading)
        noted += [
            (
                f"{capture.name}, characters {one.start} to {one.end}", "no_sentence", "",
                f"{len(one.text):,} characters without a sentence's end, as of a table or a list; not read", True,
            )
            for one in long
        ]  # fmt: skip
        if made.is_empty():
            noted.append((capture.name, "no_statement", "", "the rules find nobody in it who says something", False))
        unplaced = made.filter(pl.col("place").is_not_null() & pl.col("lon").is_null())["place"].unique().sort()
        noted += [
            (capture.name, "two_places", "place", f"{name!r} is two places in the gazetteer; left without one", False)
            for name in unplaced
        ]
        return Read(made["locator"].n_unique() + len(long), drafts=made, problems=problems(noted))


def _reading(told: Any, name: str | None = None) -> Reading:
    """What a capture was read with, from its options. InputError names the option."""
    if not told.get("wording"):
        raise InputError("has no rules to be read by", field="wording", expected="trucewatch claims read FILE")
    at, place = told.get("date"), str(told.get("zone") or "UTC")
    zone(place)
    try:
        today = None if at is None else date.fromisoformat(str(at))
    except ValueError:
        raise InputError(f"{at!r} is no date", field="date", expected="a day, as 2025-03-14") from None
    return Reading(
        words=wording(told["wording"], "wording"),
        parties=parties(told.get("parties") or {}),
        places=gazetteer(told.get("places")),
        today=today,
        zone=place,
        source=str(told.get("outlet") or name or "news"),
    )


SOURCE = News()
