"""Bytes of a table as somebody sent it -> rows of text, with what was wrong beside them. Shared by the feeds.

Steps, in order: unzip (gzip is known by its first bytes), decode, tell a web page from a table, take the
header by name, cut into cells. Every data row comes out as a row or as a lost problem.
"""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.problem import problems, problems_where
from trucewatch.ports import Fetched, Request
from trucewatch.sources.http import plain

NOTHING = ("", "nan", "na", "n/a", "null", "none", "-")
"""Spellings of an empty number cell, in lower case; statistical packages write all of these."""
JOINED_LINES = 50
"""A quoted cell may run over this many lines; past it the quote was never closed, and only its own line is lost."""
SAYS_CHARS = 300
"""Characters of a source's own line that are kept: a headline or two, enough to recognise it by."""
CUT_GZIP, BROKEN_GZIP = "the gzip stream ends too early", "the gzip stream is broken"
_MORE = "\x01more"


@dataclass
class Faults:
    """Gathers what was wrong with one file, as frames of problems."""

    file: str
    found: list[pl.DataFrame] = field(default_factory=list)

    def where(
        self, rows: pl.DataFrame, bad: pl.Expr, code: str, subject: str, message: pl.Expr, *, lost: bool = False
    ) -> None:
        """One problem for each row where `bad` holds."""
        self.found.append(
            problems_where(rows, bad, file=self.file, code=code, subject=subject, message=message, lost=lost)
        )

    def once(self, code: str, subject: str, message: str) -> None:
        """One problem for the whole file; nothing is lost by it."""
        self.found.append(problems([(self.file, code, subject, message, False)]))

    def row(self, number: int, code: str, message: str) -> None:
        """One row that is lost."""
        self.found.append(problems([(f"{self.file}, row {number}", code, "row", message, True)]))

    def table(self) -> pl.DataFrame:
        """All of them, in the order found."""
        return pl.concat([problems(), *self.found])


@dataclass(frozen=True)
class Sheet:
    """A table of text cells.

    rows: `row` (from 1, the header not counted) and the columns, lower-case; total: how many rows came in.
    """

    rows: pl.DataFrame
    total: int
    faults: Faults

    def has(self, name: str) -> bool:
        """Was there a column of that name in the file?"""
        return name in self.rows.columns

    def wide(self, names: Iterable[str]) -> pl.DataFrame:
        """The rows, with those columns that the file does not have as nulls."""
        return self.rows.with_columns(pl.lit(None, pl.String).alias(n) for n in names if n not in self.rows.columns)


def files_of(request: Request, licence: str, keep: Sequence[str]) -> Iterable[Fetched]:
    """The files that the user gave, each with the options that `read` needs; keys and tokens are never among them."""
    for path, raw in request.files:
        yield Fetched(raw, path, media_type(path), licence, kept(request, keep))


def kept(request: Request, keep: Sequence[str]) -> dict[str, Any]:
    """The options of that request which a capture carries, as JSON values."""
    return {name: plain(request.options[name], name) for name in keep if request.options.get(name) is not None}


def media_type(path: str) -> str:
    """Path -> media type by its ending.

    >>> media_type("a.csv.gz"), media_type("b.geojson")
    ('application/gzip', 'application/geo+json')
    """
    ends = {".gz": "application/gzip", ".csv": "text/csv", ".json": "application/json"}
    ends[".geojson"] = "application/geo+json"
    return next((kind for end, kind in ends.items() if path.lower().endswith(end)), "application/octet-stream")


