"""Floor 4: the row of a capture that a locator names, as a reader of the report may check it by eye.

It counts rows as the feeds do, and would rather show nothing than another row.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from trucewatch.base.plain import plain_text

NOT_A_LINE = "(not a line of text; see the file)"
BLANK_IS_A_ROW = {
    "acled": True, "firms": True, "ucdp": True, "viina": True, "report": False, "statements": False, "table": False,
}  # fmt: skip
"""Feed -> does it number a blank line? The fixed forms do (and report it as lost), the free ones step over it."""
_SPAN = re.compile(r"characters (\d+) to (\d+)")
_SHOWN = 240
_JOINED_LINES = 50  # the feeds close a quote that runs over more lines than this, each in its own way
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def excerpt(raw: bytes, locator: str, source: str = "", options: Mapping[str, Any] | None = None) -> str:
    """The row of a capture that a locator names, cut for reading; where it is not certain which, that is said.

    source, options: of the capture. A feed that is not known here is shown only where blank lines make no difference.

    >>> excerpt(b"a,b\\n1,2\\n3,4\\n", "row 2")
    '3,4'
    >>> excerpt(b"a,b\\n1,2\\n\\n3,4\\n", "row 2", "table"), excerpt(b"a,b\\n1,2\\n\\n3,4\\n", "row 2")
    ('3,4', '(not a line of text; see the file)')
    """
    if span := _SPAN.fullmatch(locator):
        return _cut(" ".join(plain_text(_unzipped(raw))[int(span[1]) : int(span[2])].split())) or NOT_A_LINE
    word, _, number = locator.partition(" ")
    separator = _separator(options or {})
    plain = _unzipped(raw)
    if source == "statements" and number.isdecimal() and (item := _item(plain, int(number))) is not None:
        return _cut(item)
    if word != "row" or not number.isdecimal() or separator is None or plain.startswith(_EXCEL):
        return NOT_A_LINE
    ways = (BLANK_IS_A_ROW[source],) if source in BLANK_IS_A_ROW else (True, False)
    rows = {_row(plain, int(number), separator, way) for way in ways}
    row = rows.pop() if len(rows) == 1 else None
    if row is None:
        return NOT_A_LINE
    return _cut(" ".join(row.split("\n")))


def _cut(line: str) -> str:
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _item(raw: bytes, number: int) -> str | None:
    """The item of that number in a list in YAML or JSON, as its names and values."""
    try:
        told = yaml.load(raw.decode("utf-8-sig"), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return None
    items = told.get("statements") if isinstance(told, dict) else told
    if not isinstance(items, list) or not 1 <= number <= len(items) or not isinstance(items[number - 1], dict):
        return None
    return ", ".join(f"{name}: {' '.join(str(value).split())}" for name, value in items[number - 1].items())


def _separator(options: Mapping[str, Any]) -> str | None:
    """What stands between cells; None where the capture's mapping has the file read in a way not followed here."""
    mapping = options.get("mapping")
    reads = (mapping.get("reads") or {}) if isinstance(mapping, Mapping) else {}
    if not isinstance(reads, Mapping) or set(reads) - {"separator"}:
        return None
    told = str(reads.get("separator", ","))
    told = {"tab": "\t", "\\t": "\t"}.get(told, told)
    return told if len(told) == 1 else None


def _unzipped(raw: bytes) -> bytes:
    """What comes out of gzip, as far as it goes: some feeds read what came before a cut."""
    out = b""
    while raw[:2] == b"\x1f\x8b":
        machine = zlib.decompressobj(wbits=31)
        try:
            out += machine.decompress(raw)
        except zlib.error:
            return out
        raw = machine.unused_data
    return out or raw


def _text(plain: bytes, fixed: bool) -> str:
    """As the feeds decode: by byte order mark, as UTF-8, else as Windows-1252 unless most of it is UTF-8 after all."""
    if plain[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return plain.decode("utf-16", errors="replace")
    try:
        return plain.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = plain.decode("utf-8-sig", errors="replace")
    holes = text.count("\ufffd")
    if fixed and holes <= sum(c > "\x7f" for c in text) - holes:
        return text
    return plain.decode("cp1252", errors="replace")


def _row(plain: bytes, wanted: int, separator: str, fixed: bool) -> str | None:
    """The row of that number, from 1, its cells joined; None where none is, or where it is not certain which."""
    text = _text(plain, fixed).replace("\r\n", "\n")
    if "\r" in text:
        if "\n" in text and not fixed:
            return None
        text = text.replace("\r", "\n")
    if text.lstrip()[:1] in ("{", "["):
        return None
    header, number = 0, 0
    try:
        for cells in _records(text.strip("\n"), separator, fixed):
            if not header:
                header = len(cells)
                continue
            blank = not cells or (header > 1 and cells == [""])
            number += fixed or not blank
            if number == wanted:
                return separator.join(cells) or None
    except csv.Error:
        pass
    return None


def _records(text: str, separator: str, fixed: bool) -> Iterator[list[str]]:
    """Lines joined while a quote is open -> cells. csv.Error where two ways to pair quotes would differ."""
    held, lines, width = "", 0, 0
    for line in io.StringIO(text):
        held, lines = held + line, lines + 1
        if held.count('"') % 2:
            if lines >= _JOINED_LINES or (fixed and lines == 1 and text.startswith(held)):
                raise csv.Error("a quote that is not closed")
            continue
        found = list(csv.reader(io.StringIO(held.removesuffix("\n"), newline=""), delimiter=separator, strict=True))
        cells = found[0] if found else []
        width = width or len(cells)
        if len(found) > 1 or (fixed and lines > 1 and len(cells) != width):
            raise csv.Error("a quote that is out of place")
        yield cells
        held, lines = "", 0
