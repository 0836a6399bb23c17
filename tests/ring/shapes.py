"""Shapes whose necks are known from how they are made: metres on a plane around a point, then degrees."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pyproj
import shapely
from shapely import affinity
from shapely.geometry import LineString, Point, box

from trucewatch.ring import Asked, drawn
from trucewatch.tables import AREAS

K = 1000.0
LON, LAT = 36.5, 47.9
_PLANE = "+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"


@dataclass(frozen=True)
class Shape:
    """Ground of `a`, on a plane; the place; the neck under either treatment (None: nothing narrows); grey; barriers."""

    name: str
    a: Any
    at: tuple[float, float]
    free: float | None
    hostile: float | None
    grey: Any = None
    own: Any = None
    elsewhere: str | None = "b"
    rear: tuple[float, float] | None = None
    barriers: tuple[Any, ...] = ()
    km2: float | None = None

    def moved(self, move) -> Shape:
        """With everything moved alike."""
        spot = lambda p: None if p is None else tuple(move(Point(p)).coords[0])  # noqa: E731
        one = lambda g: None if g is None else move(g)  # noqa: E731
        return replace(
            self, a=one(self.a), at=spot(self.at), grey=one(self.grey), own=one(self.own), rear=spot(self.rear),
            barriers=tuple(move(b) for b in self.barriers),
        )  # fmt: skip

    def turned(self, degrees: float) -> Shape:
        """Turned about the middle."""
        return self.moved(lambda g: affinity.rotate(g, degrees, origin=(0, 0)))


def plane(lon: float = LON, lat: float = LAT) -> pyproj.Transformer:
    """From the plane to degrees."""
    return pyproj.Transformer.from_crs(_PLANE.format(lon=lon, lat=lat), "OGC:CRS84", always_xy=True)


def degrees(shape: Any, to: pyproj.Transformer, step_m: float = 2000.0) -> Any:
    """A shape on the plane -> degrees, with points near enough for its edges to stay straight on the plane."""
    fine = shapely.segmentize(shape, step_m)
    lon0 = to.transform(0.0, 0.0)[0]

    def move(x, y):
        lon, lat = to.transform(x, y)
        return np.where(lon - lon0 > 180, lon - 360, np.where(lon - lon0 < -180, lon + 360, lon)), lat

    made = shapely.transform(fine, move, interleaved=False)
    if made.bounds[2] <= 180 or made.geom_type.endswith("String"):
        return made
    # Cut at the antimeridian, as RFC 7946 asks.
    over = shapely.transform(shapely.intersection(made, box(180, -90, 360, 90)), lambda xy: xy - (360, 0))
    parts = [*shapely.get_parts(shapely.intersection(made, box(0, -90, 180, 90))), *shapely.get_parts(over)]
    return shapely.MultiPolygon([p for p in parts if p.geom_type == "Polygon"])


def slit(w: float, pocket: tuple[float, float] = (10 * K, 8 * K), wall: float = 3 * K) -> Any:
    """A rectangle with a pocket in it and a slit of that width through the upper wall."""
    x, y = pocket
    whole = box(-x / 2 - wall, -y / 2 - wall, x / 2 + wall, y / 2 + wall)
    through = box(-w / 2, y / 2 - 1, w / 2, y / 2 + wall + 1)
    return whole.difference(box(-x / 2, -y / 2, x / 2, y / 2)).difference(through)


def _spiral() -> Any:
    way = LineString([
        (0, 0), (4 * K, 0), (4 * K, -4 * K), (-6 * K, -4 * K), (-6 * K, 6 * K), (10 * K, 6 * K), (10 * K, -10 * K),
        (-30 * K, -10 * K),
    ])  # fmt: skip
    return box(-20 * K, -20 * K, 20 * K, 20 * K).difference(way.buffer(700, cap_style="square", join_style="mitre"))


def _keyhole() -> Any:
    """B's own ground as a keyhole: two rooms and a passage, all else unmarked."""
    return shapely.union_all(
        [box(-4 * K, -4 * K, 4 * K, 4 * K), box(-300, 3 * K, 300, 9 * K), box(-20 * K, 9 * K, 20 * K, 30 * K)]
    )


def _ringed() -> Any:
    return box(-9 * K, -9 * K, 9 * K, 9 * K).difference(box(-5 * K, -5 * K, 5 * K, 5 * K))