def text_of(raw: bytes, faults: Faults, expected: str) -> str:
    """Bytes, gzipped or not, in UTF-8, UTF-16 or Windows-1252 -> text. InputError where there is none in them."""
    plain = _unzipped(raw, faults, expected)
    if plain[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = plain.decode("utf-16", errors="replace")
    else:
        text = _decoded(plain.removeprefix(b"\xef\xbb\xbf"), faults)
    if not text.strip():
        raise InputError("is empty", file=faults.file, expected=expected)
    if text[:500].lstrip().lower().startswith(("<!doctype", "<html", "<?xml")):
        raise InputError("is a web page, not a table", file=faults.file, expected=expected)
    return text


def _unzipped(raw: bytes, faults: Faults, expected: str) -> bytes:
    if raw[:2] != b"\x1f\x8b":
        return raw
    out: list[bytes] = []
    rest = raw
    try:
        while rest[:2] == b"\x1f\x8b":
            machine = zlib.decompressobj(wbits=31)
            for at in range(0, len(rest), 1 << 16):
                out.append(machine.decompress(rest[at : at + (1 << 16)]))
                if machine.eof:
                    rest = machine.unused_data + rest[at + (1 << 16) :]
                    break
            else:
                faults.once("cut_file", "file", f"{CUT_GZIP}; what came before that was read")
                break
    except zlib.error:
        if not any(out):
            raise InputError(f"cannot be unzipped: {BROKEN_GZIP}", file=faults.file, expected=expected) from None
        faults.once("cut_file", "file", f"{BROKEN_GZIP}; what came before that was read")
    return b"".join(out)


def _decoded(plain: bytes, faults: Faults) -> str:
    """UTF-8 if it is that; Windows-1252 where most that is not ASCII is not UTF-8 either; else UTF-8 with holes."""
    try:
        return plain.decode()
    except UnicodeDecodeError:
        text = plain.decode(errors="replace")
    holes = text.count("�")
    sound = sum(1 for c in text if c > "\x7f") - holes
    if holes > sound:
        faults.once("not_utf8", "file", f"{holes} bytes are not UTF-8; read as Windows-1252")
        return plain.decode("cp1252", errors="replace")
    faults.once("not_utf8", "file", f"{holes} bytes are not UTF-8; each is shown as �")
    return text


def read_sheet(
    raw: bytes, file: str, needed: Sequence[str], expected: str, rename: Callable[[str], str] = str.lower
) -> Sheet:
    """Bytes of a delimited table -> sheet. InputError where the header lacks a needed column."""
    faults = Faults(file)
    return sheet_of(text_of(raw, faults, expected), faults, needed, expected, rename)


def sheet_of(
    text: str, faults: Faults, needed: Sequence[str], expected: str, rename: Callable[[str], str] = str.lower
) -> Sheet:
    """As `read_sheet`, for text that is decoded already."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    head, _, body = text.lstrip("\n").partition("\n")
    names = _header(head, rename)
    if lacking := [name for name in needed if name not in names]:
        what = "has no column " if "," in head else "is not a table: it has no column "
        raise InputError(what + ", ".join(lacking), file=faults.file, expected=expected)
    ended = body.endswith("\n")
    body = body.rstrip("\n")
    if not body:
        return Sheet(_numbered(pl.DataFrame(schema=dict.fromkeys([*names, _MORE], pl.String))), 0, faults)
    rows = _numbered(_cells(body, names, faults))
    total = rows.height
    return Sheet(_sound(rows, names, ended or _full(body, len(names)), faults), total, faults)


def _full(body: str, cells: int) -> bool:
    """Has the last line all of its cells?"""
    try:
        return len(next(csv.reader([body[body.rfind("\n") + 1 :]]), [])) >= cells
    except csv.Error:
        return False


def _header(line: str, rename: Callable[[str], str]) -> list[str]:
    try:
        cells = next(csv.reader([line]), [])
    except csv.Error:
        cells = []
    names: list[str] = []
    for cell in cells:
        name = rename(cell.strip()) or "\x01"
        names.append(name if name not in names and name != "row" else f"{name}\x01{len(names)}")
    return names


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_row_index("row", offset=1)


def _cells(body: str, names: list[str], faults: Faults) -> pl.DataFrame:
    quotes = '"' in body
    header = ",".join(f"c{n}" for n in range(len(names) + 1)) + "\n"
    try:
        frame = pl.read_csv(
            (header + body).encode(),
            infer_schema=False,
            truncate_ragged_lines=True,
            quote_char='"' if quotes else None,
        )
        frame.columns = [*names, _MORE]
    except pl.exceptions.PolarsError:
        return _cells_by_hand(body, names)
    return frame


def _cells_by_hand(body: str, names: list[str]) -> pl.DataFrame:
    """The slow way, where quotes do not pair: line by line, so that a stray quote costs one row and no more."""
    wide = len(names) + 1
    lines = body.split("\n")
    records: list[list[str | None]] = []
    at = 0
    while at < len(lines):
        size, cells = _record(lines, at, wide - 1)
        padded: list[str | None] = [cell or None for cell in cells[:wide]]
        records.append(padded + [None] * (wide - len(padded)))
        at += size
    return pl.DataFrame(records, schema=dict.fromkeys([*names, _MORE], pl.String), orient="row")


def _record(lines: list[str], at: int, cells: int) -> tuple[int, list[str]]:
    """Where a record starts -> (how many lines it takes, its cells). One that never closes is one broken line."""
    record = lines[at]
    odd = record.count('"') % 2
    size = 1
    while odd and size < JOINED_LINES and at + size < len(lines):
        record += "\n" + lines[at + size]
        odd = (odd + lines[at + size].count('"')) % 2
        size += 1
    if not odd:
        try:
            found = next(csv.reader([part + "\n" for part in record.split("\n")]), [])
        except csv.Error:
            found = []
        if size == 1 or len(found) == cells:
            return size, [cell.removesuffix("\n") if cell.endswith("\n") else cell for cell in found]
    return 1, ["\x01"] * (cells + 1)


def _sound(rows: pl.DataFrame, names: list[str], ended: bool, faults: Faults) -> pl.DataFrame:
    """Take out, as lost problems, the rows whose cells cannot be trusted to stand in their columns."""
    empty = pl.all_horizontal(pl.col(n).is_null() for n in [*names, _MORE])
    long = pl.col(_MORE).is_not_null()
    cut = (pl.col("row") == rows.height) & pl.col(names[-1]).is_null() & pl.lit(not ended) & ~empty
    state = rows.select("row", empty=empty, long=long, cut=cut & ~long)
    if not state.select(pl.any_horizontal(pl.col("empty", "long", "cut").any())).item():
        return rows.drop(_MORE)
    for name, code, message in (
        ("empty", "empty_row", "the row has no cells"),
        ("long", "broken_row", "the row has more cells than the header, or a quote that is never closed"),
        ("cut", "cut_row", "the file ends in the middle of this row"),
    ):
        faults.where(state, pl.col(name), code, "row", pl.lit(message), lost=True)
    return rows.filter(~(empty | long | cut)).drop(_MORE)


def records_of(text: str, faults: Faults, keys: Sequence[str], expected: str) -> tuple[list[Any], bool]:
    """JSON text with a list under one of `keys` -> (its members, was it cut off?). Bare NaN counts as null.

    >>> records_of('{"data": [{"a": NaN}, {"a": 2}, {"a', Faults("f"), ["data"], "rows")
    ([{'a': None}, {'a': 2}], True)
    """
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    try:
        whole = decoder.decode(text.strip())
    except (ValueError, RecursionError):
        return _salvaged(text, decoder, faults, keys, expected)
    found = whole if isinstance(whole, list) else None
    if isinstance(whole, dict):
        found = next((whole[key] for key in keys if isinstance(whole.get(key), list)), None)
    if found is None:
        raise InputError(f"has no list named {' or '.join(keys)}", file=faults.file, expected=expected)
    return found, False


def _salvaged(
    text: str, decoder: json.JSONDecoder, faults: Faults, keys: Sequence[str], expected: str
) -> tuple[list[Any], bool]:
    starts = [at for key in keys if (at := text.find(f'"{key}"')) >= 0]
    at = text.find("[", min(starts)) if starts else -1
    if at < 0:
        raise InputError("is not JSON", file=faults.file, expected=expected)
    found: list[Any] = []
    at += 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text) or text[at] == "]":
            faults.once("cut_file", "file", "the JSON is broken after its last record; all before that were read")
            return found, False
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return found, True
        found.append(record)


def sheet_from_records(
    records: Sequence[Any], cut: bool, faults: Faults, needed: Sequence[str], expected: str
) -> Sheet:
    """Flat JSON objects -> sheet, as if they had stood in a table; what is no object, or cut off, is a lost row."""
    told = dict.fromkeys(name for record in records if isinstance(record, Mapping) for name in record)
    names = {name: raw for raw in told if (name := _clean(raw).lower()) != "row"}
    if records and (lacking := [name for name in needed if name not in names]):
        raise InputError("has no field " + ", ".join(lacking), file=faults.file, expected=expected)
    columns = {name: pl.Series([_cell(r, raw) for r in records], dtype=pl.String) for name, raw in names.items()}
    rows = _numbered(pl.DataFrame(columns) if columns else pl.DataFrame(schema=dict.fromkeys(needed, pl.String)))
    odd = [n for n, record in enumerate(records, 1) if not isinstance(record, Mapping)]
    for number in odd:
        faults.row(number, "broken_row", "the record is not an object")
    if cut:
        faults.row(len(records) + 1, "cut_row", "the file breaks off, or is broken, here; nothing after this was read")
    return Sheet(rows.filter(~pl.col("row").is_in(odd)) if odd else rows, len(records) + cut, faults)


def _clean(text: str) -> str:
    """JSON may spell half a surrogate pair, which is no text: `?` stands for it."""
    return text.encode(errors="replace").decode()


def _cell(record: Any, name: str) -> str | None:
    value = record.get(name) if isinstance(record, Mapping) else None
    if value is None or isinstance(value, str):
        return _clean(value) if value else None
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def words(name: str) -> pl.Expr:
    """A text cell without spaces around it; null where nothing is written."""
    cell = pl.col(name).str.strip_chars()
    return pl.when(~cell.str.to_lowercase().is_in(["", "nan", "null"])).then(cell)


def number(name: str) -> pl.Expr:
    """A number cell as a finite float; null where there is none."""
    value = pl.col(name).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def code(name: str) -> pl.Expr:
    """A cell with a code number, as 3 or 3.0 -> Int64; null where it is none."""
    value = number(name)
    return pl.when((value == value.floor()) & (value.abs() < 2**31)).then(value).cast(pl.Int64)


def written(name: str) -> pl.Expr:
    """Is something written in that number cell?"""
    return pl.col(name).is_not_null() & ~pl.col(name).str.strip_chars().str.to_lowercase().is_in(NOTHING)


def quoted(name: str) -> pl.Expr:
    """The cell as a message shows it, cut to a length fit to print."""
    return pl.format("'{}'", pl.col(name).fill_null("").str.slice(0, 60))


def whole(rows: pl.DataFrame, name: str, faults: Faults, *, least: int = 0) -> pl.Expr:
    """A count cell as Int64; what is not a whole number from `least` up becomes null and a problem."""
    value = number(name)
    good = (value == value.floor()) & value.is_between(least, 2**53)
    faults.where(rows, written(name) & ~good.fill_null(False), "bad_number", name,
                 pl.format("{} is not a count", quoted(name)))  # fmt: skip
    return pl.when(good).then(value).cast(pl.Int64)


def point(rows: pl.DataFrame, lon: str, lat: str, faults: Faults) -> tuple[pl.Expr, pl.Expr]:
    """Two cells -> (lon, lat), both or neither; a point that is none becomes null and a problem."""
    good = (number(lon).is_between(-180, 180) & number(lat).is_between(-90, 90)).fill_null(False)
    faults.where(rows, ~good, "bad_place", f"{lon}, {lat}", pl.format("{}, {} is no point", quoted(lon), quoted(lat)))
    return pl.when(good).then(number(lon)), pl.when(good).then(number(lat))


def voices(name: str) -> pl.Expr:
    """A cell with names between semicolons -> the distinct names in the order written; null where none is."""
    names = pl.col(name).str.split(";").list.eval(pl.element().str.strip_chars())
    names = names.list.eval(pl.element().filter(pl.element().str.len_chars() > 0)).list.unique(maintain_order=True)
    return pl.when(names.list.len() > 0).then(names)


def repeated(rows: pl.DataFrame, key: pl.Expr, faults: Faults) -> None:
    """A problem for each row whose key an earlier row of the same file has; both rows stay."""
    marked = rows.select("row", key=key)
    faults.where(marked, pl.col("key").is_not_null() & ~pl.col("key").is_first_distinct(), "repeated_key", "key",
                 pl.format("{} is the id of an earlier row too", quoted("key")))  # fmt: skip
