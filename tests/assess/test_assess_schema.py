"""The published schema, the page and the parser are of one mind about what a file may look like."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from assessed import ROOT
from jsonschema import Draft202012Validator

from trucewatch.assess import agreement
from trucewatch.assess.ground import WHERE_FIELDS
from trucewatch.assess.schema import schema
from trucewatch.assess.terms import TERM_FIELDS, TOP_FIELDS, VARIES
from trucewatch.assess.when import WHEN_FIELDS
from trucewatch.base.document import document
from trucewatch.base.errors import InputError

SCHEMA = Draft202012Validator(schema())
FILES = sorted((ROOT / "agreements").glob("*.yaml"))
EXAMPLE = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/agreements.md").read_text(), re.DOTALL)[0]


def faults(text: str) -> list[str]:
    return [fault.message for fault in SCHEMA.iter_errors(json.loads(json.dumps(document(text, "x.yaml"))))]


def test_the_schema_is_a_schema_and_the_published_page_is_it():
    Draft202012Validator.check_schema(schema())
    assert json.loads((ROOT / "docs/agreement.schema.json").read_text()) == schema()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_agreement_that_comes_with_the_project_fits_the_schema(path):
    assert faults(path.read_text(encoding="utf-8")) == []


def test_the_example_of_the_page_fits_the_schema():
    assert faults(EXAMPLE) == []


def test_schema_and_parser_know_the_same_fields():
    defs = schema()["$defs"]
    assert set(schema()["properties"]) == set(TOP_FIELDS)
    assert set(defs["term"]["properties"]) == set(TERM_FIELDS)
    assert set(defs["reading"]["properties"]) == set(VARIES)
    assert set(defs["when"]["properties"]) == set(WHEN_FIELDS)
    assert set(defs["where"]["properties"]) == set(WHERE_FIELDS)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every mapping of a document, by the way to it."""
    if isinstance(value, dict):
        return [at, *(path for key, part in value.items() for path in paths(part, (*at, key)))]
    if isinstance(value, list):
        return [path for n, part in enumerate(value) for path in paths(part, (*at, n))]
    return []


@pytest.mark.parametrize("at", paths(yaml.safe_load(EXAMPLE)), ids=lambda at: "/".join(map(str, at)) or "top")
def test_a_field_that_does_not_exist_is_refused_by_both_wherever_it_stands(at):
    whole = document(EXAMPLE, "x.yaml")
    told = json.loads(json.dumps(whole))
    if at and at[-1] in ("parts", "readings"):
        pytest.skip("its keys are names")
    place = told
    for step in at:
        place = place[step]
    place["never_heard_of"] = "x"
    text = yaml.safe_dump(told, sort_keys=False)
    assert faults(text)
    with pytest.raises(InputError, match="never_heard_of"):
        agreement(text, "x.yaml")


WRONG = ["zzz", 5, 2.5, True, [], ["zzz"], {}, {"zzz": 1}, "", -1, "1 year 2 weeks", "2020-05-01 00:00Z"]


def test_what_the_reader_of_files_takes_fits_the_schema_whatever_field_is_missing_or_is_something_else():
    """One way only: what the schema cannot say, as that an end comes after its start, the reader still refuses."""
    told = json.loads(json.dumps(document(EXAMPLE, "x.yaml")))
    fields = [(*at, key) for at in paths(told) for key in reach(told, at)]
    taken = 0
    for n, (*at, key) in enumerate(fields):
        for spoiled in (None, WRONG[n % len(WRONG)]):
            whole = json.loads(json.dumps(told))
            place = reach(whole, at)
            place.pop(key)
            if spoiled is not None:
                place[key] = spoiled
            text = json.dumps(whole)
            try:
                agreement(text, "x.yaml")
            except InputError:
                continue
            taken += 1
            assert faults(text) == [], (at, key, spoiled)
    assert taken > 100


def reach(told: Any, at: Any) -> Any:
    for step in at:
        told = told[step]
    return told


BOTH = [
    ("until: {for: 2 months}", "until: {for: 3 weeks 2 days}", True),
    ("until: {for: 2 months}", "until: {for: 1.5 h}", False),
    ("  pauses:", '  windows: [{from: "09:00", to: "17:00", zone: UTC, last: "2020-07-01"}]\n  pauses:', True),
    ("  pauses:", "  windows: []\n  pauses:", False),
    ("within: 30 min", "within: 30 moons", False),
    ('since: "2020-05-15 00:00 Asia/Aden"', "since: dawn", False),
    ('since: "2020-05-15 00:00 Asia/Aden"', "since: open", False),
    ("line: contact, zone_width_m: 30000", "line: contact", False),
    ("line: contact, zone_width_m: 30000", "path: {crs: OGC:CRS84, points: [[1, 1], [2, 2]]}, zone_width_m: 9", True),
    ("line: contact, zone_width_m: 30000", "line: contact, role: x, zone_width_m: 30000", False),
    ("at_least: 18, each", "each", False),
    ("    until: open", "    until: open\n    when: {until: open}", False),
    ("unit: breaches, ", "", False),
    ('source: "The sheet, article 2", grade: text}', "grade: text}", True),
    ("title: Truce at the ford, 1 May 2020", "title: 2020", True),
    ("title: Truce at the ford, 1 May 2020", "title: ' '", False),
]


@pytest.mark.parametrize(("old", "new", "good"), BOTH)
def test_schema_and_reader_take_and_refuse_the_same(old, new, good):
    assert EXAMPLE.count(old) == 1
    text = EXAMPLE.replace(old, new)
    assert (faults(text) == []) is good
    if good:
        agreement(text, "x.yaml")
    else:
        with pytest.raises(InputError):
            agreement(text, "x.yaml")
