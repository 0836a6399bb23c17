"""Floor 4: who had a capture in hands, and what was done with it, in the log's order.

Words as in the Berkeley Protocol: a chain of custody is the order in which an item was collected, handled, used and
handed on, each with who and when. Here each link is an entry, and each is verified against the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trucewatch.archive import Proofs, commit, know
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.ids import SHORT, canonical
from trucewatch.bodies import CASEWORK
from trucewatch.log.entry import Entry
from trucewatch.ports import Capture, Store, Tools

ACTS = ("fetched", "imported", "read", "exported", "handed")
"""fetched: from the network; imported: from a file that was given; read, exported, handed (over): by people, later."""


@dataclass(frozen=True)
class Link:
    """One thing that was done with a capture, and what was verified of the entry that says so."""

    entry: int
    when: str
    what: str
    verified: str


def line(
    tools: Tools, act: str, captures: Sequence[str], to: str | None = None, why: str | None = None
) -> tuple[str, bytes]:
    """An act of `tools.by` -> kind and body of its entry, to be committed with others.

    The body has a salt: who handed what to whom can be guessed, and the entry's line, which is shown around, commits
    to it.
    """
    body = {"act": act, "captures": list(captures), "by": tools.by, "to": to, "why": why, "salt": tools.salt().hex()}
    return "custody", canonical(body)


def record(
    store: Store, tools: Tools, act: str, captures: Sequence[str], to: str | None = None, why: str | None = None
) -> None:
    """Enter that `tools.by` did this with these captures. InputError where one is not in the case."""
    if act not in ACTS:
        raise UnknownName("act of custody", act, ACTS)
    with store.writing():
        known = know(store)
        for capture in captures:
            if capture not in known.captures:
                raise InputError(f"capture {capture[:SHORT]} is not in this case")
        if captures:
            commit(store, [line(tools, act, captures, to, why)], tools.clock, tools.maker)


def chain(store: Store, wanted: str, as_of: int | None = None) -> tuple[Capture, list[Link]]:
    """A capture (the start of its id, or its entry) -> everything that the log says was done with it, verified."""
    known = know(store, as_of)
    capture = known.captures[known.capture_named(wanted)]
    proofs = Proofs(store, known)
    links = []
    for n, entry in enumerate(known.entries):
        if entry.kind in _SAY:
            body = json.loads(store.objects.get(entry.body_hash))
            for what in _SAY[entry.kind](capture.id, body, entry):
                links.append(Link(n, f"{entry.made_at:%Y-%m-%d %H:%M:%S}", what, proofs.proved(n)))
    return capture, links


def _captured(capture: str, body: dict[str, Any], entry: Entry) -> Iterator[str]:
    if body["id"] == capture:
        yield f"captured from {body['url']} by the feed {body['source']}, {body['size']:,} bytes, by {entry.maker}"
    elif capture in body.get("replaces", []):
        yield f"the same bytes were read in another way, as capture {body['id'][:SHORT]}, which stands in its place"


def _read(capture: str, body: dict[str, Any], entry: Entry) -> Iterator[str]:
    if body["capture"] == capture:
        yield f"{body['rows']} rows read into {', '.join(sorted(body['tables'])) or 'no table'} by {body['code']}"


def _attached(capture: str, body: dict[str, Any], entry: Entry) -> Iterator[str]:
    if body["capture"] == capture:
        first, last = body["lines"]
        yield f"attached: lines {first} to {last} as the text of {body['term']} in {body['agreement']}"


def _handled(capture: str, body: dict[str, Any], entry: Entry) -> Iterator[str]:
    if capture in body["captures"]:
        act = "handed over" if body["act"] == "handed" else body["act"]
        to = f" to {body['to']}" if body["to"] else ""
        why = f": {body['why']}" if body["why"] else ""
        yield f"{act}{to} by {body['by'] or 'somebody who is not named'}{why}"


def _withheld(capture: str, body: dict[str, Any], entry: Entry) -> Iterator[str]:
    if body["capture"] == capture:
        yield f"withheld by {body['by']}: {body['why']}"


def _filed(capture: str, body: dict[str, Any], entry: Entry) -> Iterator[str]:
    kind = entry.kind.replace("_", " ")
    if body["text"] == capture:
        yield f"these are the words of the {kind} by {body['by']}, said at {body['at'][:16].replace('T', ' ')} UTC"
    elif capture in body["documents"]:
        yield f"handed in as a document with the {kind} by {body['by']}"


_SAY = {
    **dict.fromkeys(CASEWORK, _filed),
    "capture": _captured,
    "observations": _read,
    "attachment": _attached,
    "custody": _handled,
    "withheld": _withheld,
}
