"""Bytes of a table, of whatever make -> columns of text, with each row's number and what was wrong with the bytes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.sources.cells import BROKEN_GZIP, CUT_GZIP

FORM = "a table: CSV with a header line, JSON (a list of objects, or an object a line), or an Excel sheet"
BETWEEN = "\x1e"
"""Stands between the parts of a list that came in one cell."""
_SNIFF = 4096  # bytes that are looked at in order to tell what a file is
_XLSX, _XLS, _GZIP = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b"

Problem = tuple[str, str, str, str, bool]


@dataclass(frozen=True)
class Reads:
    """How the bytes are to be read: what a mapping may say under `reads`."""

    encoding: str | None = None
    separator: str = ","
    header_row: int = 1
    sheet: str | int | None = None
    list_at: str | None = None


@dataclass(frozen=True)
class Rows:
    """What the bytes held. `count` counts every data row, those in `problems` with lost=True too.

    frame: their columns, all text; number: which data row each one is, from 1.
    """

    frame: pl.DataFrame
    number: pl.Series
    count: int
    problems: list[Problem] = field(default_factory=list)


def rows_of(raw: bytes, file: str, reads: Reads = Reads()) -> Rows:
    """Tell what the bytes are and read them. InputError where they are no table at all.

    >>> rows_of(b"day,what\\n2026-01-01,shelling\\n2026-01-0", "a.csv").problems[0][3]
    'has 1 of 2 fields; the file may be cut off'
    """
    raw = unzipped(raw, file)
    if not raw.strip():
        raise InputError("is empty", file=file, expected=FORM)
    if raw.startswith((_XLSX, _XLS)):
        return _sheet(raw, file, reads)
    text, problems = decoded(raw, file, reads.encoding)
    if text.lstrip()[:1] in ("[", "{"):
        got = _json(text, file, reads)
    else:
        got = _csv(text, file, reads)
    return Rows(got.frame, got.number, got.count, problems + got.problems)


def unzipped(raw: bytes, file: str, expected: str = FORM) -> bytes:
    """Gunzip where the bytes are gzip's, told by their first two and not by the name."""
    if not raw.startswith(_GZIP):
        return raw
    try:
        return gzip.decompress(raw)
    except EOFError:
        raise InputError(f"cannot be unzipped: {CUT_GZIP}", file=file, expected=expected) from None
    except (OSError, zlib.error):
        raise InputError(f"cannot be unzipped: {BROKEN_GZIP}", file=file, expected=expected) from None


def decoded(raw: bytes, file: str, encoding: str | None = None) -> tuple[str, list[Problem]]:
    """bytes -> text; UTF-8 unless told otherwise, Windows-1252 with a problem where that cannot be."""
    head = raw[:_SNIFF]
    if encoding is None and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    if encoding is None and (b"\x00" in head or _strange(head)):
        raise InputError("is not text", file=file, expected=FORM)
    problems: list[Problem] = []
    try:
        text = raw.decode(encoding or "utf-8-sig")
    except LookupError:
        raise InputError(f"there is no encoding {encoding!r}", file=file, field="reads.encoding") from None
    except UnicodeDecodeError:
        told = encoding or "utf-8"
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            text = raw.decode("utf-8", errors="replace")
            if text.count("\ufffd") * 20 > len(text):
                raise InputError("is not text", file=file, expected=FORM) from None
        problems.append((file, "encoding", "", f"is not {told}; read as Windows-1252, so check the letters", False))
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<head", "<body")):
        raise InputError("is a web page or XML, not a table", file=file, expected=FORM)
    return text.removeprefix("\ufeff").replace("\x00", "\ufffd"), problems


def _strange(head: bytes) -> bool:
    """More than one byte in fifty is a control character: not text."""
    odd = sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in head)
    return odd * 50 > len(head)


def _names(header: Iterable[str]) -> list[str]:
    """Header cells -> column names: trimmed, blank ones numbered, repeated ones told apart as `name (2)`."""
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        name = " ".join(cell.replace("\ufeff", "").split()) or f"column {place}"
        times, wanted = 2, name
        while name in names:
            name, times = f"{wanted} ({times})", times + 1
        names.append(name)
    return names


