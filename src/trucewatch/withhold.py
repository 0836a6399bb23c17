"""Floor 4: withhold a capture. Its bytes go, and all that was made of them; that they were there stays provable.

The entry comes first, and only when it is durable do the bytes go. A crash in between leaves bytes that the log says
are withheld: nothing reads them, `unfinished` names them, and withholding the same capture again finishes it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from trucewatch.archive import Known, Withholding, commit, is_table, know, named
from trucewatch.base.errors import CaseBroken, InputError
from trucewatch.base.ids import SHORT, canonical, leaves
from trucewatch.ports import Store, Tools

_ID = re.compile(r"[0-9a-f]{64}")
Keep = Callable[[Mapping[str, bytes]], None]
"""Writes files, by name, for whoever may still hold them."""


@dataclass(frozen=True)
class Done:
    """What is withheld now: one entry a capture of these very bytes; whether it was entered now, how many files went,
    and the entries of the reports that were made from it before, which may lie elsewhere."""

    withheld: list[Withholding]
    new: bool
    dropped: int
    reports: list[int]


def withhold(store: Store, wanted: str, why: str, tools: Tools, keep: Keep | None = None) -> Done:
    """Withhold a capture (the start of its id, or its entry) on behalf of `tools.by`; or finish doing so.

    Other captures of the very same bytes are withheld with it: it is the bytes that are. `keep` is given salt, bytes
    and tables, by name, before anything goes.
    """
    if not tools.by:
        raise InputError("nobody is named", field="--by", expected="who withholds it")
    with store.writing():
        known = know(store)
        capture = known.capture_named(wanted)
        these = [capture, *_twins(store, known, capture)]
        new = [c for c in these if c not in known.withheld] if capture not in known.withheld else []
        if keep is not None:
            keep(_copy(store, known, these))
        came = Descent(known)
        told = {"by": tools.by, "why": why}
        bodies = [{**told, "capture": c, "objects": came.of([c]), "salt": tools.salt().hex()} for c in new]
        commit(store, [("withheld", canonical(body)) for body in bodies], tools.clock, tools.maker)
        known = know(store)
        these = [c for c in these if c in known.withheld]
        dropped = _drop(store, known, these)
    return Done([known.withheld[c] for c in these], bool(new), dropped, reports_from(known, these))


def derived(known: Known, captures: Collection[str]) -> list[str]:
    """Captures -> the objects made of them, at any remove, that nothing else needs: sorted names.

    A batch is made of its capture; the outputs of a run, of whatever it was given. What an entry that does not
    derive from these captures names as well stays, and so do all entries' bodies.
    """
    return Descent(known).of(captures)


class Descent:
    """What came of what, by the log: each run is looked at once, however often is asked."""

    def __init__(self, known: Known) -> None:
        self._reads = known.reads
        self._outputs = {}
        self._stay = {entry.body_hash for entry in known.entries} | {r["detail"] for r in known.runs if "detail" in r}
        self._users: dict[str, list[int]] = defaultdict(list)
        self._makers: dict[str, set[int | str]] = defaultdict(set)
        for capture, tables in known.reads.items():
            for sha in tables.values():
                self._makers[sha].add(capture)
        for n, run in enumerate(known.runs):
            if run["room"] != "report":  # a report's files are no objects
                self._outputs[n] = list(run["outputs"].values())
                for sha in leaves(run["inputs"]):
                    self._users[sha].append(n)
                for sha in self._outputs[n]:
                    self._makers[sha].add(n)

    def of(self, captures: Collection[str]) -> list[str]:
        """As `derived`."""
        going: set[str] = set()
        theirs: set[int | str] = set(captures)
        new = [sha for capture in captures for sha in self._reads.get(capture, {}).values()]
        while new:
            sha = new.pop()
            if sha not in going:
                going.add(sha)
                for n in self._users.get(sha, ()):
                    new += self._outputs[n] if n not in theirs else []
                    theirs.add(n)
        return sorted(sha for sha in going - self._stay if self._makers[sha] <= theirs)


def reports_from(known: Known, captures: Collection[str]) -> list[int]:
    """Captures -> the entries of the reports that were made from them."""
    gone = {*captures, *derived(known, captures)}
    pairs = zip(known.run_at, known.runs, strict=True)
    return [n for n, run in pairs if run["room"] == "report" and gone & leaves(run["inputs"])]


def unfinished(known: Known, vault_ids: Iterable[str], object_ids: Iterable[str]) -> list[str]:
    """What the log says is withheld and is still lying here, a line each. Empty where all is as the log says."""
    lies, objects, came = set(vault_ids), set(object_ids), Descent(known)
    told = []
    for capture, held in known.withheld.items():
        left = [f"{len(names)} objects"] if (names := objects & set(came.of([capture]))) else []
        left = ["its bytes", *left] if capture in lies else left
        if left:
            told.append(
                f"capture {capture[:SHORT]} is withheld (entry {held.entry}) but still lying here: "
                f"{' and '.join(left)}; finish with: trucewatch withhold {capture[:SHORT]}"
            )
    return told


def unfounded(known: Known) -> list[str]:
    """Entries that withhold what was not made of their capture, a line each: withholding is no way to hide the rest."""
    came = Descent(known)
    return [
        f"entry {held.entry} withholds {len(others)} objects that were not made of capture {capture[:SHORT]}"
        for capture, held in known.withheld.items()
        if (others := set(held.objects) - set(came.of([capture])))
    ]


def _twins(store: Store, known: Known, capture: str) -> list[str]:
    """Other captures of the very same bytes."""
    raw = _raw(store, capture)
    same = [c for c, size in known.sizes.items() if c != capture and size == known.sizes[capture]]
    return [c for c in same if raw is not None and _raw(store, c) == raw]


def _unfinished(name: str) -> bool:
    """Is that no id, but a file that was being written when something broke off? What is in it, nobody can tell."""
    return not _ID.fullmatch(name)


def _raw(store: Store, capture: str) -> bytes | None:
    try:
        return store.vault.get(capture)[1]
    except (KeyError, CaseBroken):
        return None


def _copy(store: Store, known: Known, captures: list[str]) -> dict[str, bytes]:
    """name -> bytes of all that will go: the salt and the bytes of each capture, and each object."""
    files: dict[str, bytes] = {}
    for capture in captures:
        try:
            files[f"{capture}.salt"], files[capture] = store.vault.get(capture)
        except KeyError:
            continue
    for name in derived(known, captures):
        try:
            files[name] = store.objects.get(name)
        except KeyError:
            continue
    return files


def _drop(store: Store, known: Known, captures: list[str]) -> int:
    """Let go of what was made of the captures, and of the captures; last of the bytes, by which the rest is found."""
    raws = [raw for capture in captures if (raw := _raw(store, capture)) is not None]
    # What an interrupted command left behind may be of these bytes, too.
    held, lies = set(store.objects.ids()), set(store.vault.ids())
    strays = [c for c in sorted(lies - set(known.captures)) if _unfinished(c) or _raw(store, c) in raws]
    ours = named(known) | {entry.body_hash for entry in known.entries}
    loose = [name for name in sorted(held - ours) if _unfinished(name) or is_table(store.objects.get(name))]
    going = [name for name in derived(known, captures) if name in held]
    for name in (*loose, *going):
        store.objects.drop(name)
    for capture in (*strays, *captures):
        store.vault.drop(capture)  # also where it is not listed: a salt may have been left alone
    return len(loose) + len(going) + len(lies.intersection((*strays, *captures)))
