"""A timestamp authority of our own on this machine: `openssl ts` behind a server on loopback."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the program openssl, which plays the authority, is not installed"
)
FOR_TIMESTAMPS, FOR_SERVERS = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH
Answer = tuple[int, str, bytes]
_numbers = itertools.count(1000)
_KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
"""A few keys for all: making one takes a while, and nothing here depends on their being different."""
_CONFIG = """\
[tsa]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
{more}
"""


@dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


def holder(
    name: str,
    by: Holder | None = None,
    *,
    ca: bool = False,
    use: x509.ObjectIdentifier = FOR_TIMESTAMPS,
    days: tuple[int, int] = (-9, 99),
    serial: int | None = None,
) -> Holder:
    """A new certificate: its own issuer, or issued by another holder. `days`: in force from and until, from now."""
    key = _KEYS[next(_numbers) % len(_KEYS)] if serial is None else _KEYS[0]
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(by.certificate.subject if by else called)
        .public_key(key.public_key())
        .serial_number(next(_numbers) if serial is None else serial)
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=True)
    return Holder(made.sign(by.key if by else key, hashes.SHA256()), key)


@dataclass
class Authority:
    """Answers queries; `beside` are certificates that it puts beside its own, `more` further lines of its settings."""

    folder: Path
    root: Holder
    signer: Holder
    beside: tuple[Holder, ...] = ()
    more: str = ""
    asked: list[bytes] = field(default_factory=list)

    def reply(self, query: bytes) -> bytes:
        """TimeStampReq -> TimeStampResp, as openssl makes it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        key = self.signer.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        more = self.more + (f"\ncerts = {self.folder}/beside.pem" if self.beside else "")
        files = {
            "config": _CONFIG.format(folder=self.folder, more=more).encode(),
            "signer.pem": self.signer.pem,
            "signer.key": key,
            "beside.pem": b"".join(other.pem for other in self.beside),
            "query": query,
        }
        for name, raw in files.items():
            (self.folder / name).write_bytes(raw)
        if not (self.folder / "serial").exists():
            (self.folder / "serial").write_text("01\n")
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", "config", "-section", "tsa", "-queryfile", "query"]
            + ["-signer", "signer.pem", "-inkey", "signer.key", "-out", "reply"],
            cwd=self.folder, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        return (self.folder / "reply").read_bytes()

    def answer(self, query: bytes) -> Answer:
        """The same, as an answer on the net."""
        self.asked.append(query)
        return 200, "application/timestamp-reply", self.reply(query)


def authority(folder: Path, name: str = "One", **more: object) -> Authority:
    """An authority with a root of its own."""
    root = holder(f"{name} root", ca=True)
    return Authority(folder, root, holder(f"{name} authority", root), **more)  # type: ignore[arg-type]


@contextmanager
def serving(answer: Callable[[bytes], Answer]) -> Iterator[str]:
    """A server on loopback that answers what is posted to it -> its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            status, media, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    loop = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    loop.daemon_threads = True
    thread = threading.Thread(target=loop.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{loop.server_port}/tsr"
    finally:
        loop.shutdown()
        loop.server_close()
        thread.join()
