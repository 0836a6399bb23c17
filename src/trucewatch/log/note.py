"""Signed notes (C2SP signed-note v1.0.0): a text, a blank line, signature lines. Keys and signatures over it. Pure.

    text\\n
    \\n
    — <key name> base64(key id, 4 bytes, then the signature)\\n

A key is told as a *vkey*: `<name>+<key id in hexadecimal>+base64(signature type, public key)`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from trucewatch.base.errors import Unreadable, VerificationError

ED25519, COSIGNED, COSIGNED_ML_DSA = 0x01, 0x04, 0x06
"""Signature types: a plain Ed25519 note signature; a timestamped cosignature with Ed25519; one with ML-DSA-44."""
PUBLIC_BYTES = {ED25519: 32, COSIGNED: 32, COSIGNED_ML_DSA: 1312}
SEED_BYTES = 32
MOST_NOTE_BYTES = 1_000_000
MOST_SIGNATURES = 100
"""A note beyond these is refused before it costs anything; the specification asks for at least 16 signatures."""
_DASH, _PRIVATE = "— ", "PRIVATE+KEY+"
_ID_BYTES = 4
_FIELD = (1 << 255) - 19
_WEAK = {
    0, 1, _FIELD - 1,
    int("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16),
    int("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16),
}  # fmt: skip
"""The y of Ed25519's points of small order: under such a key anybody can sign, so that it would vouch for all."""


@dataclass(frozen=True)
class Signature:
    """One line below a note: the key's name and id, and what the key made of the text."""

    name: str
    key_id: bytes
    made: bytes

    def encode(self) -> str:
        """-> the line, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.made).decode()}\n"


@dataclass(frozen=True)
class Note:
    """text, its last newline included; signatures in the order of the lines."""

    text: bytes
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """-> the note's bytes.

        >>> note = Note(b"hello\\n", (Signature("example.org/a", b"abcd", b"made"),))
        >>> Note.decode(note.encode()) == note
        True
        """
        return self.text + b"\n" + "".join(line.encode() for line in self.signatures).encode()

    @staticmethod
    def decode(raw: bytes) -> Note:
        """Bytes -> the note, refused unless it prints back to the same bytes. Unreadable only."""
        if len(raw) > MOST_NOTE_BYTES:
            raise Unreadable(f"a note of more than {MOST_NOTE_BYTES} bytes is not read")
        try:
            said = raw.decode()
        except UnicodeDecodeError:
            raise Unreadable("the note is not UTF-8") from None
        if any(letter < " " and letter != "\n" for letter in said):
            raise Unreadable("the note holds a control character")
        text, gap, lines = said.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            raise Unreadable("the note has no blank line between its text and its signatures")
        signatures = lines.split("\n")[:-1]
        if len(signatures) > MOST_SIGNATURES:
            raise Unreadable(f"a note with more than {MOST_SIGNATURES} signatures is not read")
        return Note((text + "\n").encode(), tuple(_signature(line) for line in signatures))


def _signature(line: str) -> Signature:
    """A line without its newline -> the signature on it."""
    if not line.startswith(_DASH):
        raise Unreadable("a signature line does not begin with a dash and a space")
    name, _, coded = line[len(_DASH) :].partition(" ")
    _check_name(name)
    made = unbase64(coded, "a signature")
    if len(made) <= _ID_BYTES:
        raise Unreadable("a signature line is too short to hold a key's id and a signature")
    return Signature(name, made[:_ID_BYTES], made[_ID_BYTES:])


def signature_lines(raw: bytes) -> tuple[Signature, ...]:
    """Signature lines alone, as a witness answers with -> the signatures. Unreadable only."""
    note = Note.decode(b"\n\n" + raw)
    if note.text != b"\n":
        raise Unreadable("an answer of signature lines holds other lines too")
    return note.signatures


def unbase64(coded: str, what: str) -> bytes:
    """Base64 with one spelling -> bytes. Unreadable names what it should have been."""
    try:
        raw = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{what} is not base64") from None
    if base64.b64encode(raw).decode() != coded:
        raise Unreadable(f"{what} is not base64 in its one spelling")
    return raw


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() or unicodedata.category(letter)[0] == "Z" for letter in name):
        raise Unreadable(f"{name[:40]!r} is no name of a key: it is empty, or has a space or a plus in it")


def _check_known(name: str) -> None:
    """A key that we are to know has a name that can be told: messages repeat it."""
    _check_name(name)
    if not name.isprintable():
        raise Unreadable(f"{name[:40]!r} is no name of a key: it cannot be printed")


@dataclass(frozen=True)
class VKey:
    """What others need to know a signature of ours by: a name, a signature type, a public key."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """SHA-256(name, newline, type, public key), its first four bytes."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    def encode(self) -> str:
        """-> `name+id+key` as one word."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    @staticmethod
    def decode(word: str) -> VKey:
        """One word -> the key. Unreadable where it is none, or its id is not that of the key.

        >>> VKey.decode("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").name
        'example.com/foo'
        """
        parts = word.split("+", 2)
        if len(parts) != 3:
            raise Unreadable("a verifier key is name+id+key, with a plus between")
        name, told, coded = parts
        _check_known(name)
        raw = unbase64(coded, f"the key of {name}")
        kind, public = raw[0] if raw else 0, raw[1:]
        if kind not in PUBLIC_BYTES:
            raise Unreadable(f"the key of {name} is of signature type {kind:#04x}, which is not known here")
        if len(public) != PUBLIC_BYTES[kind]:
            raise Unreadable(f"the key of {name} has {len(public)} bytes, expected {PUBLIC_BYTES[kind]}")
        if kind != COSIGNED_ML_DSA and _weak(public):
            raise Unreadable(f"the key of {name} is one under which anybody can sign, or not in its one spelling")
        key = VKey(name, kind, public)
        if key.encode() != word:
            raise Unreadable(f"the key of {name} has the id {key.key_id.hex()}, not {told[:8]!r}")
        return key

    def named_by(self, signature: Signature) -> bool:
        """Is that line meant to be ours? Name and id say so; only `signed` says that it is."""
        return signature.name == self.name and signature.key_id == self.key_id


def _weak(public: bytes) -> bool:
    """Is that Ed25519 key of small order, or its y not below the field's prime?"""
    y = int.from_bytes(public, "little") & ((1 << 255) - 1)
    return y >= _FIELD or y in _WEAK


