"""The hours of a ceasefire, as a news text tells them: only what it says plainly, in a zone that it names.

A time counts where it is said of a ceasefire, a corridor or a passage itself ("a ceasefire from 9:00 a.m. to 4:00 p.m.
Kyiv Time (10:00 a.m. to 5:00 p.m. Moscow Time)"), not of buses that leave. A time without a zone is told to nobody.
Two times that are not one instant make the hours unknown: which of them held is not for a script to choose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONES = {
    "kyiv time": "Europe/Kyiv",
    "kiev time": "Europe/Kyiv",
    "local time": "Europe/Kyiv",  # of the towns that all these corridors begin in
    "moscow time": "Europe/Moscow",
    "utc": "UTC",
    "gmt": "UTC",
}
_AT = r"(?:\d{4}(?= ?(?:utc|gmt))|\d{1,2}:\d{2}(?: ?[ap]m\b)?|\d{1,2} ?[ap]m\b)"
_TO = r" ?(?:to|until|till|-|–) "
_ZONE = rf"(?:{'|'.join(ZONES)})"
_SPAN = (
    rf"(?P<a>{_AT})(?:{_TO}(?P<b>{_AT}))?(?: (?P<z>{_ZONE}))?"
    rf"(?: ?\((?P<a2>{_AT})(?:{_TO}(?P<b2>{_AT}))? (?P<z2>{_ZONE})\))?"
    rf"(?: (?:to|until|till) (?P<b3>{_AT})(?: (?P<z3>{_ZONE}))?)?"
)
_TRUCE = r"(?:cease-?fire|regime of silence|corridors?|passages?)"
_LEAD = r"(?:starting from|starting at|starting|established at|beginning at|between|from|at)"
_SAID = (
    re.compile(rf"\b{_TRUCE}\b(?P<gap>[^.;]{{0,140}}?)\b{_LEAD} {_SPAN}"),
    re.compile(
        rf"\b(?:starting from|starting at|starting|from) {_SPAN}(?P<gap>),? (?:a |the )?(?:temporary )?{_TRUCE}\b"
    ),
)
_OTHER = re.compile(r"\b(?:bus|depart|leav|left|arriv|enter|convoy|column|vehicle)")
"""What has such a word between truce and time tells when somebody drove."""


@dataclass(frozen=True)
class Hours:
    """since, until: in UTC, None where not told; because: why, in words."""

    since: datetime | None
    until: datetime | None
    because: str


def hours_of(text: str, day: date) -> Hours:
    """A news text and the day that it is about -> the hours of the ceasefire, as far as it tells them plainly.

    >>> text = "A ceasefire from 9 a.m. to 4 p.m. Kyiv Time (10 a.m. to 5 p.m. Moscow Time)."
    >>> hours = hours_of(text, date(2022, 3, 5))
    >>> hours.since.isoformat(), hours.until.isoformat(), hours.because
    ('2022-03-05T07:00:00+00:00', '2022-03-05T14:00:00+00:00', 'hours told')
    """
    found = [_instants(said, day) for said in _statements(text)]
    if not found:
        return Hours(None, None, "no hours told")
    since, until = ({at for one in found for at in one[n]} for n in (0, 1))
    if not since:
        return Hours(None, None, "hours told, but not plainly in a zone")
    begins, ends = min(since), min(until) if until else None
    if len(since) > 1 or len(until) > 1 or (ends is not None and ends <= begins):
        return Hours(None, None, "hours told that conflict")
    return Hours(begins, ends, "hours told" if ends else "only the start is told")


def _statements(text: str) -> list[dict[str, str]]:
    """The phrases that tell hours of a truce, as a, b (start, end), z (zone), each once more in another zone."""
    plain = re.sub(r"\b([ap])\.m\.?", r"\1m", " ".join(text.lower().split()))
    # A text may go on without a stop behind "p.m."; the next sentence then has no truce in it, or names its own.
    said = [match for part in re.split(r"[;.](?!\d)", plain) for form in _SAID for match in form.finditer(part)]
    return [match.groupdict(default="") for match in said if not _OTHER.search(match["gap"])]


def _instants(said: dict[str, str], day: date) -> tuple[set[datetime], set[datetime]]:
    """One phrase -> every instant at which it has the truce start, and end. A trailing end is in the first zone."""
    starts = [(said["a"], said["z"]), (said["a2"], said["z2"])]
    ends = [(said["b"], said["z"]), (said["b2"], said["z2"]), (said["b3"], said["z3"] or said["z"])]
    return _all(starts, day, False), _all(ends, day, True)


def _all(told: list[tuple[str, str]], day: date, end: bool) -> set[datetime]:
    """A clock that is plain counts. One that is a slip, as `17:00 a.m.`, is for its plain twin to tell."""
    made = {instant(clock, zone, day, end) for clock, zone in told if clock and zone}
    return {at for at in made if at is not None}


def instant(clock: str, zone: str, day: date, end: bool = False) -> datetime | None:
    """`9:00 am`, `kyiv time` -> UTC; None where the clock cannot be read in one way only. 24:00 ends its day.

    >>> instant("24:00", "kyiv time", date(2022, 3, 5), end=True).isoformat()
    '2022-03-05T22:00:00+00:00'
    >>> instant("17:00 am", "moscow time", date(2022, 3, 5))
    """
    digits = re.fullmatch(r"(\d{1,2}):?(\d{2})? ?([ap]m)?", clock)
    if digits is None:
        return None
    hour, minute, half = int(digits[1]), int(digits[2] or 0), digits[3]
    if minute > 59 or hour > 24 or (half == "am" and hour > 12) or (half == "pm" and hour in (0, 24)):
        return None
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if end and half == "am" and hour == 0:
        hour = 24  # midnight as an end is that of the day
    if hour == 24 and (minute or not end):
        return None
    midnight = datetime.combine(day + timedelta(days=hour == 24), time(hour % 24, minute), ZoneInfo(ZONES[zone]))
    return midnight.astimezone(UTC)
