"""Floor 4: the form of the bodies that `archive.know` does not read, for whoever checks a whole log."""

from __future__ import annotations

import json

from trucewatch.archive import Known
from trucewatch.base.errors import CaseBroken, VerificationError
from trucewatch.bodies import hold
from trucewatch.casework import check
from trucewatch.custody import ACTS
from trucewatch.log.note import VKey
from trucewatch.log.timestamp import Stamped
from trucewatch.ports import Store

KINDS = ("custody", "key", "timestamp")
_OF_A_KEY = ("vkey", "why", "by", "signature")


def check_bodies(store: Store, known: Known) -> None:
    """Hold each of these bodies to the form of its kind. CaseBroken names the first entry that says something else.
    Case work, whose form `know` has seen to, is held to the entries and captures that it names.

    Kinds that nobody here has heard of are passed over: a later version may have entered them.
    """
    for n, entry in enumerate(known.entries):
        if entry.kind not in KINDS:
            continue
        try:
            _formed(entry.kind, store.objects.get(entry.body_hash))
        except (ValueError, TypeError, RecursionError, VerificationError) as wrong:
            told = f"entry {n} ({entry.kind}) says something else than an entry of its kind"
            raise CaseBroken(f"{told}: {' '.join(str(wrong).split())}") from None
    check(known)


def _formed(kind: str, body: bytes) -> None:
    """Any of the errors that whoever reads the body may meet."""
    if kind == "timestamp":
        Stamped.decode(body)
        return
    said = json.loads(body)
    if not isinstance(said, dict):
        raise ValueError("it is no JSON object")
    hold(kind, said)
    if kind == "custody" and said["act"] not in ACTS:
        raise ValueError("an act of custody that there is not")
    if kind == "key":
        if not all(isinstance(said.get(field, ""), str | None) for field in _OF_A_KEY):
            raise ValueError("a field of it is no text")
        VKey.decode(said.get("vkey") or "")