@dataclass(frozen=True)
class Signer:
    """A private key. Its text form is that of Go's note package, so that one key serves other tools too."""

    name: str
    seed: bytes
    kind: int = ED25519

    def __repr__(self) -> str:
        return f"Signer({self.name!r}, kind={self.kind})"

    @property
    def vkey(self) -> VKey:
        """What others need to know."""
        return VKey(self.name, self.kind, public_of(self.kind, self.seed))

    def encode(self) -> str:
        """-> `PRIVATE+KEY+name+id+base64(type, seed)`. A secret."""
        coded = base64.b64encode(bytes([self.kind]) + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.vkey.key_id.hex()}+{coded}"

    @staticmethod
    def decode(word: str) -> Signer:
        """The text form -> the key. Unreadable, which repeats nothing of the secret."""
        parts = word.removeprefix(_PRIVATE).split("+", 2)
        if not word.startswith(_PRIVATE) or len(parts) != 3:
            raise Unreadable("a private key is PRIVATE+KEY+name+id+key")
        _check_known(parts[0])
        raw = unbase64(parts[2], "the private key")
        if len(raw) != 1 + SEED_BYTES or raw[0] not in PUBLIC_BYTES:
            raise Unreadable("the private key is not a known signature type and a seed of 32 bytes")
        signer = Signer(parts[0], raw[1:], raw[0])
        if signer.encode() != word:
            raise Unreadable("the private key's id is not that of the key")
        return signer


def public_of(kind: int, seed: bytes) -> bytes:
    """Seed -> public key."""
    if kind == COSIGNED_ML_DSA:
        public: bytes = _ml_dsa().MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
        return public
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(text: bytes, signer: Signer) -> Signature:
    """A note's text -> the plain Ed25519 signature of that key on it."""
    if signer.kind != ED25519:
        raise ValueError("a cosigner's key signs cosignatures only")
    vkey = signer.vkey
    return Signature(signer.name, vkey.key_id, made_with(signer, text))


def made_with(signer: Signer, message: bytes) -> bytes:
    """Message -> the raw signature of that key."""
    if signer.kind == COSIGNED_ML_DSA:
        made: bytes = _ml_dsa().MLDSA44PrivateKey.from_seed_bytes(signer.seed).sign(message)
        return made
    return Ed25519PrivateKey.from_private_bytes(signer.seed).sign(message)


def holds(key: VKey, made: bytes, message: bytes) -> bool:
    """Is this the raw signature of that key over that message?"""
    try:
        if key.kind == COSIGNED_ML_DSA:
            _ml_dsa().MLDSA44PublicKey.from_public_bytes(key.public).verify(made, message)
        else:
            Ed25519PublicKey.from_public_bytes(key.public).verify(made, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@cache
def _ml_dsa() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(SEED_BYTES))
    except (ImportError, UnsupportedAlgorithm):
        raise VerificationError("this system's cryptography library knows no ML-DSA-44") from None
    return mldsa


Check = Callable[[VKey, Note, Signature], bool]


def signed(note: Note, keys: Sequence[VKey], check: Check) -> list[tuple[VKey, Signature]]:
    """The signatures of known keys, in the order of the lines; unknown lines are passed over (signed-note).

    `check` is how a key of its type verifies. Raises VerificationError where a known key's line does not hold, and
    where one key has two lines: which of them would count?
    """
    found: list[tuple[VKey, Signature]] = []
    for signature in note.signatures:
        for key in keys:
            if not key.named_by(signature):
                continue
            if any(other == key for other, _ in found):
                raise VerificationError(f"the key {key.name} has signed twice")
            if not check(key, note, signature):
                raise VerificationError(f"the signature of {key.name} does not verify")
            found.append((key, signature))
    return found
