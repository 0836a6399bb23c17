"""Every reader of this room: how it reads, how what it read is printed again, and some valid bytes to start from.

Two suites use this list: Hypothesis on every run, and atheris (tests/log/fuzz) where it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from logkit import (
    BODIES,
    LINES,
    LOG,
    ORIGIN,
    POST_QUANTUM,
    TREE,
    WHEN,
    WITNESSES,
    ask_policy,
    files_of,
    head_of,
    signed_head,
)

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import cosign, opened, time_of
from trucewatch.log.entry import Entry
from trucewatch.log.note import Note, Signature, Signer, VKey, signature_lines
from trucewatch.log.policy import Policy, lines_of
from trucewatch.log.proof import Extra, Proof
from trucewatch.log.split import Split, verify_split
from trucewatch.log.verify import verify_evidence
from trucewatch.log.witness import Asked, added, answer

KEYS = [LOG.vkey]
WAY = tuple(merkle.path(TREE, 3, 7))
CHECKPOINT = signed_head(head_of(LINES), "ab")
FORKED = signed_head(head_of([*LINES[:4], b"another", *LINES[5:]]))
EVIDENCE = Proof(3, WAY, CHECKPOINT, Extra(LINES[3], BODIES[3]).encode()).encode()
POLICY = ask_policy("group two 2 a b c", "quorum two")
SPLIT = Split(signed_head(head_of(LINES[:5])), FORKED, head_of([*LINES[:4], b"another"]).root,
              tuple(merkle.consistency(merkle.in_memory([merkle.leaf(x) for x in [*LINES[:4], b"another", *LINES[5:]]]), 5, 7)))  # fmt: skip
ASKED = Asked(5, tuple(merkle.consistency(TREE, 5, 7)), CHECKPOINT).encode()
COSIGNED = b"".join(
    cosign(Note.decode(CHECKPOINT), WITNESSES[n], int(WHEN.timestamp())).encode().encode() for n in "ab"
)
FILES = files_of(LINES)


@dataclass(frozen=True)
class Parser:
    """parse: bytes -> what they say; show: its inverse, or None where there is none; wrong: all that may be raised."""

    parse: Callable[[bytes], Any]
    show: Callable[[Any], bytes] | None
    wrong: type[Exception]
    valid: tuple[bytes, ...]

    def check(self, raw: bytes) -> bool:
        """Were these bytes read? Fails where they do not print back, or where another error than `wrong` comes out."""
        try:
            value = self.parse(raw)
        except self.wrong as wrong:
            if len(str(wrong).splitlines()) != 1:
                raise AssertionError(f"what is wrong is told in more or less than one line: {wrong!r}") from None
            return False
        if self.show is not None and self.show(value) != raw:
            raise AssertionError(f"{raw!r} is read, and printed as {self.show(value)!r}")
        return True


def text(raw: bytes) -> str:
    """Bytes as the system hands them over from a command line: what is not UTF-8 becomes half letters."""
    return raw.decode("utf-8", "surrogateescape")


def octets(word: str) -> bytes:
    return word.encode("utf-8", "surrogateescape")


def policy_again(raw: bytes) -> bytes:
    """A policy is read, printed, read again: the same. What the file said besides (comments, spaces) is not kept."""
    policy = Policy.decode(raw)
    assert Policy.decode("\n".join([*lines_of(policy), ""]).encode()) == policy
    return raw


def counted(read: Callable[[bytes, int], list[bytes]]) -> Callable[[bytes], list[bytes]]:
    """A reader that is told how many it has to find: by the first byte here."""
    return lambda raw: read(raw[1:], raw[0] if raw else 1)


def evidence(raw: bytes) -> bytes:
    """Nothing but the evidence itself, to the bit, is believed."""
    verify_evidence(BODIES[3], raw, Policy.decode(POLICY), WHEN)
    read, good = Proof.decode(raw), Proof.decode(EVIDENCE)
    assert (read.index, read.way, read.extra) == (good.index, good.way, good.extra)
    assert Note.decode(read.checkpoint).text == Note.decode(good.checkpoint).text
    return raw


PARSERS = {
    "entry": Parser(Entry.decode, Entry.encode, VerificationError, tuple(LINES[:2])),
    "note": Parser(Note.decode, Note.encode, Unreadable, (CHECKPOINT, b"a\n\nb\n\n" + COSIGNED)),
    "signature_lines": Parser(
        signature_lines, lambda lines: "".join(x.encode() for x in lines).encode(), Unreadable, (COSIGNED,)
    ),
    "vkey": Parser(lambda raw: VKey.decode(text(raw)), lambda key: octets(key.encode()), Unreadable,
                   (LOG.vkey.encode().encode(), WITNESSES["a"].vkey.encode().encode())),
    "vkey_ml_dsa": Parser(lambda raw: VKey.decode(text(raw)), lambda key: octets(key.encode()), Unreadable,
                          (POST_QUANTUM.vkey.encode().encode(),)),
    "signer": Parser(lambda raw: Signer.decode(text(raw)), lambda key: octets(key.encode()), Unreadable,
                     (LOG.encode().encode(), WITNESSES["a"].encode().encode())),
    "head": Parser(Head.decode, Head.encode, Unreadable, (head_of(LINES).encode(), head_of([]).encode() + b"more\n")),
    "opened": Parser(lambda raw: opened(raw, KEYS), None, VerificationError, (CHECKPOINT,)),
    "proof": Parser(Proof.decode, Proof.encode, Unreadable, (EVIDENCE, Proof(0, (), CHECKPOINT).encode())),
    "extra": Parser(Extra.decode, Extra.encode, Unreadable,
                    (Extra(LINES[3], BODIES[3]).encode(), Extra(b"", b"", bytes(32)).encode())),
    "policy": Parser(policy_again, None, Unreadable, (POLICY, ask_policy("# \xff", "quorum none"))),
    "policy_open": Parser(lambda raw: Policy.decode(POLICY).open(raw, WHEN), None, VerificationError, (CHECKPOINT,)),
    "split": Parser(Split.decode, Split.encode, Unreadable, (SPLIT.encode(),)),
    "verify_split": Parser(lambda raw: verify_split(raw, KEYS), None, VerificationError, (SPLIT.encode(),)),
    "asked": Parser(Asked.decode, Asked.encode, Unreadable, (ASKED,)),
    "answer": Parser(lambda raw: answer(Asked.decode(raw), KEYS, signed_head(head_of(LINES[:5])), [WITNESSES["a"]], 9), None,
                     Unreadable, (ASKED,)),
    "added": Parser(lambda raw: added(CHECKPOINT, raw, [WITNESSES["a"].vkey]), None, VerificationError, (COSIGNED,)),
    "tile_path": Parser(lambda raw: tiles.Tile.parse(text(raw)), lambda tile: tile.path.encode(), VerificationError,
                        (b"tile/entries/x001/x234/067.p/17", b"tile/0/000", b"tile/1/x001/002.p/255")),
    "unbundle": Parser(counted(tiles.unbundle), lambda lines: bytes([len(lines)]) + tiles.bundle(lines), VerificationError,
                       (b"\x07" + FILES["tile/entries/000.p/7"], b"\x02\x00\x00\x00\x01a", b"\x00")),
    "hashes": Parser(counted(tiles.hashes), lambda parts: bytes([len(parts)]) + b"".join(parts), VerificationError,
                     (b"\x07" + FILES["tile/0/000.p/7"], b"\x00")),
    "time_of": Parser(lambda raw: time_of(Signature(ORIGIN, bytes(4), raw)), None, VerificationError,
                      (bytes(7) + b"\x01sig",)),
    "evidence": Parser(evidence, None, VerificationError, (EVIDENCE,)),
}  # fmt: skip
