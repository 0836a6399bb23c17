"""trucewatch witness serve"""

from __future__ import annotations

import io
import re
import signal
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import CaseBroken, TrucewatchError
from trucewatch.cli.base import WallClock
from trucewatch.log.merkle import MOST_STEPS
from trucewatch.log.note import MOST_NOTE_BYTES
from trucewatch.log.witness import TEXT, Answer
from trucewatch.ports import Clock
from trucewatch.stores.witness import PosixWitness, open_witness

MOST_BODY_BYTES = MOST_NOTE_BYTES + (MOST_STEPS + 1) * 64
"""A checkpoint of the largest size that is read at all, and the longest proof."""
MOST_AT_ONCE = 64
"""So many connections are served at a time; further ones wait in the system's queue."""
IDLE_S = 10.0
"""A connection that says nothing for so long is closed, so that silent ones do not keep the others out."""
REQUEST_S = 30.0
"""Time for a whole request to arrive, head and body, however busily it drips; one is some kilobytes."""
BEAT_S = 0.1
"""So often, while every place is taken, the server looks whether it is to stop."""
_MONITOR = re.compile(r"(?:/[^?#]*)?/([0-9a-f]{64})/checkpoint")
_LENGTH = re.compile(r"[0-9]{1,12}")


class Server(ThreadingHTTPServer):
    """The witness over HTTP/1.1. Threads end with the process: what they answer is durable before they say it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], witness: PosixWitness, clock: Clock, at_once: int = MOST_AT_ONCE
    ) -> None:
        self.witness, self.clock = witness, clock
        self._free, self._over = threading.BoundedSemaphore(at_once), threading.Event()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a thread, as soon as there is room for one more; none any more where the server is to stop."""
        while not self._free.acquire(timeout=BEAT_S):
            if self._over.is_set():
                self.shutdown_request(request)
                return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def shutdown(self) -> None:
        """Stop serving, also where every place is taken."""
        self._over.set()
        super().shutdown()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away is nobody's fault; nothing is printed."""


class _Timed(io.RawIOBase):
    """What arrives on a connection, until a time is over; then TimeoutError."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self.over = line, 0.0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: Any) -> int:
        """The next bytes that there are."""
        left = self.over - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._line.settimeout(min(IDLE_S, left))
        return self._line.recv_into(into)


class Handler(BaseHTTPRequestHandler):
    """One connection: `add-checkpoint` for logs, `<origin hash>/checkpoint` for monitors."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    disable_nagle_algorithm = True
    error_message_format, error_content_type = "%(message)s\n", TEXT

    def setup(self) -> None:
        """Read through a clock."""
        super().setup()
        self._timed = _Timed(self.connection)
        self.rfile = io.BufferedReader(self._timed)

    def handle_one_request(self) -> None:
        """Each request has its time, the next one on the same connection anew."""
        self._timed.over = time.monotonic() + REQUEST_S
        super().handle_one_request()

    def version_string(self) -> str:
        """No word about the versions of what we run on."""
        return "trucewatch-witness"

    def log_message(self, format: str, *args: Any) -> None:
        """Who asks is not kept."""

    def do_POST(self) -> None:
        """add-checkpoint"""
        body = self._body()
        if body is None:
            return
        if not self.path.endswith("/add-checkpoint"):
            self._say(Answer(404, b"there is no such address here\n"))
            return
        self._say(self._safely(lambda: self.server.witness.answer(body, self.server.clock)))

    def do_GET(self) -> None:
        """A log's last cosigned checkpoint."""
        if self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding"):
            self.close_connection = True  # what follows is no request
        if self.path.endswith("/add-checkpoint"):
            self._say(Answer(405, b"add-checkpoint is asked with POST\n"), {"Allow": "POST"})
            return
        found = _MONITOR.fullmatch(self.path)
        self._say(self._safely(lambda: self._checkpoint(found[1])) if found else Answer(404, b"no such address here\n"))

    do_HEAD = do_GET

    def _checkpoint(self, name: str) -> Answer:
        raw = self.server.witness.checkpoint(name)
        return Answer(404, b"no checkpoint of that log was cosigned here\n") if raw is None else Answer(200, raw)

    def _safely(self, make: Any) -> Answer:
        """An answer, or that there is none now. What ails is told to whoever runs this, not to whoever asks."""
        try:
            answer: Answer = make()
        except (TrucewatchError, OSError) as wrong:
            click.echo(f"trucewatch: {wrong}", err=True)
            broken = isinstance(wrong, CaseBroken)
            return Answer(500 if broken else 503, b"the witness cannot answer for that log; tell whoever runs it\n")
        except Exception as wrong:  # a fault of ours: no signature leaves, and the others are served
            click.echo(f"trucewatch: a fault of the witness: {type(wrong).__name__}: {wrong}", err=True)
            return Answer(500, b"the witness failed; tell whoever runs it\n")
        if answer.split is not None:
            click.echo("trucewatch: a log has signed two histories; see: trucewatch witness show", err=True)
        return answer

    def _body(self) -> bytes | None:
        """The request's body; None where it cannot be had, which is answered already."""
        told = self.headers.get_all("Content-Length") or []
        if self.headers.get("Transfer-Encoding") or not told:
            self._refuse(411, "send the body in one piece, with its Content-Length")
        elif len(told) != 1 or not _LENGTH.fullmatch(told[0]):
            self._refuse(400, "the Content-Length is none")
        elif int(told[0]) > MOST_BODY_BYTES:
            self._refuse(413, f"a body of more than {MOST_BODY_BYTES} bytes is not read")
        else:
            return self._read(int(told[0]))
        return None

    def _read(self, wanted: int) -> bytes | None:
        try:
            body = self.rfile.read(wanted)
        except TimeoutError:
            self._refuse(408, "the body did not arrive in time")
            return None
        if len(body) < wanted:
            self.close_connection = True
            return None
        return body

    def _refuse(self, status: int, why: str) -> None:
        self.close_connection = True
        self._say(Answer(status, f"{why}\n".encode()), {"Connection": "close"})

    def _say(self, answer: Answer, more: dict[str, str] | None = None) -> None:
        self.connection.settimeout(IDLE_S)
        self.send_response(answer.status)
        headers = {"Content-Type": answer.type, "Content-Length": str(len(answer.body)), "Cache-Control": "no-store"}
        for name, value in {**headers, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


@click.command()
@click.argument("folder", metavar="WITNESS", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address of this machine to be asked at.")
@click.option("--port", type=click.IntRange(0, 65535), default=7380, show_default=True, help="0: any that is free.")
def serve(folder: Path, host: str, port: int) -> None:
    """Serve the witness over HTTP (C2SP tlog-witness) until it is interrupted. Prints its address when it is ready.

    It speaks no TLS and counts no requests: to be reachable from outside, put it behind a reverse proxy that does.
    """
    witness = open_witness(folder)
    witness.logs()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with Server((host, port), witness, WallClock()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        shown = f"[{host}]" if ":" in host else host
        with suppress(BrokenPipeError):
            click.echo(f"http://{shown}:{server.server_address[1]}/")
        over.wait()
        server.shutdown()
        thread.join()
