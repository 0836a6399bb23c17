"""With a witness and a client that we did not write: `aics-witness` cosigns our logs, and its client asks our witness.

It needs Python 3.12: there CI installs the extra `interop` and sets TRUCEWATCH_INTEROP, so that it cannot be missing
unseen. Where it is not installed these tests are left out.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from logkit import LOG, ORIGIN

from trucewatch.base.errors import VerificationError
from trucewatch.base.ids import sha256
from trucewatch.cli.base import WallClock
from trucewatch.cosigning import ask
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.note import VKey
from trucewatch.log.policy import Policy
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores.witness import PosixWitness, make_witness

if os.environ.get("TRUCEWATCH_INTEROP"):
    import aics_tlog
    import aics_witness as theirs
else:
    why = "aics-witness is not installed (Python 3.12 or newer, extra `interop`)"
    theirs = pytest.importorskip("aics_witness", reason=why)
    aics_tlog = pytest.importorskip("aics_tlog", reason=why)

served = importlib.import_module("trucewatch.cli.witness.serve")
SIZES = (0, 1, 2, 3, 7, 8, 64, 255, 256, 257, 1000)
LINES = {name: [b"%d" % n if n < 7 else b"%s %d" % (name.encode(), n) for n in range(1000)] for name in "AB"}
TREES = {name: merkle.in_memory([merkle.leaf(line) for line in lines]) for name, lines in LINES.items()}


def note_of(size: int, history: str = "A") -> bytes:
    return checkpoint(Head(ORIGIN, size, merkle.hash_of(TREES[history], 0, size)), LOG).encode()


@contextmanager
def running(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def their_witness(tmp_path: Path) -> Iterator[tuple[str, VKey]]:
    """Their server -> its address and its key, read by us."""
    key = Ed25519PrivateKey.generate()
    store = theirs.WitnessStore(tmp_path / "witness.db", create=True)
    config = theirs.LogConfig.from_strings(ORIGIN, [LOG.vkey.encode()])
    witness = theirs.Witness("witness.example/theirs", key, store, [config])
    store.bind_witness_vkey(witness.vkey_text)
    server = theirs.make_server(witness, "127.0.0.1", 0)
    with running(server):
        yield server.url, VKey.decode(witness.vkey_text)
    store.close()


@pytest.fixture
def our_witness(tmp_path: Path) -> Iterator[tuple[str, PosixWitness]]:
    """Our server -> its address, and the witness."""
    seeds = iter([os.urandom(32), os.urandom(32)])
    witness = make_witness(tmp_path / "w", "witness.example/ours", lambda: next(seeds), ml_dsa=True)
    witness.trust(LOG.vkey)
    server = served.Server(("127.0.0.1", 0), witness, WallClock())
    with running(server):
        yield f"http://127.0.0.1:{server.server_address[1]}", witness


def post() -> Any:
    return PoliteTransport(interval_s=0, tries=2).post


def test_their_witness_cosigns_each_head_that_our_client_brings_and_our_policy_is_met(their_witness):
    url, key = their_witness
    lines = f"log {LOG.vkey.encode()}\nwitness theirs {key.encode()}\nquorum theirs\n"
    policy = Policy.decode(lines.encode())
    for size in SIZES:
        cosigned = ask(post(), url, note_of(size), [key], TREES["A"])
        assert policy.open(cosigned).head.size == size


def test_their_witness_refuses_our_logs_other_history_and_our_client_says_so(their_witness):
    url, key = their_witness
    ask(post(), url, note_of(64), [key], TREES["A"])
    with pytest.raises(VerificationError, match="split view"):
        ask(post(), url, note_of(64, "B"), [key], TREES["B"])
    with pytest.raises(VerificationError, match="was not shown"):
        ask(post(), url, note_of(256, "B"), [key], TREES["B"])
    with pytest.raises(VerificationError, match="it is an old one"):
        ask(post(), url, note_of(8), [key], TREES["A"])


def test_our_witness_cosigns_each_head_that_their_client_brings_and_their_check_is_met(our_witness):
    url, witness = our_witness
    tree = aics_tlog.MerkleTree(LINES["A"])
    with theirs.WitnessClient(url, witness.vkeys[0].encode()) as client:
        for size in SIZES:
            merged = theirs.merge_cosignatures(note_of(size), client.submit(note_of(size), tree.consistency_proof))
            note = aics_tlog.parse_note(merged)
            key = aics_tlog.parse_vkey(witness.vkeys[0].encode())
            # Of our two cosignatures they know the Ed25519 one.
            (made,) = [line for line in note.signatures if (line.name, line.key_id) == (key.name, key.key_id)]
            root = merkle.hash_of(TREES["A"], 0, size)
            assert aics_tlog.verify_cosignature(made.signature, key.name, key.public_key, ORIGIN, size, root)


def test_our_witness_refuses_the_other_history_and_their_client_understands_why(our_witness):
    url, witness = our_witness
    trees = {name: aics_tlog.MerkleTree(lines) for name, lines in LINES.items()}
    with theirs.WitnessClient(url, witness.vkeys[0].encode()) as client:
        client.submit(note_of(64), trees["A"].consistency_proof)
        for size in (64, 256):
            with pytest.raises(theirs.WitnessRejected) as told:
                client.submit(note_of(size, "B"), trees["B"].consistency_proof)
            assert told.value.status == 422
        with pytest.raises(theirs.WitnessAhead):
            client.submit(note_of(8), trees["A"].consistency_proof)
        client.submit(note_of(256), trees["A"].consistency_proof)


def test_both_can_follow_one_log_at_once_and_one_policy_asks_for_both(their_witness, our_witness):
    (their_url, their_key), (our_url, ours) = their_witness, our_witness
    note = note_of(1000)
    for url, keys in ((their_url, [their_key]), (our_url, ours.vkeys)):
        note = ask(post(), url, note, keys, TREES["A"])
    names = [f"witness w{n} {key.encode()}" for n, key in enumerate((their_key, *ours.vkeys))]
    policy = Policy.decode(
        "\n".join([f"log {LOG.vkey.encode()}", *names, "group all all w0 w1 w2", "quorum all", ""]).encode()
    )
    trusted = policy.open(note, WallClock().now())
    assert len(trusted.witnesses) == 3
    assert max(when.timestamp() for when in trusted.witnesses.values()) <= time.time() + 1
    assert ours.checkpoint(sha256(ORIGIN.encode())) is not None
