"""One connection to a PostgreSQL server: where a case lies there, and every fault as one clear line without secrets."""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from trucewatch.base.errors import CaseError

DEFAULT_NAME = "trucewatch"
"""The schema where the address names none."""
LONGEST_NAME = 63
"""The server cuts longer names off without a word, and two cases would become one."""
WAIT_S = 10
"""So long a server may take to answer at all."""
TABLES = ("about", "head", "tile", "checkpoint", "vault", "object", "published")
FORM = "postgresql://user@host:port/database#case"

# What libpq says when it cannot connect may repeat parts of the address, so none of it is ever printed.
_REASONS = {
    "password authentication failed": "the server refused the user or the password",
    "no password supplied": "the server wants a password (PGPASSWORD, or a file ~/.pgpass)",
    "no pg_hba.conf entry": "the server lets nobody in from here by that name",
    "authentication failed": "the server does not take this user for who he says he is",
    "role": "the server knows no such user",
    "database": "the server has no such database, or will not open it for this user",
    "could not translate host name": "no host of that name is known",
    "failed to resolve host": "no host of that name is known",
    "refused": "no server answers there",
    "No such file or directory": "no server answers there",
    "timeout": "the server does not answer",
    "SSL": "no encrypted connection could be agreed on",
    "starting up": "the server is only starting up; try again",
    "too many": "the server has no connection free; try again",
}
_FULL = ("53100", "53200")
_FORBIDDEN = ("42501", "25006")


@dataclass(frozen=True)
class Place:
    """Where a case lies: what to connect with, the schema's name, and what may be printed of it."""

    conninfo: str
    schema: str
    shown: str

    @staticmethod
    def parse(where: str) -> Place:
        """The address -> the place. CaseError, which repeats nothing of an address that it cannot take apart."""
        refused = CaseError(
            f"the case's address is not {FORM}; write / @ : ? # inside a password as %2F %40 %3A %3F %23"
        )
        address, _, name = where.partition("#")
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise refused from None
        database = parts.path.removeprefix("/")
        if parts.scheme not in ("postgresql", "postgres") or "@" in parts.path + parts.query + name or "/" in database:
            raise refused
        schema = unquote(name) or DEFAULT_NAME
        if len(schema.encode()) > LONGEST_NAME or schema.startswith("pg_") or "%" in schema or not schema.isprintable():
            raise CaseError(
                f"{schema[:LONGEST_NAME]!r} is no case's name: at most {LONGEST_NAME} bytes, printable, no %, no pg_"
            )
        host = parts.hostname or ""
        return Place(address, schema, f"postgresql://{host}{f':{port}' if port else ''}/{database}#{schema}")


class Database:
    """A session in which what is committed is on the disk. Closed with its last user."""

    def __init__(self, place: Place) -> None:
        self.place, self.dropped = place, False
        try:
            self._session = psycopg.connect(
                place.conninfo,
                autocommit=True,
                connect_timeout=WAIT_S,
                application_name=f"trucewatch {os.getpid()}",
                options="-c synchronous_commit=on -c client_min_messages=warning",
            )
        except (psycopg.Error, UnicodeError) as wrong:
            raise CaseError(f"{place.shown}: {_reason(str(wrong))}") from None
        weakref.finalize(self, self._session.close)
        self.schema = sql.Identifier(place.schema)
        self._tables = {table: sql.Identifier(place.schema, table) for table in TABLES}

    def run(self, query: str, values: Sequence[Any] = (), **names: sql.Composable) -> list[tuple[Any, ...]]:
        """One statement -> its rows. `{table}` in it is a table of the case, `names` further parts."""
        with self._told():
            said = self._session.execute(sql.SQL(query).format(**self._tables, **names), values, binary=True)
            return said.fetchall() if said.description is not None else []

    def swept(self) -> None:
        """Where something was dropped: have the server free the rows' space, so that it is written over. To be asked
        outside of a transaction, and after what was dropped is durably so."""
        if self.dropped:
            for table in ("vault", "object"):
                self.run("VACUUM {" + table + "}")
            self.dropped = False

    def run_many(self, query: str, values: Sequence[Sequence[Any]]) -> None:
        """One statement for each of many rows."""
        with self._told(), self._session.cursor() as cursor:
            cursor.executemany(sql.SQL(query).format(**self._tables), values)

    @contextlib.contextmanager
    def whole(self, snapshot: bool = False) -> Iterator[None]:
        """All of it or nothing; durable when it ends. snapshot: for reading, one state of the case throughout."""
        with self._told(), self._session.transaction():
            if snapshot:
                self._session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the server's words into one clear line."""
        try:
            yield
        except psycopg.Error as wrong:
            raise CaseError(f"{self.place.shown}: {self._why(wrong)}") from None

    def _why(self, wrong: psycopg.Error) -> str:
        if self._session.closed or self._session.info.transaction_status == TransactionStatus.UNKNOWN:
            return "the connection to the server was lost; what was being stored is there whole or not at all"
        if wrong.sqlstate in _FULL:
            return "the server's disk or memory is full; nothing was stored"
        if wrong.sqlstate in _FORBIDDEN:
            return "the server does not permit that to this user; nothing was stored"
        said = " ".join((wrong.diag.message_primary or type(wrong).__name__).split())
        return f"the server says: {said}; nothing was stored"


def _reason(said: str) -> str:
    return next((plain for sign, plain in _REASONS.items() if sign in said), "no connection to the server can be had")
