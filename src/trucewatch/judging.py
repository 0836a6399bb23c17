"""Floor 4: a person's judgement of an incident, or of two whether they are one: an entry, superseded, never changed.

The same kind of entry as a judgement of a finding, but under no agreement: what happened does not depend on one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from trucewatch.archive import LEAST, Known, commit, know
from trucewatch.base.errors import InputError
from trucewatch.base.ids import canonical
from trucewatch.bodies import SAME
from trucewatch.casework import succession
from trucewatch.custody import line
from trucewatch.documents import kept
from trucewatch.ports import Fetched, Store, Tools

ANSWERS: Mapping[str, tuple[str | None, str]] = {
    "same": (SAME, "yes"), "different": (SAME, "no"), "unsure": (None, "unsure"),
    "happened": ("p_event", "yes"), "did-not-happen": ("p_event", "no"),
}  # fmt: skip
"""What a person may say -> of which doubt, and what the entry calls it; `unsure` is of one incident or of two."""


@dataclass(frozen=True)
class Judgement:
    """answer: one of ANSWERS; about: ids of one or two incidents or observations; by: whose it is; why: in words."""

    answer: str
    about: tuple[str, ...]
    by: str
    why: Fetched
    supersedes: int | None = None


def judge(store: Store, tools: Tools, what: Judgement) -> int:
    """Check it, then enter it -> the number of its entry. InputError where something is not there."""
    if not what.why.raw.decode(errors="replace").strip():
        raise InputError("says nothing", field="--why", expected="some words")
    doubt, call = ANSWERS[what.answer]
    doubt = doubt or (SAME if len(what.about) == 2 else "p_event")
    wanted = 2 if doubt == SAME else 1
    if len(what.about) != wanted:
        noun = "two incidents or observations" if wanted == 2 else "one incident"
        raise InputError(f"{what.answer} is said of {noun}", field="ID", expected=f"{wanted}, not {len(what.about)}")
    with store.writing():
        known = know(store)
        about = [_subject(store, known, name) for name in what.about]
        if wanted == 2 and set(about[0]["observations"]) & set(about[1]["observations"]):
            whole, part = sorted(about, key=lambda one: len(one["observations"]), reverse=True)
            about = [_without(whole, part), part]
        body = {
            "about": about, "agreement": None, "term": None, "article": None, "reading": None, "by": what.by,
            "on_behalf_of": None, "at": tools.clock.now().isoformat(), "public": False, "answers": None,
            "supersedes": _superseded(known, what), "doubt": doubt, "call": call,
        }  # fmt: skip
        _once(known, what, doubt, about)
        capture, lines = kept(store, what.why, tools)
        lines.append(line(tools, "imported", [capture.id]))
        body |= {"text": capture.id, "documents": [], "salt": tools.salt().hex()}
        commit(store, [*lines, ("judgement", canonical(body))], tools.clock, tools.maker)
        return known.size + len(lines)


def _without(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """An incident beside one of its own observations: whether that belongs to the rest of it."""
    rest = [o for o in whole["observations"] if o not in part["observations"]]
    if not rest:
        raise InputError("both are the very same", field="ID", expected="two that may or may not be one")
    return {**whole, "observations": rest}


def _subject(store: Store, known: Known, name: str) -> dict[str, Any]:
    """An id, or the first characters of it -> the incident or observation, as the newest run of fuse knows it."""
    runs = [run for run in reversed(known.runs) if run["room"] == "fuse"]
    runs = [run for run in runs if not known.standing(set(run["outputs"].values()))]
    for run in runs if len(name) >= LEAST else ():
        links = known.table_of(store, run["outputs"]["links"])
        for column, noun in (("incident", "incident"), ("observation", "observation")):
            hits = links.filter((pl.col(column) == name) | pl.col(column).str.starts_with(name))
            hits = exact if (exact := hits.filter(pl.col(column) == name)).height else hits
            found = hits[column].unique().to_list()
            if len(found) > 1:
                raise InputError(f"{name!r} begins {len(found)} ids", field="ID", expected="more of its characters")
            if found:
                more = dict.fromkeys(("subject", "agreement", "term", "reading"))
                seen = hits["observation"].sort().to_list()
                return {"id": found[0], "is": noun, **more, "observations": seen}
    raise InputError(
        f"there is no incident or observation {name!r} in this case", field="ID",
        expected=f"an id that trucewatch fuse review shows, {LEAST} characters of it or more",
    )  # fmt: skip


def _superseded(known: Known, what: Judgement) -> dict[str, Any] | None:
    n = what.supersedes
    if n is None:
        return None
    where = {"field": "--supersedes"}
    said = known.filed.get(n)
    if said is None or known.entries[n].kind != "judgement" or said["agreement"] is not None:
        raise InputError(f"entry {n} is no judgement of this kind", expected="an earlier one of one's own", **where)
    if said["by"] != what.by:
        raise InputError(f"entry {n} is by {said['by']}", expected="an entry of one's own", **where)
    if (later := {old: new for new, old in succession(known)[0].items()}.get(n)) is not None:
        raise InputError(f"entry {later} stands in the place of entry {n}", expected=str(later), **where)
    return {"entry": n, "body": known.entries[n].body_hash}


def _once(known: Known, what: Judgement, doubt: str, about: Sequence[Mapping[str, Any]]) -> None:
    """Nobody answers one question twice, or says the opposite of the same observations, but by superseding."""
    gone = set(succession(known)[0].values())
    asked = (what.by, doubt, frozenset(part["id"] for part in about))
    call = ANSWERS[what.answer][1]
    for n, said in known.filed.items():
        stands = known.entries[n].kind == "judgement" and n not in gone and n != what.supersedes
        if not stands or said["agreement"] is not None:
            continue
        where = {"field": "--supersedes", "expected": str(n)}
        if (said["by"], said["doubt"], frozenset(part["id"] for part in said["about"])) == asked:
            raise InputError(f"{what.by} has judged this already, in entry {n}", **where)
        opposite = {said["call"], call} == {"yes", "no"} and (said["by"], said["doubt"]) == asked[:2]
        same, other = (about, said["about"]) if call == "yes" else (said["about"], about)
        if opposite and _meets(same, other):
            raise InputError(f"{what.by} has said the opposite of the same observations, in entry {n}", **where)


def _meets(same: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> bool:
    """Does a yes speak of observations that the no parts, or denies? Ids of incidents change; these do not."""
    one = {o for part in same for o in part["observations"]}
    return all(one.intersection(part["observations"]) for part in other)
