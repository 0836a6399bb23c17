"""Rows of the list of humanitarian corridors -> agreements as data: a corridor is a term.

One agreement for each answer to "who proposed it" (agreed, by the one, by the other), for form, status and who is bound
are the agreement's, while the day is the term's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from corridor_hours import Hours, hours_of

Row = Mapping[str, str]
Point = tuple[float, float]

# Names of parties stand in data files only; this part of the script is one.
PARTIES: list[dict[str, Any]] = [
    {"id": "ukraine", "name": "Ukraine", "also": ["Government of Ukraine"]},
    {"id": "russia", "name": "Russian Federation", "also": ["Russia", "Government of Russia"]},
]
PROPOSED = {"Agreed": "agreed", "Ukraine": "ukraine", "Russia": "russia"}
LIST = (
    "Humanitarian corridors in Ukraine 2022 (PeaceRep and ETH Zurich, github.com/peacerep/ukraine-map), "
    "a list made from reports of news agencies"
)
OTHERS = (
    "Armed groups of Donetsk and Luhansk fought along some of these routes and agreed to none of them, so an act by "
    "nobody named is not taken for a party's."
)

SIDE_M = 5_000.0
"""To each side of the straight line. No text tells a width, so it is ours: what an 82 mm mortar reaches, some 4 km, and
the built-up ground around a town's one point."""
BEND = 0.3
"""So much of its length a road may lie off the straight line: the widest bend of a route that these rows name
(Mariupol to Zaporizhzhia by way of Berdiansk) is 0.29."""
LEAST_EDGE_M = 1_000.0
"""Towns are placed by one point each."""
OTHER_PLACE_M = 7_000.0
"""A point of the list that is farther than this from that of places.csv is another place of that name."""
_EARTH_M = 6_371_000.0


@dataclass(frozen=True)
class Corridor:
    """A row that could be made into a term. ends: None where it is not known which places are meant."""

    id: str
    row: int
    day: date
    by: str
    start: str
    end: str
    ends: tuple[Point, Point] | None
    placed: str
    hours: Hours
    reported: str
    source: str


@dataclass(frozen=True)
class Problem:
    """A row that could not."""

    row: int
    says: str


def corridors(rows: Sequence[Row], places: Mapping[str, Point | None]) -> tuple[list[Corridor], list[Problem]]:
    """Rows, and places that the list has wrong (None: no better is known) -> corridors and problems: together as many.

    A problem is a row without a day, without one of the three words for who proposed it, or without its two places.
    """
    made: list[Corridor] = []
    problems: list[Problem] = []
    ids: dict[str, int] = {}
    for n, row in enumerate(rows, 1):
        try:
            made.append(_corridor(n, row, places, ids))
        except ValueError as wrong:
            problems.append(Problem(n, str(wrong)))
    return made, problems


def _corridor(n: int, row: Row, places: Mapping[str, Point | None], ids: dict[str, int]) -> Corridor:
    by, day = PROPOSED.get(_cell(row, "proposal")), _day(_cell(row, "date"))
    if by is None:
        raise ValueError(f"who proposed it is told as {_cell(row, 'proposal')!r}, not as {', '.join(PROPOSED)}")
    start, end = short(_cell(row, "From")), short(_cell(row, "To"))
    if not start or not end:
        raise ValueError("it does not say from where to where")
    at, told = zip(_point(row, "from", start, places), _point(row, "to", end, places), strict=True)
    ends = None if at[0] is None or at[1] is None else (at[0], at[1])
    if ends is not None and ends[0] == ends[1]:
        raise ValueError(f"{start} and {end} are one point in it")
    key = re.sub(r"[^a-z0-9]+", "-", _cell(row, "HC_ID").lower()).strip("-")
    name = f"hc-{key}" if key else f"row-{n}"
    ids[name] = ids.get(name, 0) + 1
    return Corridor(
        id=name if ids[name] == 1 else f"{name}-again-{ids[name]}",
        row=n,
        day=day,
        by=by,
        start=start,
        end=end,
        ends=ends,
        placed="not known" if ends is None else "corrected" if any(told) else "as listed",
        hours=hours_of(_cell(row, "text"), day),
        reported=_cell(row, "status_result") or "not told",
        source=next(iter(re.findall(r"https?://[^\s;]+", _cell(row, "Link"))), "no address"),
    )


def _cell(row: Row, name: str) -> str:
    return " ".join((row.get(name) or "").split())


