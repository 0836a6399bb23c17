"""Real data: on a busy front most nearness is coincidence, and one source's rows are never made one."""

from __future__ import annotations

import gzip
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from fused import DATA, captures, theatre

from trucewatch.fuse import fuse
from trucewatch.ports import Source
from trucewatch.sources import source as source_of
from trucewatch.sources.http import plain
from trucewatch.testing import capture_of

MAPPING = Path(__file__).parents[2] / "mappings" / "cir-eyes-on-russia.yaml"


def read(source: Source, name: str, **options: Any) -> pl.DataFrame:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"no real data: {path} is not there (set TRUCEWATCH_DATA)")
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return source.read(capture_of(source, raw, url=path.name, options=options), raw).observations


@cache
def heat() -> pl.DataFrame:
    return pl.concat(
        [read(source_of("firms"), f"firms_ukraine_2021_2022/{n}.csv") for n in ("MODIS-2022-arch", "MODIS-2022")]
    )


@cache
def checked() -> pl.DataFrame:
    mapping = plain(yaml.safe_load(MAPPING.read_text(encoding="utf-8")))
    return read(source_of("table"), "cir_eyes_on_russia_2022/events.csv", mapping=mapping)


def crossing(days: int) -> int:
    """Incidents that hold both heat seen from orbit and a checked report, the reports shifted by so many days."""
    shift = timedelta(days=days)
    moved = checked().with_columns(pl.col("t0") + shift, pl.col("t1") + shift)
    rows = pl.concat([heat(), moved])
    made = fuse(rows, captures(rows)).incidents
    return made.filter(pl.col("sources").list.contains("cir"), pl.col("sources").list.len() > 1).height


def test_of_the_links_between_heat_and_reports_some_remain_when_the_reports_are_shifted_by_weeks():
    true = crossing(0)
    shifted = {days: crossing(days) for days in (-14, -7, 7, 14)}
    by_chance = sum(shifted.values()) / len(shifted)
    said = f"{true} links as told, {shifted} when shifted: {by_chance / true:.0%} is what coincidence gives"
    assert true > 2 * by_chance, said
    assert by_chance > 0.05 * true, f"{said}; docs/rooms/fuse.md says it is more"
    assert 0.1 * checked().height > true, f"{said}; of {checked().height} reports"


def test_rows_of_one_source_are_never_made_one_incident():
    rows = read(source_of("ucdp"), "ucdp_ged_ukraine_2014_2018/ucdp_ged_ukraine.csv.gz", zone="Europe/Kyiv")
    made = fuse(rows, captures(rows))
    assert made.incidents.height == rows.height == 2_489


@pytest.mark.slow
def test_in_a_simulated_theatre_links_reach_the_measured_share_of_the_truth():
    rows, captured, truth = theatre(50_000)
    links = fuse(rows, captured).links.join(truth, on="observation")

    def pairs(*by: str) -> int:
        sizes = links.filter(pl.col(by[-1]).is_not_null()).group_by(by).len()["len"]
        return sum(n * (n - 1) // 2 for n in sizes)

    put, belong, both = pairs("incident"), pairs("true"), pairs("incident", "true")
    precision, recall = both / put, both / belong
    said = f"precision {precision:.3f}, recall {recall:.3f}"
    assert precision > 0.78 and recall > 0.50, said
