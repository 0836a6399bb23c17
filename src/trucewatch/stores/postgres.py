"""A case in a PostgreSQL database: for an office where several people read and one server is backed up.

One schema holds one case:

    about        the format, and the name of the case's log
    head         one row: size and root of what is committed
    tile         path below the log -> bytes, the very files of C2SP tlog-tiles
    checkpoint   size -> signed note
    vault        capture -> salt, bytes
    object       SHA-256 -> bytes
    published    name -> bytes of finished files

All that belongs to one append is one transaction. The write lock is the session's own (an advisory lock): the server
lets go of it when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping

from trucewatch.base.errors import CaseBroken, CaseBusy, CaseError, NotACase
from trucewatch.base.ids import SALT_BYTES, commitment, sha256
from trucewatch.log.checkpoint import Head
from trucewatch.log.tiles import Tile
from trucewatch.stores import tiled
from trucewatch.stores.database import Database, Place

FORMAT = 2
_KEY_BYTES = 8

_MAKE = """
    CREATE TABLE {about} (format int NOT NULL, origin text NOT NULL);
    CREATE TABLE {head} (one bool PRIMARY KEY DEFAULT true CHECK (one), size bigint NOT NULL, root bytea NOT NULL);
    CREATE TABLE {tile} (path text COLLATE "C" PRIMARY KEY, raw bytea NOT NULL);
    CREATE TABLE {checkpoint} (size bigint PRIMARY KEY, note bytea NOT NULL);
    CREATE TABLE {vault} (id text COLLATE "C" PRIMARY KEY, salt bytea NOT NULL, raw bytea NOT NULL);
    CREATE TABLE {object} (id text COLLATE "C" PRIMARY KEY, raw bytea NOT NULL);
    CREATE TABLE {published} (name text COLLATE "C" PRIMARY KEY, raw bytea NOT NULL);
"""


class PostgresVault:
    """Captured bytes, each beside its salt in one row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, capture_id: str, salt: bytes, raw: bytes) -> None:
        """Keep the bytes."""
        self._database.run(
            "INSERT INTO {vault} VALUES (%s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET salt = EXCLUDED.salt, raw = EXCLUDED.raw",
            (capture_id, salt, raw),
        )

    def get(self, capture_id: str) -> tuple[bytes, bytes]:
        """-> (salt, bytes), checked against the commitment; KeyError where there are none."""
        rows = self._database.run("SELECT salt, raw FROM {vault} WHERE id = %s", (capture_id,))
        if not rows:
            raise KeyError(capture_id)
        salt, raw = rows[0]
        if len(salt) != SALT_BYTES or commitment(salt, raw) != capture_id:
            raise CaseBroken(f"{self._database.place.shown}: row {capture_id} of vault is not what was captured")
        return salt, raw

    def drop(self, capture_id: str) -> None:
        """Let go of bytes and salt."""
        self._database.run("DELETE FROM {vault} WHERE id = %s", (capture_id,))
        self._database.dropped = True

    def ids(self) -> list[str]:
        """Every capture held."""
        return sorted(row[0] for row in self._database.run("SELECT id FROM {vault}"))


