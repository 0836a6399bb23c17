"""Small words that several parts of the page share."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def counted(n: int, what: str) -> str:
    """A number with its noun.

    >>> counted(1, "incident"), counted(0, "incident")
    ('1 incident', '0 incidents')
    """
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def instant(at: datetime, zone: str) -> str:
    """A moment as people of that zone write it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def day(at: datetime, zone: str) -> str:
    """The day of a moment in that zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d}"
