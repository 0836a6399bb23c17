"""Floor 4, beside the pipeline: tables to bytes and back, and what a prefix of the log knew."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.base.document import document
from trucewatch.base.errors import CaseBroken, InputError, VerificationError, Withheld
from trucewatch.base.ids import SHORT, canonical, derived_salt, leaves, sha256
from trucewatch.bodies import CASEWORK, hold
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry
from trucewatch.log.verify import verify_body
from trucewatch.ports import Capture, Clock, Store
from trucewatch.tables import READ

_ID_LIKE = 8
"""Digits alone: up to seven are an entry's number, from eight on the start of an id."""
_SALT = "trucewatch.salt"
"""Under this key a table's file carries its salt."""
WITHHELD = b'"kind":"withheld"'
"""How a canonical line says that it is of that kind."""
LEAST = 4
"""Characters of an id that name it: with fewer, whoever mistypes hits something by chance."""


def batch(table: pl.DataFrame, name: str, of: str, salt: bytes) -> bytes:
    """Table -> Parquet. The file carries a salt drawn from its capture's, so that its hash, which the log
    commits to, confirms no guess at rows that may one day have to be withheld; and the same table gives the same bytes.
    """
    out = io.BytesIO()
    told = {"trucewatch.table": name, _SALT: derived_salt(salt, f"{name}/{of}")}
    table.write_parquet(out, compression="zstd", metadata=told)
    return out.getvalue()


def salt_of_inputs(store: Store, inputs: Mapping[str, Any]) -> bytes:
    """The salt of a result: of its inputs' names, and of the secret salt in each table among them.

    The names alone would be no secret. The salts in the tables are known to whoever holds a table only; they go with it
    where it is withheld, and the same inputs give the same salt again.
    """
    secrets = []
    for name in sorted(leaves(dict(inputs))):
        try:
            raw = store.objects.get(name)
        except KeyError:
            raise CaseBroken(f"the table {name[:SHORT]} that the log speaks of is gone from the case") from None
        if is_table(raw):
            secrets.append(pl.read_parquet_metadata(io.BytesIO(raw)).get(_SALT, ""))
    return bytes.fromhex(sha256(b"trucewatch/result\x00" + canonical([dict(inputs), secrets])))


def frame(raw: bytes) -> pl.DataFrame:
    """Parquet -> table."""
    return pl.read_parquet(io.BytesIO(raw))


def is_table(raw: bytes) -> bool:
    """Are these bytes a table as `batch` writes it?"""
    return raw.startswith(b"PAR1") and _SALT.encode() in raw


def geoparquet(table: pl.DataFrame, stamp: Mapping[str, str]) -> bytes:
    """A table with a WKB column `geometry` in OGC:CRS84 -> GeoParquet 1.1 (a Parquet file with one agreed key)."""
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    out = io.BytesIO()
    table.write_parquet(out, compression="zstd", metadata={"geo": json.dumps(geo), **stamp})
    return out.getvalue()


def commit(store: Store, lines: list[tuple[str, bytes]], clock: Clock, maker: str) -> None:
    """Keep the bodies, then append their entries together: all or none."""
    if lines:
        now = clock.now()
        entries = [Entry(kind, store.objects.put(body), now, maker).encode() for kind, body in lines]
        store.log.append(entries)


@dataclass(frozen=True)
class Withholding:
    """Who withheld a capture, when and why, and the entry that says so; objects: what came of it and went with it."""

    entry: int
    capture: str
    by: str
    why: str
    when: datetime
    objects: tuple[str, ...]

    def refusal(self, what: str) -> Withheld:
        """The error for whoever asks for `what`, in one line."""
        return Withheld(f"{what} {self.says}")

    @property
    def says(self) -> str:
        """That it is withheld, by whom, when and why."""
        return f"is withheld by {self.by} since {self.when:%Y-%m-%d %H:%M} UTC (entry {self.entry}): {self.why}"


