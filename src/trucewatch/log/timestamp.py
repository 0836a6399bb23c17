"""RFC 3161 timestamps of a checkpoint: an authority outside says that it saw these bytes, and when.

A token bounds time from above only: what the checkpoint commits to existed at that time. It says nothing of how
much earlier, and nothing of who made it. What the bytes of a token mean is read by rfc3161-client; two things that
it cannot do are written here: a request with a nonce of our choice, and certificates in any order.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cryptography import x509
from rfc3161_client import TimeStampResponse, VerifierBuilder, decode_timestamp_response

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.base.ids import canonical
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head
from trucewatch.log.note import Note

T = TypeVar("T")
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
"""Media types of RFC 3161, section 3.4."""
NONCE_BYTES = 8
"""Bytes of a nonce, drawn by the door: too many to meet the same one twice, and not too many for any authority."""
_SHA256 = "2.16.840.1.101.3.4.2.1"
_GRANTED = 0
_CERTIFICATES = 0xA0
_SAID = 120
"""Characters of an authority's or a library's own words that a message repeats."""


@dataclass(frozen=True)
class Stamp:
    """What a token says: the time (UTC, cut to whole seconds by the library), how exact it is, and who says so.

    accuracy, nonce, name: None where the token has none; serial and policy are the authority's own numbers;
    signer: the subject of the certificate that signed, a mere claim until `check` has led it to a root.
    """

    time: datetime
    accuracy: timedelta | None
    serial: int
    policy: str
    nonce: int | None
    name: str | None
    signer: str


@dataclass(frozen=True)
class Stamped:
    """The body of an entry of kind `timestamp`: address of the authority, signed note (UTF-8), reply in DER."""

    authority: str
    checkpoint: bytes
    token: bytes

    def encode(self) -> bytes:
        """-> canonical JSON, the token in base64.

        >>> Stamped.decode(Stamped("https://tsa.example", b"note", b"0").encode()).token
        b'0'
        """
        token = base64.b64encode(self.token).decode()
        return canonical({"authority": self.authority, "checkpoint": self.checkpoint.decode(), "token": token})

    @staticmethod
    def decode(body: bytes) -> Stamped:
        """The body -> what it holds, refused unless it prints back to the same bytes. Unreadable only."""
        try:
            said = json.loads(body)
            token = base64.b64decode(said["token"], validate=True)
            stamped = Stamped(said["authority"], said["checkpoint"].encode(), token)
            if not isinstance(stamped.authority, str) or stamped.encode() != body:
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise Unreadable("(1) the entry's body is not authority, checkpoint and token") from None
        return stamped


def request(checkpoint: bytes, nonce: int) -> bytes:
    """A checkpoint's bytes and a nonce -> a TimeStampReq in DER: version 1, SHA-256, certificates wanted.

    >>> request(b"", 255).hex()[-14:]
    '020200ff0101ff'
    """
    if nonce < 0:
        raise ValueError(f"a nonce is not negative, as {nonce} is")
    digest = hashlib.sha256(checkpoint).digest()
    algorithm = _der(0x30, bytes.fromhex("0609608648016503040201"), b"\x05\x00")
    imprint = _der(0x30, algorithm, _der(0x04, digest))
    number = nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")
    return _der(0x30, _der(0x02, b"\x01"), imprint, _der(0x02, number), b"\x01\x01\xff")


def head_of(checkpoint: bytes) -> Head:
    """A signed note -> the head it speaks of. Whether its signatures hold is NOT asked. VerificationError only."""
    return Head.decode(Note.decode(checkpoint).text)


def authorities(raw: bytes) -> list[x509.Certificate]:
    """A file of certificates, PEM (one or more) or DER -> the certificates. Unreadable only."""

    def load() -> list[x509.Certificate]:
        found = x509.load_pem_x509_certificates(raw) if b"-----BEGIN" in raw else [x509.load_der_x509_certificate(raw)]
        # Read through: names and extensions are else parsed late, by another library, which panics at a bad one.
        return [part for part in found if (part.issuer, part.subject, part.extensions, part.public_key())]

    try:
        return _safely(load)
    except ValueError:
        raise Unreadable("there is no certificate in PEM or DER that can be read") from None


def read(reply: bytes, checkpoint: bytes, nonce: int | None) -> Stamp:
    """Check that a reply is granted and is about this very checkpoint -> what it says. VerificationError only.

    Whoever signed it is NOT checked: that is `check`. nonce: the one that was asked with, None where that is past.
    """
    return _read(reply, checkpoint, nonce)[0]


def check(reply: bytes, checkpoint: bytes, nonce: int | None, roots: Sequence[bytes]) -> Stamp:
    """Check that an authority under one of these roots saw this very checkpoint -> what it says, and when.

    roots: files of certificates, PEM or DER. Raises VerificationError, and only that, naming the first step that
    failed. Whether a certificate was called back is not asked: that would need the network.
    """
    # To believe that these bytes existed at the time that the token says:
    #
    # (1) the reply can be read, and the authority granted it
    # (2) it is about these very bytes, and answers our request, where we still know that
    # (3) it is signed by a certificate for timestamps alone, which leads to a root that we were given
    # (4) and every certificate on the way was in force at that time

    # (1) and (2)
    stamp, parsed = _read(reply, checkpoint, nonce)

    # (3) who says so, and (4) whether they could, then
    if not roots:
        raise VerificationError("(3) no root was given, so nobody vouches for the signer")
    try:
        trusted = [certificate for raw in roots for certificate in authorities(raw)]
    except Unreadable as wrong:
        raise Unreadable(f"(3) a root is not one: {wrong}") from None
    try:
        _safely(lambda: VerifierBuilder(roots=trusted).build().verify_message(parsed, checkpoint))
    except ValueError as wrong:
        why = _why(str(wrong))
        if "expired" in why or "not yet valid" in why:
            late = f"a certificate was not in force at the token's time, {stamp.time:%Y-%m-%d %H:%M:%SZ}"
            raise VerificationError(f"(4) {late}") from None
        raise VerificationError(f"(3) {stamp.signer} does not vouch for it under the roots given: {why}") from None
    return stamp


def short(words: str) -> str:
    """Another's words, fit for a line of ours: nothing that moves a cursor, and not too many."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in words)[:_SAID]


