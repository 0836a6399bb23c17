"""A case whose log has a thousand entries, signed at two sizes and cosigned; and bits of its files to flip."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from trucewatch.archive import batch, commit
from trucewatch.base.ids import canonical, sha256
from trucewatch.log.cosign import cosign
from trucewatch.log.note import COSIGNED, Note, Signer
from trucewatch.log.policy import Policy
from trucewatch.ports import Capture, Fetched
from trucewatch.signing import sign
from trucewatch.stores.posix import PosixCase, make_case
from trucewatch.tables import OBSERVATIONS
from trucewatch.testing import NOON, FakeClock

ORIGIN = "example.org/thousand"
KEY = Signer(ORIGIN, bytes(range(32)))
WITNESSES = [Signer(f"witness.example/{n}", bytes([n]) * 32, COSIGNED) for n in (7, 8)]
POLICY = Policy(
    (KEY.vkey,), {str(n): witness.vkey for n, witness in enumerate(WITNESSES)}, {"both": (2, ("0", "1"))}, "both"
)
SIZES = (300, 1000)


def thousand(folder: Path) -> PosixCase:
    """Captures, each with the batch that was read from it, until the log has a thousand entries."""
    case, clock = make_case(folder, ORIGIN), FakeClock(step=timedelta(seconds=1))
    for size in SIZES:
        with case.writing():
            held = case.log.head().size
            # The first signing announces the key, which is an entry, too.
            left = size - held - (not held) - 1
            report = b"<p>a page of %d</p>" % size
            lines = [("run", reported(report))]
            for n in range(held, held + left - 1, 2):
                lines += pulled(case, n)
            lines += [("remark", b'{"call":"unsure"}')] * (left % 2)
            commit(case, lines, clock, "tests")
        case.publish({f"report/{size}.html": report})
        signed(case, clock)
    assert case.log.head().size == SIZES[-1] and case.log.checkpoints() == list(SIZES)
    return case


def signed(case: PosixCase, clock: FakeClock) -> bytes:
    """Sign the log as it is, and have every witness cosign it."""
    note = Note.decode(sign(case, KEY, clock, "tests"))
    when = int(clock.now().timestamp())
    cosigned = Note(note.text, note.signatures + tuple(cosign(note, witness, when) for witness in WITNESSES)).encode()
    with case.writing():
        case.log.keep_checkpoint(cosigned)
    return cosigned


def pulled(case: PosixCase, n: int) -> list[tuple[str, bytes]]:
    """Capture `n` and its batch are kept -> what is to be entered of them."""
    salt = bytes.fromhex(sha256(b"salt %d" % n))
    got = Fetched(b"row %d of a small file\n" % n, f"file-{n}.csv", "text/csv", "free").capture(salt, "told", NOON)
    raw = b"row %d of a small file\n" % n
    case.vault.put(got.id, salt, raw)
    name = case.objects.put(batch(OBSERVATIONS.empty(), "observations", got.id, salt))
    said = {"capture": got.id, "tables": {"observations": name}, "rows": 1, "code": "tests"}
    return [("capture", canonical(_body(got, len(raw)))), ("observations", canonical(said))]


def _body(capture: Capture, size: int) -> dict:
    return {
        "id": capture.id, "source": capture.source, "url": capture.url, "media_type": capture.media_type,
        "fetched_at": capture.fetched_at.isoformat(), "licence": capture.licence, "options": {}, "size": size,
    }  # fmt: skip


def reported(page: bytes) -> bytes:
    """The body of the run that made that page."""
    outputs = {"report.html": sha256(page)}
    told = {"room": "report", "level": "public", "inputs": {}, "outputs": outputs, "code": "tests", "tree_size": 0}
    return canonical(told)


def spoilt(raw: bytes, bit: int) -> bytes:
    """The bytes with one bit flipped."""
    return raw[: bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1 :]


@contextlib.contextmanager
def with_flip(path: Path, bit: int) -> Iterator[None]:
    """One bit of one file is flipped while this lasts."""
    honest = path.read_bytes()
    path.write_bytes(spoilt(honest, bit))
    try:
        yield
    finally:
        path.write_bytes(honest)
