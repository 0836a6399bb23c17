"""Two real lists of one war, CIR's and Bellingcat's, and pairs of their rows that are known to be of one incident."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from fused import DATA, captures
from test_fuse_real import checked, read

from trucewatch.base.place import METRES_PER_DEGREE
from trucewatch.fuse import Learnt, fuse
from trucewatch.sources import source as source_of
from trucewatch.sources.http import plain
from trucewatch.tables import LEARNT

MAPPING = Path(__file__).parents[2] / "mappings" / "bellingcat-civilian-harm.yaml"
YEAR = pl.col("t0").dt.year() < 2023  # the one that both lists cover


def written(place_sd_m: float) -> Learnt:
    """What a person would write of these lists: the first gives up to thirty rows of one incident, picture by picture,
    and each names the aspect that is seen, so that kinds differ. place_sd_m: of the second list, beyond what it tells.
    """
    told = {"source": ["bellingcat", "cir"], "place_sd_m": [place_sd_m, 1.0], "time_sd_s": [1.0, 1.0],
            "kind_wrong": [0.15, 0.15], "p_reports": [None, None], "spurious": [None, None],
            "most_per_incident": [4, 30]}  # fmt: skip
    return Learnt("written", LEARNT.fit(pl.DataFrame(told, schema_overrides={"p_reports": float, "spurious": float})))


@cache
def civharm() -> pl.DataFrame:
    """The second list; its rows have no key, but a number."""
    mapping = plain(yaml.safe_load(MAPPING.read_text(encoding="utf-8")))
    return read(source_of("table"), "bellingcat_civharm_2022_2025/bellingcat_incidents.json", mapping=mapping)


def both(second: pl.DataFrame) -> pl.DataFrame:
    """The first list and a second one, of the year that both cover."""
    return pl.concat([checked(), second]).filter(YEAR)


def linked(second: pl.DataFrame, learnt: Learnt) -> pl.DataFrame:
    """-> observation, incident."""
    rows = both(second)
    return fuse(rows, captures(rows), learnt=learnt).links.select("observation", "incident")


def known() -> pl.DataFrame:
    """Pairs(one, two): ids of rows that share a picture's address, and lie near each other."""
    path = DATA / "fusion_pairs_cir_bellingcat" / "pairs_by_shared_media_url.csv"
    if not path.is_file():
        pytest.skip(f"no real data: {path} is not there (set TRUCEWATCH_DATA)")
    pairs = pl.read_csv(path).filter(pl.col("label") == "match")
    number = pl.col("locator").str.extract(r"(\d+)$").cast(pl.Int64) - 1
    return (
        pairs.join(checked().select(cir_entry="key", one="id"), on="cir_entry")
        .join(civharm().select(bellingcat_index=number, two="id"), on="bellingcat_index")
        .select("one", "two")
    )


def recall(links: pl.DataFrame) -> float:
    """The share of known pairs of which both rows are in one incident."""
    pairs = known()
    made = pairs.join(links, left_on="one", right_on="observation").join(links, left_on="two", right_on="observation")
    return made.filter(pl.col("incident") == pl.col("incident_right")).height / pairs.height


def met(links: pl.DataFrame) -> float:
    """The share of the second list's rows that are in one incident with a row of the first."""
    rows = links.join(both(civharm()).select(observation="id", source="source"), on="observation")
    mixed = rows.filter(pl.col("source").n_unique().over("incident") > 1, pl.col("source") == "bellingcat")
    return mixed.height / rows.filter(pl.col("source") == "bellingcat").height


def shifted(rows: pl.DataFrame, days: int) -> pl.DataFrame:
    """The same rows some days later, those of the year that both cover."""
    return rows.filter(YEAR).with_columns(pl.col("t0", "t1") + timedelta(days=days))


def jittered(rows: pl.DataFrame, metres: float, seed: int) -> pl.DataFrame:
    """The same rows, each moved so far in the root mean square."""
    rng = np.random.default_rng(seed)
    east, north = (pl.Series(rng.normal(0, metres / 2**0.5, rows.height)) / METRES_PER_DEGREE for _ in range(2))
    return rows.with_columns(pl.col("lat") + north, pl.col("lon") + east / pl.col("lat").radians().cos())
