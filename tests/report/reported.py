"""A small record of invented places and parties, through the real rooms, to report on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import polars as pl

from trucewatch import testing
from trucewatch.assess import agreement, assess
from trucewatch.fuse import fuse
from trucewatch.report import Material, ReportRequest, report
from trucewatch.tables import AREAS, LOOKS, OBSERVATIONS, PROBLEMS, STATEMENTS

AGREEMENT = """\
agreement: test-truce
title: Truce of Aaland and Beeland
display_zone: UTC
source: invented for a test
parties:
  - {id: aa, name: Aaland, also: [Army of Aaland]}
  - {id: bb, name: Beeland, also: [Army of Beeland]}
terms:
  - id: ceasefire
    article: "1"
    says: Nobody uses weapons.
    source: invented
    binds: all
    bars: {acts: [armed]}
    where: {everywhere: true, says: everywhere}
    since: "2026-01-10 00:00 UTC"
    until: "2026-01-20 00:00 UTC"
    readings:
      bb: {since: "2026-01-12 00:00 UTC", source: invented, says: It starts two days later.}
  - id: quiet-zone
    article: "2"
    says: No guns fire in the zone.
    source: invented
    binds: all
    bars: {acts: [shelling]}
    where:
      says: the square about the bridge
      polygon: {crs: "OGC:CRS84", ring: [[9.9, 49.9], [10.1, 49.9], [10.1, 50.1], [9.9, 50.1]]}
    since: "2026-01-10 00:00 UTC"
    until: "2026-01-20 00:00 UTC"
"""
SINCE, UNTIL = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def sighting(at: datetime, lon: float | None = 10.0, lat: float | None = 50.0, long: timedelta = MINUTE, **more):
    """One row of observations; `capture` may be a letter."""
    radius = None if lon is None else 300.0
    return {"t0": at, "t1": at + long, "lon": lon, "lat": lat, "radius_m": radius, "kind": "shelling", **more}


def many(n: int, at: datetime = SINCE, every: timedelta = HOUR, **more) -> list[dict]:
    """Sightings far enough from each other to be as many incidents."""
    return [sighting(at + every * k, 10.0 + 0.5 * (k % 40), 50.0 + 0.3 * (k % 23), **more) for k in range(n)]


def material(rows: list[dict], text: str = AGREEMENT, **over) -> Material:
    """Rows -> all that a report is made of."""
    names = [str(row.get("capture", "0")) * 64 for row in rows]
    rows = [{**row, "capture": c, "id": f"{c}#{n}"} for n, (row, c) in enumerate(zip(rows, names, strict=True), 1)]
    seen = testing.observations(rows) if rows else OBSERVATIONS.empty()
    every = sorted(set(names))
    captures = pl.DataFrame(
        [(c, "told", "file.csv", "free", LATER, 2 * n) for n, c in enumerate(every)],
        schema={
            "capture": pl.String, "source": pl.String, "name": pl.String, "licence": pl.String,
            "fetched_at": pl.Datetime("us", "UTC"), "entry": pl.Int64,
        },
        orient="row",
    )  # fmt: skip
    agreed = agreement(text, "test.yaml")
    fused = fuse(seen, captures.select("capture", "fetched_at"))
    areas = over.get("areas", AREAS.empty())
    judged = assess(fused.incidents, areas, agreed)
    parties = [(p.id, p.name, name) for p in agreed.parties for name in (p.id, p.name, *p.also)]
    made = Material(
        agreement={
            "id": agreed.id, "title": agreed.title, "zone": agreed.display_zone, "source": agreed.source,
            "text": "published text",
        },
        parties=pl.DataFrame(parties, schema=["party", "name", "alias"], orient="row").unique(maintain_order=True),
        observations=seen,
        looks=LOOKS.empty(),
        areas=areas,
        statements=STATEMENTS.empty(),
        incidents=fused.incidents,
        links=fused.links,
        terms=judged.terms,
        findings=judged.findings,
        left_out=judged.left_out,
        problems=PROBLEMS.empty(),
        captures=captures,
        quotes=pl.DataFrame(schema={"term": pl.String, "quote": pl.String, "capture": pl.String}),
        size=7,
        root="ab" * 32,
    )  # fmt: skip
    return replace(made, **over)


def looks(*spans: tuple[datetime, datetime]) -> pl.DataFrame:
    """Spans -> looks of one source."""
    return LOOKS.fit(
        pl.DataFrame(
            [
                {"id": f"{'0' * 64}#look{n}", "capture": "0" * 64, "locator": f"row {n}", "source": "told", "t0": a, "t1": b}
                for n, (a, b) in enumerate(spans)
            ],
            schema={"id": pl.String, "capture": pl.String, "locator": pl.String, "source": pl.String,
                    "t0": pl.Datetime("us", "UTC"), "t1": pl.Datetime("us", "UTC")},
        )
    )  # fmt: skip


def made(rows: list[dict], level: str = "restricted", made_at: datetime = LATER, since=SINCE, until=UNTIL, **over):
    """Rows -> the report's files as the room makes them."""
    request = ReportRequest(level, since, until, made_at=made_at)
    return report(material(rows, **over), request)


VOID = {"meta", "br", "hr", "img", "input", "link", "col"}


class Page(HTMLParser):
    """Reads a page strictly: every tag that is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> at {self.getpos()} where {self.open[-1:]} is open")
        else:
            self.open.pop()

    def handle_data(self, data):
        self.text.append(data)