@dataclass(frozen=True)
class Known:
    """What the first `size` entries of the log say.

    reads: capture -> table name -> object name, in the log's order; replaced: captures whose very bytes were read
    again in another way, so that the later reading stands in place of the earlier one; read_at: the entries of `reads`,
    run_at: those of `runs`.
    filed: entry -> what it says, of each entry of case work; reviews: of each review of drafts of statements.
    positions, stakes: id -> the entry of the newest edition and what it says.
    withheld: of the whole log, however small `size` is, since bytes that are gone are gone for every prefix; gone:
    object name -> the withholding that it went with.
    """

    size: int
    root: bytes
    entries: list[Entry] = field(default_factory=list)
    captures: dict[str, Capture] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    reads: dict[str, dict[str, str]] = field(default_factory=dict)
    read_at: dict[str, int] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    agreements: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    run_at: list[int] = field(default_factory=list)
    filed: dict[int, dict[str, Any]] = field(default_factory=dict)
    reviews: dict[int, dict[str, Any]] = field(default_factory=dict)
    positions: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    stakes: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    withheld: dict[str, Withholding] = field(default_factory=dict)
    gone: dict[str, Withholding] = field(default_factory=dict)

    def left_out(self, capture: str) -> bool:
        """Did these entries know already that the capture is withheld?"""
        return capture in self.withheld and self.withheld[capture].entry < self.size

    @property
    def batches(self) -> dict[str, list[str]]:
        """table name -> object names of the readings that stand, in the log's order.

        A capture that was withheld by an entry after these stood then, and is named: asking for its table is Withheld.
        """
        stand = [t for capture, t in self.reads.items() if capture not in self.replaced and not self.left_out(capture)]
        return {c.name: [tables[c.name] for tables in stand if c.name in tables] for c in READ}

    def table(self, store: Store, name: str) -> pl.DataFrame:
        """All batches of one table, held to its contract; a column that an earlier version did not have is null."""
        contract = next(c for c in READ if c.name == name)
        frames = [self.table_of(store, sha) for sha in self.batches[name]]
        return contract.check(pl.concat([contract.empty(), *frames], how="diagonal"))

    def table_of(self, store: Store, name: str) -> pl.DataFrame:
        """The table kept under that name. Withheld where it is; CaseBroken where it is gone or is no table."""
        if name in self.gone:
            raise self.gone[name].refusal(f"the table {name[:SHORT]}")
        try:
            return frame(store.objects.get(name))
        except KeyError:
            raise CaseBroken(f"the table {name[:SHORT]} that the log speaks of is gone from the case") from None
        except pl.exceptions.PolarsError:
            raise CaseBroken(f"the table {name[:SHORT]} that the log speaks of is no table") from None

    def captured(self, store: Store, capture: str) -> tuple[bytes, bytes]:
        """-> (salt, bytes) of a capture. Withheld where they are; CaseBroken where they are gone."""
        if capture in self.withheld:
            raise self.withheld[capture].refusal(f"capture {capture[:SHORT]}")
        try:
            return store.vault.get(capture)
        except KeyError:
            raise CaseBroken(
                f"the bytes of capture {capture[:SHORT]} that the log speaks of are gone from the case"
            ) from None

    def standing(self, named: Collection[str]) -> Withholding | None:
        """The first withholding, if any, of one of these captures and objects."""
        hits = [held[name] for held in (self.withheld, self.gone) for name in named if name in held]
        return min(hits, key=lambda held: held.entry, default=None)

    def capture_times(self) -> pl.DataFrame:
        """captures(capture, fetched_at, feed): feed is the source plug-in that read it."""
        rows = [(c.id, c.fetched_at, c.source) for c in self.captures.values()]
        times = {"fetched_at": pl.Datetime("us", "UTC")}
        return pl.DataFrame(rows, schema={"capture": pl.String, **times, "feed": pl.String}, orient="row")

    def capture_table(self) -> pl.DataFrame:
        """captures(capture, source, name, licence, fetched_at, entry), but for those that are left out as withheld."""
        kept = [c for c in self.captures.values() if not self.left_out(c.id)]
        rows = [(c.id, c.source, c.name, c.licence, c.fetched_at, self.at[c.id]) for c in kept]
        kinds = {"capture": pl.String, "source": pl.String, "name": pl.String, "licence": pl.String}
        return pl.DataFrame(
            rows, schema={**kinds, "fetched_at": pl.Datetime("us", "UTC"), "entry": pl.Int64}, orient="row"
        )

    def withheld_table(self) -> pl.DataFrame:
        """withheld(capture, by, why, entry), as far as these entries say so."""
        rows = [(w.capture, w.by, w.why, w.entry) for w in self.withheld.values() if w.entry < self.size]
        kinds = {"capture": pl.String, "by": pl.String, "why": pl.String, "entry": pl.Int64}
        return pl.DataFrame(rows, schema=kinds, orient="row")

    def capture_named(self, wanted: str) -> str:
        """First characters of a capture's id (four or more), or the number of its entry -> the id. InputError."""
        if is_number(wanted):
            for capture, n in self.at.items():
                if n == int(wanted):
                    return capture
            raise InputError(f"entry {wanted} is no capture's", expected="the number of one, or the start of its id")
        return one_of(self.captures, wanted, "capture")


def is_number(wanted: str) -> bool:
    """Is it an entry's number, rather than the start of an id? Digits only, and fewer than eight."""
    return wanted.isascii() and wanted.isdigit() and len(wanted) < _ID_LIKE


def one_of(ids: Collection[str], wanted: str, noun: str) -> str:
    """The one id that begins so, or InputError."""
    hits = [name for name in ids if name.startswith(wanted)] if len(wanted) >= LEAST else []
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise InputError(f"{wanted!r} begins the ids of {len(hits)} {noun}s", expected="more of its characters")
    raise InputError(
        f"there is no {noun} {wanted!r} in this case", expected=f"{LEAST} characters or more, from the start of its id"
    )