class PostgresObjects:
    """Bodies, batches and results, named by their SHA-256."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, raw: bytes) -> str:
        """Keep the bytes -> their SHA-256."""
        name = sha256(raw)
        self._database.run(
            "INSERT INTO {object} VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET raw = EXCLUDED.raw"
            " WHERE {object}.raw <> EXCLUDED.raw",
            (name, raw),
        )
        return name

    def get(self, name: str) -> bytes:
        """The bytes of that name, checked; KeyError where there are none."""
        rows = self._database.run("SELECT raw FROM {object} WHERE id = %s", (name,))
        if not rows:
            raise KeyError(name)
        raw: bytes = rows[0][0]
        if sha256(raw) != name:
            raise CaseBroken(f"{self._database.place.shown}: row {name} of object is not what it is named after")
        return raw

    def drop(self, name: str) -> None:
        """Let go of those bytes."""
        self._database.run("DELETE FROM {object} WHERE id = %s", (name,))
        self._database.dropped = True

    def ids(self) -> list[str]:
        """Every object held."""
        return sorted(row[0] for row in self._database.run("SELECT id FROM {object}"))


class PostgresLog:
    """Tiles, the head and signed notes."""

    def __init__(self, database: Database, origin: str) -> None:
        self._database, self.origin = database, origin

    @property
    def _where(self) -> str:
        return self._database.place.shown

    def head(self) -> Head:
        """What is committed."""
        return self._head("SELECT size, root FROM {head}")

    def _head(self, query: str) -> Head:
        rows = self._database.run(query)
        if len(rows) != 1:
            raise CaseBroken(f"{self._where}: the log's head is gone")
        return Head(self.origin, *rows[0])

    def append(self, lines: list[bytes]) -> int:
        """Put lines behind the committed ones, all or none -> index of the first."""
        tiled.usable(lines)
        if not lines:
            return self.head().size
        with self._database.whole():
            # The row's own lock: who appends without the write lock waits here, and then sees the new edge.
            head = self._head("SELECT size, root FROM {head} FOR UPDATE")
            grown = tiled.grown(head, self.file, lines, self._where)
            self._put(grown.files)
            self._database.run_many(
                "DELETE FROM {tile} WHERE path = %s"
                " AND NOT EXISTS (SELECT FROM {checkpoint} WHERE size >= %s AND size < %s)",
                [(path, at.start, at.stop) for path in grown.outgrown for at in [tiled.sizes_with(Tile.parse(path))]],
            )
            self._database.run("UPDATE {head} SET size = %s, root = %s", (grown.size, grown.root))
        return head.size

    def _put(self, files: Mapping[str, bytes]) -> None:
        self._database.run_many(
            "INSERT INTO {tile} VALUES (%s, %s) ON CONFLICT (path) DO UPDATE SET raw = EXCLUDED.raw",
            list(files.items()),
        )

    def lines(self) -> list[bytes]:
        """All committed lines, checked against the head."""
        with self._database.whole(snapshot=True):
            return tiled.committed(self.head, self.file, self._where)

    def file(self, path: str) -> bytes:
        """One file below `tile/`, unchecked."""
        rows = self._database.run("SELECT raw FROM {tile} WHERE path = %s", (path,))
        if not rows:
            raise KeyError(path)
        raw: bytes = rows[0][0]
        return raw

    def files(self) -> list[str]:
        """Every path below `tile/` at which something lies."""
        return sorted(row[0] for row in self._database.run("SELECT path FROM {tile}"))

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """A signed note as it was kept: of that size, or the latest."""
        query = "SELECT note FROM {checkpoint} WHERE %s::bigint IS NULL OR size = %s ORDER BY size DESC LIMIT 1"
        rows = self._database.run(query, (size, size))
        return rows[0][0] if rows else None

    def checkpoints(self) -> list[int]:
        """The sizes of which a signed note is kept."""
        return [row[0] for row in self._database.run("SELECT size FROM {checkpoint} ORDER BY size")]

    def keep_checkpoint(self, note: bytes) -> None:
        """Keep a signed note of the log's own first entries, with the lines that it has here already."""
        with self._database.whole():
            head = self._head("SELECT size, root FROM {head} FOR UPDATE")
            size, note, partial = tiled.to_keep(note, head, self.file, self.checkpoint, self._where)
            self._put(partial)
            self._database.run(
                "INSERT INTO {checkpoint} VALUES (%s, %s) ON CONFLICT (size) DO UPDATE SET note = EXCLUDED.note",
                (size, note),
            )


