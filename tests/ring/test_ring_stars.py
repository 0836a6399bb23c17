"""Pockets of any star's shape, opened by a slit: as wide as it was cut, however turned, drawn or called; a grid agrees."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from ring_grid import grid_neck
from shapes import K, Shape, asked, told

from trucewatch.ring import RingParams, rings


def star(radii: list[float], w: float) -> Shape:
    """Ground of `a` about a star, with a slit to the north."""
    turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    hole = shapely.Polygon(np.column_stack([np.sin(turn), np.cos(turn)]) * np.asarray(radii)[:, None])
    slit = shapely.box(-w / 2, 0, w / 2, 30 * K)
    return Shape("a star", shapely.difference(shapely.box(-15 * K, -15 * K, 15 * K, 15 * K), hole | slit), (0, 0), w, w)


def neck(shape: Shape, names=("a", "b"), step_m=2000.0) -> float:
    made = rings([told(shape, None, names, step_m)], asked(shape, None, names), RingParams()).rings
    return made["neck_m"][0]


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(4 * K, 10 * K), min_size=7, max_size=14), st.floats(150, 1200), st.floats(0, 360),
    st.floats(150, 900),
)  # fmt: skip
def test_a_star_is_as_open_as_its_slit(radii, w, turn, step_m):
    shape = star(radii, w)
    found = neck(shape)
    near = max(1.0, 0.001 * w)
    assert abs(found - w) <= near
    assert abs(neck(shape.turned(turn)) - found) <= near
    assert abs(neck(shape, step_m=step_m) - found) <= near
    assert neck(shape, ("b", "a")) == found


def test_a_grid_says_the_same_to_its_own_grain():
    for radii, w in (([4 * K, 9 * K] * 5, 600.0), ([8 * K, 5 * K, 6 * K] * 3, 900.0)):
        shape = star(radii, w)
        assert abs(grid_neck(shape.a, shape.at, 50.0) - neck(shape)) <= 2 * 50.0 + 1.0