def _day(told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise ValueError(f"its day is told as {told!r}") from None


def short(name: str) -> str:
    """A place as the list has it -> its name alone.

    >>> short("Gomel (Belarus) to be transfered by air"), short("Belgorod, from where people"), short("Kyiv")
    ('Gomel', 'Belgorod', 'Kyiv')
    """
    return re.split(r"[,(\[]", name)[0].strip()


def _point(row: Row, end: str, name: str, places: Mapping[str, Point | None]) -> tuple[Point | None, bool]:
    """Where that end is, and whether we moved it. A point that is none is a ValueError."""
    try:
        lon, lat = (float(_cell(row, f"{end}_{part}")) for part in ("longitude", "latitude"))
    except ValueError:
        raise ValueError(f"{name} has no point") from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise ValueError(f"{name} has no point on the globe")
    if name not in places:
        return (lon, lat), False
    better = places[name]
    if better is not None and apart_m((lon, lat), better) <= OTHER_PLACE_M:
        return (lon, lat), False
    return better, True


def apart_m(a: Point, b: Point) -> float:
    """Metres between two points (lon, lat), on a sphere: within 0.6 %, enough for a bend that is itself a guess.

    >>> round(apart_m((30.0, 50.0), (30.0, 51.0)) / 1000)
    111
    """
    (lon1, lat1), (lon2, lat2) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(half))


def agreements(made: Sequence[Corridor]) -> dict[str, dict[str, Any]]:
    """Corridors -> the agreements that hold them, each once, by id; as many terms as corridors."""
    found = {by: [one for one in made if one.by == by] for by in PROPOSED.values()}
    return {
        name: _agreement(name, by, ones)
        for by, ones in found.items()
        if ones
        for name in ("corridors-2022-agreed" if by == "agreed" else f"corridors-2022-by-{by}",)
    }


def _agreement(name: str, by: str, ones: Sequence[Corridor]) -> dict[str, Any]:
    formal = {party["id"]: party["name"] for party in PARTIES}
    told = {"source": LIST, "grade": "report"}
    if by == "agreed":
        title, form = "Humanitarian corridors of March 2022 that both sides agreed to", "mutual"
        status = [{"party": party, "is": "accepted", **told} for party in formal]
    else:
        title, form = f"Humanitarian corridors of March 2022 proposed by {formal[by]}", "unilateral"
        status = [{"party": by, "is": "proposed", **told}]
    return {
        "agreement": name,
        "title": title,
        "display_zone": "Europe/Kyiv",
        **told,
        "published": False,
        "form": form,
        "others": True,
        "parties": PARTIES,
        "status": status,
        "terms": [_term(one, formal) for one in ones],
        "notes": OTHERS,
    }


def _term(one: Corridor, formal: Mapping[str, str]) -> dict[str, Any]:
    term: dict[str, Any] = {
        "id": one.id,
        "article": f"row {one.row}",
        "kind": "barred_acts",
        "says": f"No fire along the corridor from {one.start} to {one.end} on {one.day}.",
        "source": f"{LIST}, row {one.row}; {one.source}",
        "grade": "report",
        "binds": "all" if one.by == "agreed" else [one.by],
        "bars": {"acts": ["armed"]},
        "where": where(one),
        "when": when(one.day, one.hours),
    }
    if one.by != "agreed":
        other = next(party for party in formal if party != one.by)
        ours = {"source": "our own words for what a proposal means; no party is quoted", "grade": "unchecked"}
        term["readings"] = {
            one.by: {
                **ours,
                "says": "Whoever proposes a corridor means that both sides hold fire on it.",
                "binds": "all",
            },
            other: {**ours, "says": "A proposal that was not agreed to binds nobody.", "binds": "nobody"},
        }
    return term


def where(one: Corridor) -> dict[str, Any]:
    """A corridor's ground: the straight line, with an edge as wide as the road may bend."""
    if one.ends is None:
        return {"says": f"from {one.start} to {one.end}; where one of them lies is not known", "unknown": True}
    edge = max(LEAST_EDGE_M, round(BEND * apart_m(*one.ends), -2))
    says = f"the straight line from {one.start} to {one.end}; the road is not told and may lie {edge / 1000:g} km off"
    return {
        "says": says,
        "path": {"points": [list(end) for end in one.ends]},
        "distance_a_side_m": SIDE_M,
        "edge_m": edge,
    }


def when(day: date, hours: Hours) -> dict[str, Any]:
    """The hours told; for what is not told, some time of that day in Kyiv: then it may be in force, and is not surely.

    >>> when(date(2022, 3, 5), Hours(None, None, ""))["since"]
    {'between': ['2022-03-05 00:00 Europe/Kyiv', '2022-03-05 24:00 Europe/Kyiv']}
    """
    first, last = f"{day} 00:00 Europe/Kyiv", f"{day} 24:00 Europe/Kyiv"
    if hours.since is None:
        return {"since": {"between": [first, last]}, "until": {"between": [first, last]}}
    since = _z(hours.since)
    return {"since": since, "until": {"between": [since, last]} if hours.until is None else _z(hours.until)}


def _z(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def same(made: Sequence[Corridor]) -> int:
    """How many rows tell of a corridor that a row above tells of too, of the same day: rows are not corridors."""
    return len(made) - len({(one.day, one.start, one.end) for one in made})
