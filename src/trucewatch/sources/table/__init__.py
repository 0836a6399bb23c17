"""Any table with a small mapping -> observations, or statements where it holds published counts.

A mapping says which of their columns is which of ours; docs/sources/table.md has its fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.http import given
from trucewatch.sources.table.facts import observations_of
from trucewatch.sources.table.mapping import Plan, plan
from trucewatch.sources.table.rows import FORM, rows_of
from trucewatch.sources.table.said import statements_of

KEEP = ("mapping", "zone")


class Table:
    """CSV, JSON, JSON lines or Excel, told by the bytes and not by the name."""

    name = "table"
    about = "any table (CSV, JSON, Excel) with a mapping: observations, or published counts"
    licence = "as the mapping says"
    options = {  # noqa: RUF012
        "mapping": "name of a file in mappings/, or your own file: which of their columns is which of ours",
        "zone": "zone of times that have none, where the mapping does not say or to say otherwise",
        "url": "an address to get the table from, in place of --file",
    }
    default_mapping = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files that the door has read, and the answer of `url` where one is given."""
        checked = _plan(request.options.get("mapping"), request.options.get("zone"))
        yield from given(request, transport, "application/octet-stream", checked.licence or self.licence, KEEP)

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Rows of the table -> observations or statements, as the mapping has it."""
        made = _plan(capture.options.get("mapping"), capture.options.get("zone"))
        rows = rows_of(raw, capture.name, made.reads)
        if not rows.frame.width:
            raise InputError("has no columns", file=capture.name, expected=FORM)
        _right_file(made, rows.frame.columns, capture.name)
        _columns_there(made, rows.frame.columns)
        made_of = statements_of if made.makes == "statements" else observations_of
        return made_of(capture, made, rows)


def _plan(told: Any, zone: Any) -> Plan:
    if not told:
        raise InputError("has no mapping", field="table", expected="--mapping NAME_OR_FILE, see docs/sources/table.md")
    return plan(told, str(zone) if zone else None)


def _right_file(made: Plan, there: list[str], file: str) -> None:
    """The columns by which the mapping knows its file are there; InputError says why another may not be read."""
    for name, why in made.needs.items():
        if name not in there:
            raise InputError(
                f"has no column {name!r}, by which {made.file} knows its file: {why}", file=file,
                expected="another file, or another mapping",
            )  # fmt: skip


def _columns_there(made: Plan, there: list[str]) -> None:
    """Every column that the mapping names is in the file; InputError names the field and the nearest column."""
    named: list[tuple[str, str | None]] = [
        (f"time.{made.when.unit}", made.when.start),
        ("time.end", made.when.end),
        ("time.said", made.when.said),
        ("source.column", made.source_column),
    ]
    for ours, cell in made.columns.items():
        if not cell.optional:
            named += [(f"columns.{ours}", name) for name in (cell.column, *cell.join)]
    named += [
        (field, rules.column)
        for field, rules in (
            ("kinds", made.kinds),
            ("targets", made.targets),
            ("by", made.by),
            ("stances", made.stances),
        )
        if rules
    ]
    named += [("melt.columns", name) for name in (made.melt.columns if made.melt else ())]
    for field, name in named:
        if name is not None and name not in there:
            raise UnknownName("column", name, there, file=made.file, field=field)


SOURCE = Table()
