"""The texts of tests/stories/said, read as the room reads them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import polars as pl
import yaml

from trucewatch.claims import Reading, drafts, gazetteer, parties, wording

ROOT = Path(__file__).parents[2]
SAID = ROOT / "tests/stories/said"
SIDES = {"Northland": ["Northlander"], "Southland": ["Southlander"]}


def rules():
    return wording(yaml.load((ROOT / "wording/en.yaml").read_text(), Loader=yaml.BaseLoader), "en.yaml")


WORDS = rules()


def places() -> list[dict[str, str]]:
    rows = csv.DictReader((SAID / "places.csv").open())
    return [{**row, "name": name} for row in rows for name in (row["name"], *filter(None, row["also"].split(";")))]


def read(text: str, sides: dict[str, list[str]] = SIDES, today: date | None = date(2031, 5, 3), **more) -> pl.DataFrame:
    return drafts(text, Reading(WORDS, parties(sides), gazetteer(places()), today, **more))


def one(text: str, **more) -> dict:
    made = read(text, **more)
    assert made.height == 1, made["says"].to_list()
    return made.row(0, named=True)