def _numbers(values: Iterable[int] | np.ndarray[Any, Any]) -> pl.Series:
    return pl.Series("row", values, dtype=pl.UInt32)


def _csv(text: str, file: str, reads: Reads) -> Rows:
    if "\n" not in text:
        text = text.replace("\r", "\n")
    for _ in range(reads.header_row - 1):
        text = text.partition("\n")[2]
    text = text.lstrip("\r\n")
    if not text:
        raise InputError("has no header line", file=file, expected=FORM)
    lines = io.StringIO(text, newline="")
    try:
        header = next(csv.reader(lines, delimiter=reads.separator))
    except csv.Error as wrong:
        raise InputError(f"has no header line ({wrong})", file=file, expected=FORM) from None
    names, body = _names(header), text[lines.tell() :].rstrip("\r\n")
    return _csv_fast(body, names, file, reads) or _csv_slow(body, names, file, reads)


def _csv_fast(body: str, names: list[str], file: str, reads: Reads) -> Rows | None:
    """Count each record's fields over the bytes, and read those as long as the header. None where quotes blur that."""
    # 1. Ends of records and separators, but those inside quotes.
    if not body or not reads.separator.isascii() or len(names) < 2:
        return None
    raw = body.encode() + b"\n"
    cells = np.frombuffer(raw, np.uint8)
    quotes = cells == ord('"')
    outside = (np.cumsum(quotes, dtype=np.uint8) & 1) == 0
    if not outside[-1]:
        return None
    ends = np.flatnonzero((cells == ord("\n")) & outside)
    seps = np.flatnonzero((cells == ord(reads.separator)) & outside)
    fields = np.diff(np.searchsorted(seps, ends), prepend=0) + 1
    starts = np.concatenate([[0], ends[:-1] + 1])

    # 2. Take out what is blank or broken, unless a quote may have led us astray there.
    blank = (fields == 1) & ((ends == starts) | ((ends == starts + 1) & (cells[starts] == ord("\r"))))
    broken = (fields != len(names)) & ~blank
    numbers = np.cumsum(~blank)
    keep = np.ones(len(cells), bool)
    for start, end in zip(starts[blank | broken], ends[blank | broken], strict=True):
        if quotes[start:end].any():
            return None
        keep[start : end + 1] = False
    good = ~(blank | broken)
    if not good.any():
        return None

    # 3. The rest is a plain table, and must come out as large as we counted.
    try:
        frame = pl.read_csv(cells[keep].tobytes(), has_header=False, infer_schema=False, separator=reads.separator)
    except pl.exceptions.PolarsError:
        return None
    if frame.shape != (int(good.sum()), len(names)):
        return None
    frame.columns = names
    told = zip(numbers[broken].tolist(), fields[broken].tolist(), strict=True)
    problems = [_broken(file, number, had, len(names)) for number, had in told]
    return Rows(frame, _numbers(numbers[good]), int(numbers[-1]), problems)


def _broken(file: str, number: int, had: int, wanted: int) -> Problem:
    why = "the file may be cut off" if had < wanted else "a separator may be unquoted"
    return (f"{file}, row {number}", "broken_row", "", f"has {had} of {wanted} fields; {why}", True)


def _csv_slow(body: str, names: list[str], file: str, reads: Reads) -> Rows:
    """Row by row, for files with broken rows: those are lost, the others are not."""
    kept: list[list[str]] = []
    numbers: list[int] = []
    problems: list[Problem] = []
    count = 0
    records = csv.reader(io.StringIO(body, newline=""), delimiter=reads.separator)
    while True:
        try:
            record = next(records)
        except StopIteration:
            break
        except csv.Error as wrong:
            count += 1
            problems.append(
                (f"{file}, row {count}", "broken_row", "", f"nothing from here on is readable: {wrong}", True)
            )
            break
        if not record or (len(names) > 1 and record == [""]):
            continue
        count += 1
        if len(record) == len(names):
            kept.append(record)
            numbers.append(count)
            continue
        problems.append(_broken(file, count, len(record), len(names)))
    columns = list(zip(*kept, strict=True)) or [() for _ in names]
    frame = pl.DataFrame({n: pl.Series(n, c, dtype=pl.String) for n, c in zip(names, columns, strict=True)})
    return Rows(frame, _numbers(numbers), count, problems)


