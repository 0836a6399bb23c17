"""For the authors of sources: `check_source`, tiny tables, a fake clock and way out. Shipped, and used by us."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from trucewatch.base.errors import FetchError
from trucewatch.ports import Capture, Fetched, Read, Response, Source
from trucewatch.tables import OBSERVATIONS

SALT = bytes(range(32))
"""A salt for tests only: a real one is drawn by the door and never known beforehand."""
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@dataclass
class FakeClock:
    """Stands still, or goes on by `step` at each look."""

    at: datetime = NOON
    step: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The time; then it goes on."""
        at = self.at
        self.at = at + self.step
        return at


@dataclass
class FakeTransport:
    """Answers from a table of address -> (status, body) or -> list of them, in turn. Remembers what was asked."""

    answers: Mapping[str, Any]
    asked: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """The first answer whose key begins the address."""
        self.asked.append(url)
        for start, answer in self.answers.items():
            if url.startswith(start):
                if isinstance(answer, list):
                    answer = answer.pop(0)
                status, body = answer
                return Response(status, body)
        raise FetchError(f"nothing is known of {url}")

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """The same; `sent` remembers the body."""
        self.sent.append(body)
        return self.get(url, headers)


def capture_of(
    source: Source, raw: bytes, *, url: str = "file.csv", options: Mapping[str, Any] | None = None
) -> Capture:
    """A capture of these bytes as the door would make it, but for the salt."""
    return Fetched(raw, url, "application/octet-stream", source.licence, options or {}).capture(SALT, source.name, NOON)


@contextmanager
def no_network() -> Any:
    """Any socket opened inside is an AssertionError."""
    real = socket.socket

    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("read() opened a socket; it is pure")

    socket.socket = refused  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        socket.socket = real  # type: ignore[misc]


def check_source(
    source: Source, raw: bytes, *, url: str = "file.csv", options: Mapping[str, Any] | None = None
) -> Read:
    """Hold a source's `read` to what every source promises, on one capture, and hand back what it read.

    Reading twice gives equal frames; every row is in a table or a lost problem; exact columns;
    unique ids that begin with the capture's; no socket is opened. AssertionError says which promise broke.
    """
    capture = capture_of(source, raw, url=url, options=options)
    with no_network():
        first, second = source.read(capture, raw), source.read(capture, raw)
    tables, again = first.tables(), second.tables()
    for name, frame in tables.items():
        assert frame.equals(again[name]), f"reading twice gives two different tables of {name}"
        if name != "problems" and frame.height:
            assert frame["id"].str.starts_with(capture.id + "#").all(), (
                f"{name}.id does not begin with the capture's id"
            )
            assert (frame["capture"] == capture.id).all(), f"{name}.capture is another capture's"
    kept: set[str] = set()
    for name in ("observations", "looks", "areas", "statements", "drafts"):
        kept |= set(tables[name]["locator"].drop_nulls().to_list())
    lost = tables["problems"].filter(pl.col("lost"))["where"].n_unique()
    looks_only = {k for k in kept if k.startswith("pass ")}
    assert len(kept - looks_only) + lost == first.rows, (
        f"{first.rows} rows came in, {len(kept - looks_only)} went out and {lost} are lost"
    )
    return first


def observations(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows with only the columns that matter -> a whole observations table; the rest has plain defaults.

    >>> observations([{"kind": "shelling", "lon": 30.0, "lat": 50.0}]).height
    1
    """
    full = [
        {
            "id": f"{'0' * 64}#{n}", "capture": "0" * 64, "locator": f"row {n}", "source": "a", "kind": "shelling",
            "stance": "affirms", "t0": NOON, "t1": NOON + timedelta(minutes=1), "radius_m": 500.0, **row,
        }
        for n, row in enumerate(rows, 1)
    ]  # fmt: skip
    schema = {name: kind for name, kind in OBSERVATIONS.schema.items() if any(name in row for row in full)}
    return OBSERVATIONS.fit(
        pl.DataFrame([{k: row.get(k) for k in schema} for row in full], schema=schema, orient="row")
    )


Check = Callable[[Source, bytes], Read]