SHAPES = [
    Shape("a rectangle with a slit", slit(500), (0, 0), 500, 500, km2=80.0 + 1.5),
    Shape("a slit of 40 m", slit(40), (0, 0), 40, 40),
    Shape("the place in the corner", slit(500), (-4950, -3950), 500, 500),
    Shape("the place by the wall", slit(1000), (-4900, 300), 1000, 1000),
    Shape("a thin wall with a wide slit", slit(2000, wall=10), (0, 500), 2000, 2000),
    Shape("closed", slit(0), (0, 0), 0, 0, km2=80.0),
    Shape("a hole in a hole's ring", _ringed(), (1 * K, 1 * K), 0, 0, km2=100.0),
    Shape("a keyhole of its own ground", None, (0, 0), 600, 600, own=_keyhole(), elsewhere=None),
    Shape(
        "a keyhole in ground of the other", box(-40 * K, -40 * K, 40 * K, 40 * K).difference(_keyhole()), (0, 0), 600,
        600, own=_keyhole(), elsewhere=None, rear=(0, 20 * K),
    ),
    Shape(
        "a keyhole of its own ground past a coast", None, (0, 0), 400, 400, own=_keyhole(), elsewhere=None,
        barriers=(box(100, 5 * K, 2 * K, 6 * K),),
    ),
    Shape("outlines that miss each other by half a metre", slit(0.5), (0, 0), 0, 0),
    Shape("a spiral", _spiral(), (0, 0), 1400, 1400),
    Shape("an island in the neck", slit(3000).union(box(-300, 3.5 * K, 500, 6 * K)), (0, 0), 1200, 1200),
    Shape(
        "islands off the neck", slit(900).union(box(-2500, 8 * K, -1500, 9 * K)).union(Point(2000, -1000).buffer(600)),
        (0, 1000), 900, 900,
    ),
    Shape("two necks in series", slit(800).union(slit(500, (20 * K, 18 * K), 2 * K)), (0, 0), 500, 500),
    Shape("two necks in series, the near one narrower", slit(400).union(slit(900, (20 * K, 18 * K), 2 * K)), (0, 0), 400, 400),
    Shape("two necks in parallel", slit(500).difference(box(-20 * K, -350, 0, 350)), (0, 1000), 700, 700),
    Shape(
        "a neck through a hole", box(-30 * K, -30 * K, 30 * K, 30 * K).difference(
            shapely.union_all([box(-4 * K, -4 * K, 4 * K, 4 * K), box(4 * K - 1, -250, 8 * K, 250), Point(12 * K, 0).buffer(5 * K, quad_segs=64), box(12 * K, -450, 40 * K, 450)])),
        (0, 0), 500, 500,
    ),
    Shape("grey in the neck", slit(600), (0, 0), 600, 0, grey=box(-300, 4 * K, 300, 7 * K)),
    Shape("grey along one wall of the neck", slit(600), (0, 0), 600, 350, grey=box(-300, 4 * K, -50, 7 * K)),
    Shape(
        "a neck aslant", box(-12 * K, -9 * K, 12 * K, 12 * K).difference(box(-5 * K, -5 * K, 5 * K, 5 * K)).difference(
            LineString([(0, 4 * K), (5 * K, 20 * K)]).buffer(210, cap_style="flat")), (0, 0), 420, 420,
    ),
    Shape(
        "a coast that is nobody's front", box(-30 * K, 0, 30 * K, 12 * K).difference(box(-5 * K, -1, 5 * K, 8 * K)).union(
            box(-5 * K - 1, -10 * K, 2 * K, 0)), (0, 4 * K), 900, 900,
        barriers=(box(2900, -30 * K, 60 * K, 0),),
    ),
    Shape(
        "a state's border as a line", box(-30 * K, 0, 30 * K, 12 * K).difference(box(-5 * K, -1, 5 * K, 8 * K)).union(
            box(-5 * K - 1, -10 * K, 2 * K, 0)), (0, 4 * K), 700, 700,
        barriers=(LineString([(5 * K, 500), (2700, 0), (2700, -60 * K)]),),
    ),
    Shape("a straight front", box(-50 * K, -50 * K, 50 * K, 0), (0, 100), None, None),
    Shape("a corner of the front", box(-50 * K, -50 * K, 50 * K, 50 * K).difference(box(0, 0, 60 * K, 60 * K)), (50, 50), None, None),
    Shape("a finger", box(-50 * K, -50 * K, 50 * K, 50 * K).difference(box(-1 * K, 0, 1 * K, 60 * K)), (50, 400), 2000, 2000),
]  # fmt: skip


def areas(
    shape: Shape, to: pyproj.Transformer | None = None, names: tuple[str, str] = ("a", "b"), step_m: float = 2000.0
) -> pl.DataFrame:
    """A shape -> a map's areas; names: what the other side and the one asked after are called."""
    to = to or plane()
    on = datetime(2024, 12, 12, 12, tzinfo=UTC)
    told = [(names[0], shape.a), ("contested", shape.grey), (names[1], shape.own)]
    rows = [
        (f"m#{n}", "m", "control/maker", on, who, shapely.to_wkb(degrees(ground, to, step_m)), "OGC:CRS84")
        for n, (who, ground) in enumerate(told)
        if ground is not None
    ]
    names_ = ["id", "capture", "source", "on", "held_by", "geometry", "crs"]
    return AREAS.fit(pl.DataFrame(rows, schema={n: AREAS.schema[n] for n in names_}, orient="row"))


def asked(shape: Shape, to: pyproj.Transformer | None = None, names: tuple[str, str] = ("a", "b")) -> Asked:
    """The question that goes with a shape."""
    to = to or plane()
    at = to.transform(*shape.at)
    rear = None if shape.rear is None else tuple(to.transform(*shape.rear))
    barriers = tuple(degrees(b, to) for b in shape.barriers)
    called = {"a": names[0], "b": names[1]}
    return Asked(names[1], *at, called.get(shape.elsewhere), rear, barriers)


def told(
    shape: Shape, to: pyproj.Transformer | None = None, names: tuple[str, str] = ("a", "b"), step_m: float = 2000.0
):
    """A shape -> the map as the room takes it."""
    return drawn(areas(shape, to, names, step_m))


def geojson(shape: Shape, **more: Any) -> str:
    """A shape -> a plain GeoJSON file whose polygons carry `held_by`."""
    to = plane()
    ground = [("a", shape.a), ("contested", shape.grey), ("b", shape.own)]
    features = [
        {"type": "Feature", "properties": {"held_by": who}, "geometry": json.loads(shapely.to_geojson(degrees(g, to)))}
        for who, g in ground
        if g is not None
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features, "snapshot_utc": "2024-12-12T12:00:00Z", **more}
    )