def _sheet(raw: bytes, file: str, reads: Reads) -> Rows:
    which: dict[str, Any] = {}
    if reads.sheet is not None:
        which = {"sheet_id": reads.sheet} if isinstance(reads.sheet, int) else {"sheet_name": reads.sheet}
    try:
        frame = pl.read_excel(
            io.BytesIO(raw),
            engine="calamine",
            has_header=False,
            infer_schema_length=0,
            drop_empty_rows=False,
            drop_empty_cols=False,
            raise_if_empty=False,
            **which,
        )
    except Exception as wrong:
        raise InputError(f"is no Excel sheet that can be read ({wrong})", file=file, expected=FORM) from None
    frame = frame.cast(pl.String, strict=False).slice(reads.header_row - 1)
    if frame.is_empty():
        raise InputError("has an empty sheet", file=file, expected=FORM)
    names = _names(cell or "" for cell in frame.row(0))
    frame = frame.slice(1)
    frame.columns = names
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    return Rows(frame, _numbers(np.arange(1, frame.height + 1)), frame.height)


def _json(text: str, file: str, reads: Reads) -> Rows:
    problems: list[Problem] = []
    try:
        items = _list_in(json.loads(text), file, reads.list_at)
    except ValueError as wrong:
        items = list(_salvaged(text))
        if not any(isinstance(item, dict) for item in items):
            raise InputError(f"is not JSON ({wrong})", file=file, expected=FORM) from None
    except RecursionError:
        raise InputError("is JSON nested too deeply", file=file, expected=FORM) from None
    records: list[dict[str, str | None]] = []
    numbers: list[int] = []
    for number, item in enumerate(items, 1):
        if isinstance(item, dict):
            records.append(dict(_flat(item)))
            numbers.append(number)
        else:
            why = "is not an object" if item is not _BROKEN else "is broken off or is not JSON"
            problems.append((f"{file}, row {number}", "broken_row", "", why, True))
    names = list(dict.fromkeys(name for record in records for name in record))
    frame = pl.DataFrame({n: pl.Series(n, [record.get(n) for record in records], dtype=pl.String) for n in names})
    return Rows(frame, _numbers(numbers), len(items), problems)


_BROKEN = object()


def _list_in(value: Any, file: str, list_at: str | None) -> list[Any]:
    """The list of rows in a JSON value: at `list_at` (names with dots), itself, or the only list of objects in it."""
    for name in list_at.split(".") if list_at else ():
        if not isinstance(value, dict) or name not in value:
            raise UnknownName("list", name, value if isinstance(value, dict) else (), file=file, field="reads.list_at")
        value = value[name]
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, list) and any(isinstance(i, dict) for i in v)]
        if len(lists) == 1 and not list_at:
            return lists[0]
        if not lists and not list_at:
            return [value]
    raise InputError(
        "holds no single list of objects", file=file, field="reads.list_at", expected="the name of the list to read"
    )


def _salvaged(text: str) -> Iterator[Any]:
    """JSON lines, or the whole objects of a list that is cut off; what is broken comes as one _BROKEN each."""
    if text.lstrip().startswith("{"):
        for line in text.splitlines():
            if line.strip():
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    yield _BROKEN
        return
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text) or text[at] == "]":
            return
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield _BROKEN
            return
        yield item


def _flat(item: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str | None]]:
    """Nested objects -> names with dots; every value as text, NaN and null as null, a list's parts by BETWEEN."""
    for name, value in item.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield _clean(f"{before}{name}"), _text(value)


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return BETWEEN.join(part for part in (_text(v) for v in value if not isinstance(v, dict)) if part) or None
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return _clean(str(value))


def _clean(text: str) -> str:
    """Without lone surrogates, which JSON may write and UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()
