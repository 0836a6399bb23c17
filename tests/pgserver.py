"""A PostgreSQL server of the tests' own: made in a new folder, on a free port, thrown away at the end."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REQUIRED = "TRUCEWATCH_NEEDS_POSTGRES"
"""Where this is set, as .ci/run does, a server that cannot be had is a failure and no reason to skip."""
USER, PASSWORD = "postgres", "not-a-secret-7f3a"
_HBA = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


class Server:
    """A running server. `url()` names a new schema each time."""

    def __init__(self, folder: Path, bins: Path) -> None:
        self.folder, self.bins = folder, bins
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._names = (f"case {n}" for n in itertools.count())

    def url(self, name: str | None = None) -> str:
        """The address of a new case, through the server's socket."""
        return f"postgresql:///postgres?host={self.folder}&port={self.port}&user={USER}#{name or next(self._names)}"

    def network_url(self, password: str, name: str = "case", port: int | None = None) -> str:
        """The same through the network, where a password is asked for."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{port or self.port}/postgres#{name}"

    def make(self) -> None:
        self._run("initdb", "-D", "data", "-U", USER, "--auth=trust", "-E", "UTF8", "--no-sync")
        (self.folder / "data/pg_hba.conf").write_text(_HBA)
        with (self.folder / "data/postgresql.conf").open("a") as conf:
            conf.write(
                f"port = {self.port}\nunix_socket_directories = '{self.folder}'\nlisten_addresses = '127.0.0.1'\n"
            )
        self.start()
        psql = ("psql", "-h", str(self.folder), "-p", str(self.port), "-U", USER, "-d", "postgres", "-c")
        self._run(*psql, f"ALTER USER {USER} PASSWORD '{PASSWORD}'")

    def start(self) -> None:
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "start")

    def stop(self, how: str = "fast") -> None:
        """`immediate` is a crash: nothing is flushed, the next start recovers."""
        self._run("pg_ctl", "-D", "data", "-m", how, "-w", "stop")

    def _run(self, program: str, *words: str) -> None:
        # The server refuses to run as root.
        other = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        ran = subprocess.run(
            [*other, str(self.bins / program), *words],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert ran.returncode == 0, f"{program}: {ran.stderr or ran.stdout}"


def _bins() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda at: int(at.parts[-3]), reverse=True)
    named = shutil.which("initdb")
    return found[0].parent if found else Path(named).resolve().parent if named else None


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server, or a skipped test that says why, or, where it is required, a failed one."""
    bins = _bins()
    try:
        import psycopg  # noqa: F401
    except ImportError:
        bins = None
    if bins is None:
        why = "there is no PostgreSQL server, or no psycopg, on this machine"
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(why)
    folder = Path(tempfile.mkdtemp(prefix="trucewatch-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        server = Server(folder, bins)
        server.make()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
