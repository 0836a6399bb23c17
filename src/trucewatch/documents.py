"""Floor 4, beneath the pipeline: captures as they are entered, and documents that people hand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from trucewatch.archive import Known
from trucewatch.base.ids import canonical
from trucewatch.ports import Capture, Fetched, Store, Tools

DOCUMENT = "document"
"""The source of a capture that nothing reads rows from."""


def same_bytes(store: Store, known: Known, source: str, fetched: Fetched) -> list[Capture]:
    """Standing captures that hold these very bytes. Their commitments can be opened by us, who have the salts."""
    return [
        capture
        for capture in known.captures.values()
        if capture.source == source
        and capture.id not in known.replaced
        and capture.id not in known.withheld
        and known.sizes[capture.id] == len(fetched.raw)
        and known.captured(store, capture.id)[1] == fetched.raw
    ]


def body_of_capture(capture: Capture, fetched: Fetched, tools: Tools, replaces: Sequence[str] = ()) -> dict[str, Any]:
    """The body of a capture's entry. Its salt is its own: that of the vault stays in the vault."""
    told = {**asdict(capture), "fetched_at": capture.fetched_at.isoformat(), "size": len(fetched.raw)}
    told["salt"] = tools.salt().hex()
    return {**told, "replaces": list(replaces)} if replaces else told


def kept(store: Store, fetched: Fetched, tools: Tools) -> tuple[Capture, list[tuple[str, bytes]]]:
    """Keep a document's bytes in the vault -> its capture, and the entry that is to be committed with others.

    Always as a capture of its own: where two sides say the same words, each has said its own.
    """
    salt = tools.salt()
    capture = fetched.capture(salt, DOCUMENT, tools.clock.now())
    store.vault.put(capture.id, salt, fetched.raw)
    return capture, [("capture", canonical(body_of_capture(capture, fetched, tools)))]
