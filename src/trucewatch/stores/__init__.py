"""Floor 4: where bytes live. `posix` is the embedded default, `memory` is for tests, `postgres` for offices.

A case's place is told as one word: a folder, or postgresql://user@host:port/database#case.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from trucewatch.base.errors import CaseError
from trucewatch.ports import Store
from trucewatch.stores import posix

Where = str | Path
"""A folder, or a database's address; a case's place on the command line is one of them."""
_SCHEMES = ("postgresql://", "postgres://")


def place(said: Where) -> Where:
    """What somebody wrote -> a folder, or a database's address, which a path would spoil."""
    return said if in_database(said) else Path(said)


def in_database(where: Where) -> bool:
    """Is that the address of a database, and no folder?"""
    return isinstance(where, str) and where.startswith(_SCHEMES)


def open_store(where: Where) -> Store:
    """Open the case at that place. Raises NotACase, CaseBroken, CaseError."""
    store: Store = _postgres().open_case(where) if in_database(where) else posix.open_case(Path(where))
    return store


def make_store(where: Where, origin: str) -> Store:
    """Make a case there, or open the one that is there. Raises NotACase, CaseError."""
    store: Store = _postgres().make_case(where, origin) if in_database(where) else posix.make_case(Path(where), origin)
    return store


def is_case(where: Where) -> bool:
    """Does a case lie there, whole or broken? Of a database the answer is yes: only who connects can know."""
    return in_database(where) or (Path(where) / posix.MARKER).exists()


def lies_in(path: Path, where: Where) -> bool:
    """Is that path one inside the case's folder?"""
    return not in_database(where) and Path(where).resolve() in path.resolve().parents


def _postgres() -> ModuleType:
    try:
        from trucewatch.stores import postgres
    except ImportError:
        raise CaseError(
            "a case in a database needs psycopg; install it with: pip install trucewatch[postgres]"
        ) from None
    return postgres