class PostgresPublished(Mapping[str, bytes]):
    """The finished files by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getitem__(self, name: str) -> bytes:
        rows = self._database.run("SELECT raw FROM {published} WHERE name = %s", (name,))
        if not rows:
            raise KeyError(name)
        raw: bytes = rows[0][0]
        return raw

    def __iter__(self) -> Iterator[str]:
        return iter([row[0] for row in self._database.run("SELECT name FROM {published} ORDER BY name")])

    def __len__(self) -> int:
        return len(list(iter(self)))


class PostgresCase:
    """A case in a database. Open one with `open_case`, make one with `make_case`."""

    def __init__(self, database: Database, origin: str) -> None:
        self._database, self._busy = database, False
        self.vault, self.objects = PostgresVault(database), PostgresObjects(database)
        self.log = PostgresLog(database, origin)

    @property
    def where(self) -> str:
        """The address, without user and password."""
        return self._database.place.shown

    @property
    def published(self) -> Mapping[str, bytes]:
        """The finished files by name."""
        return PostgresPublished(self._database)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock: it is the session's, and free as soon as the server sees that the session is over."""
        key = _lock_of(self._database.place.schema)
        # A session may take its own lock twice; two in this process may not.
        if self._busy or not self._database.run("SELECT pg_try_advisory_lock(%s)", (key,))[0][0]:
            raise CaseBusy(f"{self.where}: {self._holder(key)} is writing to this case; try again when it is done")
        self._busy = True
        try:
            if self._database.run("SELECT current_setting('fsync')")[0][0] != "on":
                raise CaseError(f"{self.where}: the server is set not to flush to its disk (fsync); nothing was stored")
            yield
            self._database.swept()
        finally:
            self._busy = False
            # Where the connection is lost, so is the lock.
            with contextlib.suppress(CaseError):
                self._database.run("SELECT pg_advisory_unlock(%s)", (key,))

    def _holder(self, key: int) -> str:
        rows = self._database.run(
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.granted"
            " AND l.locktype = 'advisory' AND l.objsubid = 1 AND l.database = a.datid"
            " AND (l.classid::bigint << 32 | l.objid::bigint) = %s",
            (key,),
        )
        program, _, process = (rows[0][0] or "" if rows else "").partition(" ")
        return f"process {process}" if program == "trucewatch" else "another process"

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Keep finished files by name, all of them or none."""
        with self._database.whole():
            self._database.run_many(
                "INSERT INTO {published} VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET raw = EXCLUDED.raw",
                list(files.items()),
            )


def _lock_of(schema: str) -> int:
    """The advisory lock of a case: one number in the database for each schema."""
    drawn = hashlib.sha256(b"trucewatch/lock\x00" + schema.encode()).digest()[:_KEY_BYTES]
    return int.from_bytes(drawn, "big", signed=True)


def make_case(where: str, origin: str) -> PostgresCase:
    """Make a case in a new or empty schema, or open the one that is there. Raises NotACase, CaseError."""
    database = Database(Place.parse(where))
    tiled.named(origin)
    with database.whole():
        # Two who make the same case at once come one after the other.
        database.run("SELECT pg_advisory_xact_lock(%s)", (_lock_of(database.place.schema) ^ 1,))
        held = _held(database)
        if "about" not in held:
            if held:
                raise NotACase(f"{database.place.shown} holds other tables and is not a case; name a new schema")
            if not database.run("SELECT FROM pg_namespace WHERE nspname = %s", (database.place.schema,)):
                database.run("CREATE SCHEMA {schema}", schema=database.schema)
            for query in _MAKE.strip().split("\n"):
                database.run(query)
            database.run("INSERT INTO {about} VALUES (%s, %s)", (FORMAT, origin))
            start = tiled.empty(origin)
            database.run("INSERT INTO {head} (size, root) VALUES (%s, %s)", (start.size, start.root))
    return _opened(database)


def open_case(where: str) -> PostgresCase:
    """Open the case at that address. Raises NotACase, CaseBroken, CaseError."""
    return _opened(Database(Place.parse(where)))


def _opened(database: Database) -> PostgresCase:
    shown = database.place.shown
    if "about" not in _held(database):
        raise NotACase(f"{shown} is not a case; make one with: trucewatch init {shown}")
    rows = database.run("SELECT format, origin FROM {about}")
    if len(rows) != 1 or rows[0][0] != FORMAT:
        raise CaseBroken(f"{shown} is of a form that this version does not know; expected format {FORMAT}")
    return PostgresCase(database, rows[0][1])


def _held(database: Database) -> set[str]:
    rows = database.run(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %s AND relkind = 'r'",
        (database.place.schema,),
    )
    return {row[0] for row in rows}
