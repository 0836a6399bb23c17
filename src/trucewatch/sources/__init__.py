"""Floor 4: outside -> observations, looks, areas, statements. One file or folder a feed, found by entry point."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import cast

from trucewatch.base.errors import UnknownName
from trucewatch.ports import Source

GROUP = "trucewatch.sources"


def names() -> list[str]:
    """The feeds that are installed, without loading any."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def source(name: str) -> Source:
    """Name -> the feed. Raises UnknownName, with the nearest name.

    >>> source("firms").name
    'firms'
    """
    for point in entry_points(group=GROUP):
        if point.name == name:
            return cast(Source, point.load())
    raise UnknownName("source", name, names())
