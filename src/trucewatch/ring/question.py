"""A question as the log keeps it, and its answer from a case's tables: the same question brings the same tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl
import shapely

from trucewatch.ring.control import Asked, Drawn, drawn
from trucewatch.ring.params import RingParams
from trucewatch.ring.rings import Beside, Rings, maps_of_day, maps_of_span, rings
from trucewatch.ring.routes import Roads
from trucewatch.ring.scan import middle_of_map, scan
from trucewatch.tables import POCKETS, RINGS, ROUTES

Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""As `map`: over maps one after the other, or several at once."""


@dataclass(frozen=True)
class Question:
    """kind: `at` a day, `watch` over days, or `scan`; source: one mapper's maps alone; until is not included."""

    kind: str
    asked: Asked
    until: datetime
    since: datetime | None = None
    source: str | None = None
    corridor_m: float | None = None
    roads: Roads | None = None

    def told(self) -> dict[str, str]:
        """As text, shapes as WKB in hexadecimal digits; what was not asked is left out."""
        a = self.asked
        made: dict[str, Any] = {
            "kind": self.kind, "side": a.side, "lon": repr(a.lon), "lat": repr(a.lat), "elsewhere": a.elsewhere,
            "rear": None if a.rear is None else f"{a.rear[0]!r},{a.rear[1]!r}", "beyond": a.beyond,
            "border": None if a.border is None else shapely.to_wkb(a.border, hex=True, byte_order=1),
            "barriers": " ".join(shapely.to_wkb(b, hex=True, byte_order=1) for b in a.barriers) or None,
            "until": self.until.isoformat(), "since": self.since and self.since.isoformat(), "source": self.source,
            "corridor_m": None if self.corridor_m is None else repr(self.corridor_m),
        }  # fmt: skip
        if self.roads is not None:
            made["roads"] = " ".join(shapely.to_wkb(line, hex=True, byte_order=1) for line in self.roads.lines)
            made["road_names"] = json.dumps(self.roads.names, ensure_ascii=False)
        return {name: value for name, value in made.items() if value is not None}


def question(told: Mapping[str, str]) -> Question:
    """What `told` gives -> the question."""

    def shapes(name: str) -> tuple[Any, ...]:
        return tuple(shapely.from_wkb(part) for part in told.get(name, "").split())

    rear = None if "rear" not in told else tuple(float(part) for part in told["rear"].split(","))
    asked = Asked(
        told["side"], float(told["lon"]), float(told["lat"]), told.get("elsewhere"), rear,  # type: ignore[arg-type]
        shapes("barriers"), (shapes("border") or (None,))[0], told.get("beyond"),
    )  # fmt: skip
    roads = Roads(shapes("roads"), tuple(json.loads(told["road_names"]))) if "roads" in told else None
    return Question(
        told["kind"], asked, datetime.fromisoformat(told["until"]),
        datetime.fromisoformat(told["since"]) if "since" in told else None, told.get("source"),
        float(told["corridor_m"]) if "corridor_m" in told else None, roads,
    )  # fmt: skip


def answered(
    asks: Question, areas: pl.DataFrame, incidents: pl.DataFrame | None, params: RingParams, each: Each = map
) -> dict[str, pl.DataFrame]:
    """areas, incidents -> the tables of the answer by name: rings and routes, or pockets."""
    if asks.kind == "watch":
        assert asks.since is not None
        maps: list[Any] = maps_of_span(areas, asks.since, asks.until, asks.source)
        found = list(each(partial(_of_map, asks, incidents, params), maps))
    else:
        told = maps_of_day(areas, asks.until, params, asks.source)
        if asks.kind == "scan":
            made = [scan(one, _middle(asks.asked, one), asks.corridor_m or params.corridor_m, params) for one in told]
            return {"pockets": pl.concat([POCKETS.empty(), *made])}
        found = [rings(told, asks.asked, params, Beside(asks.roads, incidents, asks.until))]
    return {
        "rings": pl.concat([RINGS.empty(), *(one.rings for one in found)]),
        "routes": pl.concat([ROUTES.empty(), *(one.routes for one in found)]),
    }


def _of_map(asks: Question, incidents: pl.DataFrame | None, params: RingParams, areas: pl.DataFrame) -> Rings:
    """One map of many, apart from the others: it can be done elsewhere."""
    return rings([drawn(areas)], asks.asked, params, Beside(asks.roads, incidents))


def _middle(asked: Asked, told: Drawn) -> Asked:
    lon, lat = middle_of_map(told)
    return Asked(asked.side, lon, lat, asked.elsewhere, None, asked.barriers, asked.border, asked.beyond)