def of_log(head: Head, lines: Sequence[bytes]) -> None:
    """Check that a stamped head is of the log that has these lines. VerificationError names the step, the fifth."""
    # (5) the log still begins with the lines that the stamped checkpoint speaks of
    if head.size > len(lines):
        raise VerificationError(f"(5) the checkpoint is of {head.size} entries, the log has {len(lines)}")
    if not hmac.compare_digest(merkle.root([merkle.leaf(line) for line in lines[: head.size]]), head.root):
        raise VerificationError(f"(5) the log's first {head.size} entries do not lead to the stamped root")


def _read(reply: bytes, checkpoint: bytes, nonce: int | None) -> tuple[Stamp, TimeStampResponse]:
    # (1) the reply can be read, and the authority granted it
    try:
        parsed = _safely(lambda: decode_timestamp_response(_ordered(reply)))
        status, words = _safely(lambda: (parsed.status, parsed.status_string))
    except ValueError:
        raise Unreadable("(1) the bytes are not a timestamp reply") from None
    if status != _GRANTED:
        raise VerificationError(
            f"(1) the authority did not grant it: status {status} {short('; '.join(words))}".strip()
        )
    try:
        stamp, digest = _safely(lambda: _stamp(parsed))
    except ValueError:
        raise Unreadable("(1) the token cannot be read, or has no certificate of its signer") from None

    # (2) it is about these very bytes, and answers our request
    if not hmac.compare_digest(digest, hashlib.sha256(checkpoint).digest()):
        raise VerificationError("(2) the token is about other bytes than this checkpoint")
    if nonce is not None and stamp.nonce != nonce:
        raise VerificationError("(2) the token answers another request than ours: the nonce differs")
    return stamp, parsed


def _stamp(parsed: TimeStampResponse) -> tuple[Stamp, bytes]:
    """What the signed part says, and of which SHA-256. Any exception means that it cannot be read."""
    info, (signer,) = parsed.tst_info, parsed.signed_data.signer_infos
    held = (x509.load_der_x509_certificate(raw) for raw in parsed.signed_data.certificates)
    leaf = next(c for c in held if c.issuer == signer.issuer and c.serial_number == signer.serial_number)
    exact: Any = info.accuracy
    imprint = info.message_imprint
    digest = imprint.message if imprint.hash_algorithm.dotted_string == _SHA256 else b""
    stamp = Stamp(
        info.gen_time.astimezone(UTC),
        exact and timedelta(seconds=exact.seconds or 0, milliseconds=exact.millis or 0, microseconds=exact.micros or 0),
        info.serial_number,
        info.policy.dotted_string,
        info.nonce,
        None if info.name is None else short(_named(info.name.value)),
        short(leaf.subject.rfc4514_string()),
    )
    return stamp, digest


def _safely(call: Callable[[], T]) -> T:
    """Let the libraries read what others made: whatever goes wrong is a ValueError, a panic of Rust's code too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of serial numbers that break a rule; whom to trust is the user's to say
        try:
            return call()
        except Exception as wrong:
            raise ValueError(str(wrong)) from None
        except BaseException as wrong:
            if type(wrong).__name__ != "PanicException":
                raise
            raise ValueError("the library that reads certificates gave up") from None


def _named(value: Any) -> str:
    return value.rfc4514_string() if isinstance(value, x509.Name) else str(value)


def _ordered(reply: bytes) -> bytes:
    """The reply with the certificates beside its signature in DER's order; rfc3161-client reads no other.

    Many authorities send them leaf first. Nobody signs their order, and none changes its length, so they are only
    put in another order. What is no reply comes back as it is.
    """
    try:
        token = _parts(reply, *_inside(reply, 0))[1]
        wrapped = _parts(reply, *token[1:])[1]
        signed = _parts(reply, *wrapped[1:])[0]
        start, end = next((a, b) for tag, a, b in _parts(reply, *signed[1:]) if tag == _CERTIFICATES)
        at, held = start, []
        for _, _, after in _parts(reply, start, end):
            held.append(reply[at:after])
            at = after
    except (IndexError, StopIteration):
        return reply
    return reply[:start] + b"".join(sorted(held)) + reply[end:]


def _parts(raw: bytes, at: int, end: int) -> list[tuple[int, int, int]]:
    """The DER values from `at` to `end` -> (tag, start, end) of what each holds. IndexError where they do not fit."""
    found = []
    while at < end:
        start, after = _inside(raw, at)
        if after > end:
            raise IndexError(after)
        found.append((raw[at], start, after))
        at = after
    return found


def _inside(raw: bytes, at: int) -> tuple[int, int]:
    """Where what the DER value at `at` holds starts and ends. IndexError where there is none."""
    length, start = raw[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(raw[at + 2 : start], "big")
    return start, start + length


def _der(tag: int, *parts: bytes) -> bytes:
    """A tag and what it holds, less than 128 bytes, in DER."""
    inside = b"".join(parts)
    return bytes([tag, len(inside)]) + inside


def _why(words: str) -> str:
    """What the library says of a signature that does not hold -> its reason alone, without its place in its code."""
    told = re.search(r'Verify error: ?([^"]+)', words)
    if told:
        return short(told[1])
    return "the signature does not fit the token" if "ErrorStack" in words else short(words)
