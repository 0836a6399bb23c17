"""Ids made from content, so that no counter is needed and nobody can choose one."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import polars as pl

SHORT = 12
"""Characters of an id that people are shown; 48 bits tell a case's things apart."""
SALT_BYTES = 32


def sha256(raw: bytes) -> str:
    """bytes -> 64 hexadecimal digits.

    >>> sha256(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(raw).hexdigest()


def commitment(salt: bytes, raw: bytes) -> str:
    """SHA-256(salt, bytes) as hexadecimal: it binds us to the bytes without letting anyone confirm a guess at them.

    The salt has 32 bytes always, so salt and bytes cannot be shifted against each other.

    >>> commitment(bytes(32), b"shelling at noon")[:8]
    '988addd8'
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, this one has {len(salt)}")
    found = hashlib.sha256(salt)
    found.update(raw)  # not salt + raw: that would copy a large file
    return found.hexdigest()


def derived_salt(salt: bytes, what: str) -> str:
    """A second salt from a capture's own, for a file read from it; unguessable as long as the first one is.

    >>> len(derived_salt(bytes(32), "observations"))
    64
    """
    return hashlib.sha256(b"trucewatch/derived\x00" + salt + what.encode()).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with one spelling: sorted keys, no spaces, UTF-8, no NaN (RFC 8785 for the types we use).

    Floats are refused, since their spelling differs between languages: put text or whole numbers.

    >>> canonical({"b": 1, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    _no_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _no_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float has no canonical spelling: {value!r}; write it as text")
    if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
        raise TypeError(f"a key that is not text has no canonical spelling: {list(value)!r}")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        _no_floats(part)


def leaves(value: Any) -> set[str]:
    """Every text in a value of lists and fields, at any depth.

    >>> sorted(leaves({"a": ["x", "y"], "b": "z"}))
    ['x', 'y', 'z']
    """
    if isinstance(value, str):
        return {value}
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for part in parts for text in leaves(part)}


def column_id(*parts: pl.Expr) -> pl.Expr:
    """Expressions -> one column of 16 hexadecimal digits, the same for the same content on any machine.

    Good for naming rows, not for security: the hash is not cryptographic.
    """
    text = pl.concat_str([part.cast(pl.String).fill_null("\x00") for part in parts], separator="\x1f")
    return text.map_batches(_short_hashes, return_dtype=pl.String)


def _short_hashes(texts: pl.Series) -> pl.Series:
    blake = hashlib.blake2b
    return pl.Series(texts.name, [blake(t.encode(), digest_size=8).hexdigest() for t in texts.to_list()], pl.String)
