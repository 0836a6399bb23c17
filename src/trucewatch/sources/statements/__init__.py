"""The statement register: who said what, typed in by people. CSV, YAML, JSON or Excel -> statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
import yaml

from trucewatch.base.errors import InputError
from trucewatch.base.problem import problems
from trucewatch.base.time import zone as named
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.headings import headed
from trucewatch.sources.http import given
from trucewatch.sources.statements.typed import COLUMNS, flaws, lost_rows, settled, statements
from trucewatch.sources.table.rows import BETWEEN, Problem, Rows, decoded, rows_of

FORM = "a list of statements in YAML (each a set of names and values), or a table: CSV, JSON, Excel"
KEEP = ("zone", "places")


class Statements:
    """The columns of docs/sources/statements.md, in any order; all but `speaker` may be absent."""

    name = "statements"
    about = "a register of statements that people typed in (CSV, YAML, JSON, Excel): who said what, and about what"
    licence = "your own"
    options = {  # noqa: RUF012
        "zone": "zone of times that have none, where the row names none; without it such times are left out",
        "places": "places with their coordinates; `claims import --gazetteer` fills it",
        "url": "an address to get the register from, in place of --file",
    }
    default_mapping = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files that the door has read, and the answer of `url` where one is given."""
        if told := request.options.get("zone"):
            named(str(told))  # one that is none would leave every time of the file out, one by one
        yield from given(request, transport, "text/csv", self.licence, KEEP)

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Rows -> statements; a row that says nothing, or says it by nobody, is a lost problem."""
        rows = _rows(raw, capture.name)
        needed = "speaker" if rows.frame.width else None  # an empty list has no columns, and is no fault
        frame, noted = headed(rows.frame, capture.name, COLUMNS, needed, "register")
        zone = capture.options.get("zone")
        places = _places(capture.options.get("places"))
        table = settled(frame.with_columns(rows.number), str(zone) if zone else None, places)
        kept = table.filter(pl.col("lost").is_null()).rechunk()
        told = [problems(rows.problems + noted), lost_rows(table, capture.name), *flaws(kept, capture.name)]
        return Read(rows.count, statements=statements(kept, capture.id), problems=pl.concat(told))


def _rows(raw: bytes, file: str) -> Rows:
    """A table as `rows_of` reads it, or a YAML list, known by its name or by a first line that is no CSV header."""
    if not file.lower().endswith((".yaml", ".yml")):
        return rows_of(raw, file)
    text, noted = decoded(raw, file)
    try:
        told = yaml.load(text, Loader=_Once)
    except yaml.MarkedYAMLError as wrong:
        line = f"line {wrong.problem_mark.line + 1}" if wrong.problem_mark else None
        raise InputError(f"is not YAML: {wrong.problem}", file=file, row=line) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise InputError("is not YAML", file=file, expected=FORM) from None
    items = told.get("statements") if isinstance(told, Mapping) else told
    if not isinstance(items, list):
        raise InputError("holds no list of statements", file=file, field="statements", expected=FORM)
    return _listed(items, file, noted)


class _Once(yaml.BaseLoader):
    """A field that stands twice in one row is a fault: YAML would keep the last, and nobody would know."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in seen:
                what = f"the field {name[:40]!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
            seen |= {name} - {""}
        return super().construct_mapping(node, deep)


def _listed(items: Sequence[Any], file: str, noted: list[Problem]) -> Rows:
    found: list[dict[str, str | None]] = []
    numbers: list[int] = []
    for number, item in enumerate(items, 1):
        if isinstance(item, Mapping) and item:
            found.append({str(name): _cell(value) for name, value in item.items()})
            numbers.append(number)
        else:
            noted.append((f"{file}, row {number}", "broken_row", "", "is not a set of names and values", True))
    names = list(dict.fromkeys(name for item in found for name in item))
    frame = pl.DataFrame({n: pl.Series(n, [item.get(n) for item in found], dtype=pl.String) for n in names})
    return Rows(frame, pl.Series("row", numbers, dtype=pl.UInt32), len(items), noted)


def _cell(value: Any) -> str | None:
    if isinstance(value, list):
        return BETWEEN.join(str(part) for part in value)
    text = "" if isinstance(value, Mapping) else " ".join(str(value).split())
    return None if text in ("", "null", "~") else text


def _places(told: Any) -> pl.DataFrame:
    """The option `places` -> places(name, lon, lat, radius_m), names in small letters."""
    schema = {"name": pl.String, "lon": pl.Float64, "lat": pl.Float64, "radius_m": pl.Float64}
    rows = [
        (str(place["name"]).lower(), *(None if place.get(n) is None else float(place[n]) for n in list(schema)[1:]))
        for place in told or ()
    ]
    return pl.DataFrame(rows, schema=schema, orient="row").unique("name", keep="none")


SOURCE = Statements()
