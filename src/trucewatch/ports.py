"""Floor 2: what we need of the outside, and nothing of how it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import polars as pl

from trucewatch.base.ids import commitment
from trucewatch.tables import AREAS, DRAFTS, LOOKS, OBSERVATIONS, PROBLEMS, STATEMENTS


@dataclass(frozen=True)
class Capture:
    """Bytes as they were received, and how we came by them; the bytes themselves are in the vault.

    id: SHA-256(salt, bytes), a commitment; `options` is what `read` needs besides the bytes (a mapping,
    a zone), as JSON values without floats; `published_at` the time the file itself was published, if told.
    """

    id: str
    source: str
    url: str
    media_type: str
    fetched_at: datetime
    licence: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the address, for messages."""
        return self.url.rstrip("/").rsplit("/", 1)[-1].split("?")[0] or self.url


@dataclass(frozen=True)
class Fetched:
    """What a source brought: bytes on their way to become a capture."""

    raw: bytes
    url: str
    media_type: str
    licence: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def capture(self, salt: bytes, source: str, fetched_at: datetime) -> Capture:
        """Name it by its commitment."""
        return Capture(
            commitment(salt, self.raw), source, self.url, self.media_type, fetched_at, self.licence, dict(self.options)
        )


@dataclass(frozen=True)
class Request:
    """What the user asked of a source.

    files: (path, bytes) pairs that the door has read already, in place of the network; since, until: UTC,
    half-open; box: west, south, east, north in degrees; options: the source's own, such as `zone`, `mapping`, `key`.
    """

    since: datetime | None = None
    until: datetime | None = None
    box: tuple[float, float, float, float] | None = None
    files: tuple[tuple[str, bytes], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """What a source's `read` made of one capture. rows in = rows out + rows lost: `rows` counts what came in.

    Every row that came in has its locator in `observations`, `looks`, `areas`, `statements` or
    `drafts`, or a problem with `lost` true.
    """

    rows: int
    observations: pl.DataFrame = field(default_factory=OBSERVATIONS.empty)
    looks: pl.DataFrame = field(default_factory=LOOKS.empty)
    areas: pl.DataFrame = field(default_factory=AREAS.empty)
    statements: pl.DataFrame = field(default_factory=STATEMENTS.empty)
    drafts: pl.DataFrame = field(default_factory=DRAFTS.empty)
    problems: pl.DataFrame = field(default_factory=PROBLEMS.empty)

    def tables(self) -> dict[str, pl.DataFrame]:
        """name -> frame, each held to its contract."""
        frames = (self.observations, self.looks, self.areas, self.statements, self.drafts, self.problems)
        contracts = (OBSERVATIONS, LOOKS, AREAS, STATEMENTS, DRAFTS, PROBLEMS)
        return {c.name: c.check(frame) for c, frame in zip(contracts, frames, strict=True)}


@dataclass(frozen=True)
class Response:
    """An answer from the outside."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """The one way out. It retries, waits politely and times out by itself; it raises FetchError."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch one address."""
        ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """Send bytes to one address. May be sent again where no answer came, so only what does no harm twice."""
        ...


@runtime_checkable
class Source(Protocol):
    """A feed. One class or module object with these names, found by the entry point group `trucewatch.sources`."""

    name: str
    about: str
    licence: str
    options: Mapping[str, str]
    """name of an option -> what it means, for `pull --help`."""
    default_mapping: str | None
    """name of the file under mappings/ that is used where the user names none."""

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """May touch the world, through `transport` only. Yields what it brought, file by file."""
        ...

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Pure: the same capture and bytes give the same tables, always, anywhere, offline. Raises InputError
        only where nothing at all in the bytes can be read."""
        ...


class Clock(Protocol):
    """What time is it? An argument, so that tests and replays have their own."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...


@dataclass(frozen=True)
class Tools:
    """What the doors lend the pipeline: a clock, a drawer of salts, the code's version, where to tell progress.

    maker: the program that writes the log; by: the person on whose behalf, where one is named.
    """

    clock: Clock
    salt: Callable[[], bytes]
    code: str
    maker: str = "trucewatch"
    tell: Callable[[str], None] = lambda line: None
    by: str | None = None


class Vault(Protocol):
    """Where captured bytes lie, each beside its salt."""

    def put(self, capture_id: str, salt: bytes, raw: bytes) -> None:
        """Keep the bytes; durable when it returns."""
        ...

    def get(self, capture_id: str) -> tuple[bytes, bytes]:
        """-> (salt, bytes). KeyError where there are none; CaseBroken where they do not open the commitment."""
        ...

    def drop(self, capture_id: str) -> None:
        """Let go of bytes and salt, for good; durable when it returns. No error where there are none."""
        ...

    def ids(self) -> Iterable[str]:
        """Every capture held, or of which anything is left."""
        ...


class Objects(Protocol):
    """Where entries' bodies, batches and results lie, each under the SHA-256 of its bytes."""

    def put(self, raw: bytes) -> str:
        """Keep the bytes; durable when it returns. -> their SHA-256."""
        ...

    def get(self, sha256: str) -> bytes:
        """KeyError where there are none; CaseBroken where the bytes are not those."""
        ...

    def drop(self, sha256: str) -> None:
        """Let go of those bytes, for good; durable when it returns. No error where there are none."""
        ...

    def ids(self) -> Iterable[str]:
        """Every object held, or of which anything is left."""
        ...


class HeadLike(Protocol):
    """What a log's store says of itself; `log.checkpoint.Head` is one."""

    @property
    def origin(self) -> str:
        """The log's name, one line."""
        ...

    @property
    def size(self) -> int:
        """How many entries."""
        ...

    @property
    def root(self) -> bytes:
        """The root of the Merkle tree over them (RFC 6962)."""
        ...


class LogStore(Protocol):
    """The append-only log as C2SP tlog-tiles. Order is final; all lines of one append are in, or none."""

    @property
    def origin(self) -> str:
        """The log's name, one line."""
        ...

    def head(self) -> HeadLike:
        """What is committed; nobody signed it. Size 0 where nothing was. CaseBroken where it is gone or spoiled."""
        ...

    def append(self, lines: list[bytes]) -> int:
        """-> index of the first. MUST be durable when it returns; MUST NOT run without the write lock.

        ValueError, and nothing written, where a line is longer than an entry may be, or is no line. CaseBroken, and
        nothing written, where the log's right edge is not what the head commits to.
        """
        ...

    def lines(self) -> list[bytes]:
        """All committed lines, checked against the committed head. CaseBroken where they differ."""
        ...

    def file(self, path: str) -> bytes:
        """One file (`tile/0/000.p/5`) as it lies there, UNCHECKED. KeyError where there is none."""
        ...

    def files(self) -> Iterable[str]:
        """Every path below `tile/` at which something lies, sorted; leftovers of a crash are among them."""
        ...

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """The signed note of that size, or the latest, as it was kept, UNCHECKED. None where there is none."""
        ...

    def checkpoints(self) -> list[int]:
        """The sizes of which a signed checkpoint is kept, sorted."""
        ...

    def keep_checkpoint(self, note: bytes) -> None:
        """Keep a signed note, in place of an earlier one of its size; durable when it returns. Needs the write lock.

        VerificationError, and nothing written, unless its text is a head of this log's first entries: what the log is
        not is never published. Who signed it is the CALLER's to check.
        """
        ...


class Store(Protocol):
    """A case as the pipeline sees it."""

    @property
    def vault(self) -> Vault:
        """Captured bytes."""
        ...

    @property
    def objects(self) -> Objects:
        """Bodies, batches, results."""
        ...

    @property
    def log(self) -> LogStore:
        """The entries."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Hold the one write lock. CaseBusy where another process has it."""
        ...

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Put finished files (`report/report.html`, ...) where people find them, each whole or not at all."""
        ...

    @property
    def published(self) -> Mapping[str, bytes]:
        """The finished files by name."""
        ...

    @property
    def where(self) -> str:
        """The case's place, fit to print: it holds no password."""
        ...