def know(store: Store, as_of: int | None = None) -> Known:
    """Read the first `as_of` entries, and the small bodies among them. CaseBroken where the log does not hold.

    InputError where it is not that long.
    """
    every = lines = store.log.lines()
    if as_of is not None:
        if not 0 <= as_of <= len(lines):
            raise InputError(
                f"there are no first {as_of} entries", field="--as-of", expected=f"a number from 0 to {len(lines)}"
            )
        lines = lines[:as_of]
    try:
        entries = [Entry.decode(line) for line in lines]
        later = [(n, Entry.decode(every[n])) for n in range(len(lines), len(every)) if WITHHELD in every[n]]
    except VerificationError as wrong:
        raise CaseBroken(f"the log holds a line that is no entry: {wrong}") from None
    known = Known(len(lines), merkle.root([merkle.leaf(line) for line in lines]), entries)
    for n, entry in [*enumerate(entries), *later]:
        try:
            body = store.objects.get(entry.body_hash)
        except KeyError:
            raise CaseBroken(f"entry {n} ({entry.kind}) has no body in the case") from None
        try:
            _learn(known, n, entry, _whole(store, n, entry, body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise CaseBroken(f"the body of entry {n} ({entry.kind}) cannot be understood") from None
    return known


def named(known: Known) -> set[str]:
    """Every object that an entry's body names: batches, results, and what reports were made of. A report's files are
    none."""
    found = {sha for tables in known.reads.values() for sha in tables.values()}
    for run in known.runs:
        found |= (
            set(run["outputs"].values()) if run["room"] != "report" else {run["detail"]} if "detail" in run else set()
        )
    return found


def _whole(store: Store, n: int, entry: Entry, body: bytes) -> Any:
    """What a body says, held to the shape of its kind. A report's run keeps most of it in a second object, its
    detail, so that the body itself may go out with the report."""
    if entry.kind == "agreement":
        return body
    said = json.loads(body)
    if entry.kind == "run" and isinstance(said.get("detail"), str):
        try:
            detail = store.objects.get(said["detail"])
        except KeyError:
            raise CaseBroken(f"the detail of entry {n} (run) is gone from the case") from None
        said = {**json.loads(detail), **said}
    hold(entry.kind, said)
    return said


def _learn(known: Known, n: int, entry: Entry, said: Any) -> None:
    if entry.kind == "agreement":
        known.agreements[_id_of(said)] = (n, said)
    elif entry.kind == "capture":
        told = {name: value for name, value in said.items() if name not in ("size", "replaces", "salt")}
        capture = Capture(**{**told, "fetched_at": datetime.fromisoformat(told["fetched_at"])})
        if capture.id in known.captures:
            first = known.at[capture.id]
            raise CaseBroken(f"entry {n} enters capture {capture.id[:SHORT]} again; entry {first} stands")
        known.replaced.update(said.get("replaces", []))
        known.captures[capture.id], known.sizes[capture.id], known.at[capture.id] = capture, said["size"], n
    elif entry.kind == "observations":
        short = said["capture"][:SHORT]
        if said["capture"] not in known.captures:
            raise CaseBroken(f"entry {n} reads capture {short}, which no entry before it enters")
        if said["capture"] in known.reads:
            raise CaseBroken(f"entry {n} reads capture {short} again; entry {known.read_at[said['capture']]} stands")
        known.reads[said["capture"]], known.read_at[said["capture"]] = said["tables"], n
    elif entry.kind == "attachment":
        known.attachments.append(said)
    elif entry.kind == "run":
        known.runs.append(said)
        known.run_at.append(n)
    elif entry.kind in CASEWORK:
        known.filed[n] = said
    elif entry.kind == "review":
        known.reviews[n] = said
    elif entry.kind in ("positions", "stakes"):
        (known.positions if entry.kind == "positions" else known.stakes)[said[entry.kind]] = (n, said)
    elif entry.kind == "withheld":
        held = Withholding(n, said["capture"], said["by"], said["why"], entry.made_at, tuple(said["objects"]))
        known.withheld.setdefault(held.capture, held)
        for name in held.objects:
            known.gone.setdefault(name, held)


class Proofs:
    """The first entries of the log with their tree, to prove single ones against."""

    def __init__(self, store: Store, known: Known) -> None:
        self.store, self.known = store, known
        self.lines = store.log.lines()[: known.size]
        self.tree = merkle.in_memory([merkle.leaf(line) for line in self.lines])
        self.head = Head("this case", known.size, known.root)

    def proved(self, n: int) -> str:
        """Check that entry `n` is in the tree and commits to its body -> what was checked. Or VerificationError."""
        body = self.store.objects.get(self.known.entries[n].body_hash)
        verify_body(body, self.lines[n], n, merkle.path(self.tree, n, self.head.size), self.head)
        root = self.head.root.hex()[:SHORT]
        return f"entry {n} is in the tree of {self.head.size} (root {root}) and commits to these bytes"


def _id_of(agreement: bytes) -> str:
    """The id in an agreement's file, read as YAML but not held to the rest of the format: that may change."""
    try:
        return document(agreement.decode(), "agreement").text("agreement", "its id")
    except (InputError, UnicodeDecodeError):
        raise CaseBroken("an agreement in the log has no id that can be read") from None
