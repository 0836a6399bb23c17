"""179 live shots at five surveyed positions: as near as the published best, and regions that say how far off."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sounded import found, inside, shots


@pytest.fixture(scope="module")
def fired():
    return shots()


def by_position(made, fired):
    off = made.select("x", "y").to_numpy() - np.array([one["true"] for one in fired])
    where = np.array([one["position"] for one in fired])
    rows = []
    for position in np.unique(where):
        mine = off[where == position]
        long, short = np.sqrt(np.linalg.eigvalsh(np.cov(mine.T)))[::-1]
        rows.append((np.hypot(*mine.mean(axis=0)), long, short))
    return np.array(rows)


def test_every_shot_has_a_place_and_they_lie_as_close_together_as_the_published_best(fired):
    made, wrong = found(*fired)
    assert (made.height, wrong.filter("lost").height) == (179, 0)
    centroid, long, short = by_position(made, fired).mean(axis=0)
    assert centroid < 4.19  # published means over nine positions: 4.19, 1.37, 0.56 m; here five of them
    assert long < 1.2
    assert short < 0.5


@pytest.mark.parametrize(("n", "least", "most"), [(99, 0.92, 0.99), (6, 0.92, 0.99), (4, 0.92, 0.98)])
def test_regions_cover_what_they_claim_with_all_with_six_and_with_four_sensors(fired, n, least, most):
    draw = np.random.default_rng(7)
    made = []
    for one in fired:
        for turn in range(1 if n > 20 else 2):
            keep = draw.permutation(len(one["sensors"]))[:n]
            some = [one["sensors"][k] for k in sorted(keep)]
            made.append({**one, "id": f"{one['id']}/{turn}", "sensors": some})
    located, _ = found(*made)
    true = pl.DataFrame(
        {"id": [m["id"] for m in made], "tx": [m["true"][0] for m in made], "ty": [m["true"][1] for m in made]}
    )
    both = located.join(true, on="id", maintain_order="left")
    hit = inside(both, both.select("tx", "ty").to_numpy())
    assert both.height > 0.9 * len(made)
    assert least <= hit.mean() <= most
