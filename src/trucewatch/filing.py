"""Floor 4: enter what somebody said or decided of a case: a complaint, a reply, a ruling, a deadline, a judgement.

Everything that it names has to be in the case before: incidents and findings, other entries, documents, parties. What
it says in words is kept as a capture beside its entry, so that words can be withheld and what was decided stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch import assess as assess_room
from trucewatch.archive import LEAST, Known, commit, know
from trucewatch.assess.weigh import DOUBTS
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.ids import canonical
from trucewatch.bodies import CALLS, CASEWORK, OUTCOMES, RESPONSIBILITIES, STATUSES
from trucewatch.casework import maker, succession
from trucewatch.custody import line
from trucewatch.documents import kept
from trucewatch.ports import Fetched, Store, Tools

MATTER = re.compile(r"matter/[a-z0-9][a-z0-9-]{0,59}")
_BEGIN = ("complaint", "judgement")
"""Kinds that answer no other entry."""
_WORDS = {"outcome": OUTCOMES, "responsibility": RESPONSIBILITIES, "status": STATUSES, "call": CALLS}
_MORE: Mapping[str, tuple[str, ...]] = {
    "determination": ("outcome", "responsibility", "to"),
    "corrective_action": ("whom", "due", "status", "confirmed_by"),
    "judgement": ("doubt", "reading", "call"),
}


@dataclass(frozen=True)
class Filing:
    """What is to be entered. by: whose words they are, a person or a body; tools.by is who enters them.

    about: ids of incidents or findings (four characters or more of them), or `matter/<a name>`; none where it is taken
    from the entry that it answers or supersedes. at: when it was said, else now. documents: captures of this case, or
    files to be kept with it. more: the fields of its kind alone, as outcome and doubt.
    """

    kind: str
    by: str
    words: Fetched
    about: tuple[str, ...] = ()
    answers: int | None = None
    supersedes: int | None = None
    agreement: str | None = None
    term: str | None = None
    on_behalf_of: str | None = None
    at: datetime | None = None
    documents: tuple[str | Fetched, ...] = ()
    public: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


def file(store: Store, tools: Tools, what: Filing) -> int:
    """Check all that it names, then enter it -> the number of its entry. InputError where something is not there."""
    if what.kind not in CASEWORK:
        raise UnknownName("kind of case work", what.kind, CASEWORK)
    _readable(what)
    with store.writing():
        known = know(store)
        body = _body(store, known, what, tools)
        captures = [known.capture_named(d) for d in what.documents if isinstance(d, str)]
        # From here on nothing is refused any more: bytes are kept, and all entries go in together.
        lines: list[tuple[str, bytes]] = []
        new: list[str] = []
        for fetched in (what.words, *(d for d in what.documents if isinstance(d, Fetched))):
            capture, entries = kept(store, fetched, tools)
            lines += entries
            new.append(capture.id)
        lines.append(line(tools, "imported", new))
        body |= {"text": new[0], "documents": [*captures, *new[1:]], "salt": tools.salt().hex()}
        commit(store, [*lines, (what.kind, canonical(body))], tools.clock, tools.maker)
        return known.size + len(lines)


def _readable(what: Filing) -> None:
    try:
        if not what.words.raw.decode("utf-8-sig").strip():
            raise InputError("says nothing", file=what.words.url, expected="some words")
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", file=what.words.url, expected="words that can be read") from None


def _body(store: Store, known: Known, what: Filing, tools: Tools) -> dict[str, Any]:
    """All of the body but its words, its documents and its salt."""
    answered, earlier = _entry(known, what.answers, "ENTRY"), _entry(known, what.supersedes, "--supersedes")
    if answered is not None and what.kind in _BEGIN:
        raise InputError(f"a {what.kind} answers no other entry", expected="what it is about")
    before = answered or earlier
    if before is None and not what.about:
        raise InputError("it is about nothing", field="--about", expected="an incident, a finding, or matter/NAME")
    found = subjects(store, known, what.about) if what.about or before is None else before["about"]
    agreed = _agreement(known, what, found, before)
    made = {
        "about": found,
        **_term(agreed, what, found, before),
        "agreement": agreed.id,
        "by": what.by,
        "on_behalf_of": _party(agreed, what.on_behalf_of, "--for"),
        "at": _when(what, tools),
        "public": what.public,
        "answers": _named(known, what.answers) or (earlier["answers"] if earlier else None),
        "supersedes": _named(known, what.supersedes),
    }
    made |= _more(known, agreed, what, made)
    _unless_said(known, what, made, earlier)
    return made


def _entry(known: Known, n: int | None, where: str) -> dict[str, Any] | None:
    if n is not None and n not in known.filed:
        there = f"entry {n} is of kind {known.entries[n].kind}" if 0 <= n < known.size else f"there is no entry {n}"
        raise InputError(there, field=where, expected="the number of an entry of case work: trucewatch casework list")
    return None if n is None else known.filed[n]


def _named(known: Known, n: int | None) -> dict[str, Any] | None:
    return None if n is None else {"entry": n, "body": known.entries[n].body_hash}


def _when(what: Filing, tools: Tools) -> str:
    now = tools.clock.now()
    if what.at is not None and what.at > now:
        raise InputError("is still to come", field="--at", expected=f"a time up to {now:%Y-%m-%d %H:%M} UTC")
    return (what.at or now).isoformat()


def _agreement(
    known: Known, what: Filing, found: Sequence[Mapping[str, Any]], before: Mapping[str, Any] | None
) -> assess_room.Agreement:
    """The agreement under which it is: as asked for, of the findings named, of the entry before, or the only one."""
    under = sorted({part["agreement"] for part in found if part["agreement"]})
    if len(under) > 1:
        raise InputError(f"the findings are of {len(under)} agreements", field="--about", expected="findings of one")
    name = what.agreement or (under[0] if under else before["agreement"] if before else None)
    if name is None and len(known.agreements) == 1:
        name = next(iter(known.agreements))
    if name is None:
        there = f"one of {', '.join(sorted(known.agreements))}" if known.agreements else "first: trucewatch agree FILE"
        raise InputError("under which agreement?", field="--agreement", expected=there)
    if name not in known.agreements:
        raise UnknownName("agreement in this case", name, known.agreements, field="--agreement")
    if under and under != [name]:
        raise InputError(f"the finding is of the agreement {under[0]}", field="--agreement", expected=under[0])
    if before and before["agreement"] != name:
        raise InputError(f"what it answers is under {before['agreement']}", field="--agreement", expected="the same")
    entry, raw = known.agreements[name]
    return assess_room.agreement(raw.decode(), f"agreement {name} (entry {entry})")


def _term(
    agreed: assess_room.Agreement, what: Filing, found: Sequence[Mapping[str, Any]], before: Mapping[str, Any] | None
) -> dict[str, str | None]:
    """term and article: as asked for, of the findings named, or of the entry before."""
    under = sorted({part["term"] for part in found if part["term"]})
    name = what.term or (under[0] if len(under) == 1 else None) or (before["term"] if before else None)
    terms = {term.id: term for term in agreed.terms}
    if name is not None and name not in terms:
        raise UnknownName(f"term in {agreed.id}", name, terms, field="--term")
    if name is not None and under and under != [name]:
        raise InputError(f"the findings are of {', '.join(under)}", field="--term", expected="that term, or none")
    return {"term": name, "article": terms[name].article if name else None}


def _party(agreed: assess_room.Agreement, name: str | None, where: str) -> str | None:
    """A party's id, or a name of it -> its id. UnknownName where the agreement has none of that name."""
    if name is None:
        return None
    party = agreed.party(name)
    if party is None:
        names = {called for p in agreed.parties for called in (p.id, p.name)}
        raise UnknownName(f"party of {agreed.id}", name, names, field=where)
    return party.id


def _more(known: Known, agreed: assess_room.Agreement, what: Filing, made: dict[str, Any]) -> dict[str, Any]:
    """The fields of its kind alone, each one checked."""
    more = {name: what.more.get(name) for name in _MORE.get(what.kind, ())}
    if strange := sorted(set(what.more) - set(more)):
        raise InputError(f"a {what.kind} has no field {strange[0]!r}")
    for name, words in _WORDS.items():
        if more.get(name) is not None and more[name] not in words:
            raise UnknownName(name, str(more[name]), words, field=f"--{name}")
    if what.kind == "determination":
        return _determined(agreed, more)
    if what.kind == "corrective_action":
        return _action(known, agreed, what, more, made)
    return _judged(agreed, what, more, made) if what.kind == "judgement" else {}


def _determined(agreed: assess_room.Agreement, more: dict[str, Any]) -> dict[str, Any]:
    if more["outcome"] is None:
        raise InputError("nothing is determined", field="--outcome", expected=f"one of {', '.join(OUTCOMES)}")
    laid = more["responsibility"] in RESPONSIBILITIES[:2]
    if laid and more["to"] is None:
        raise InputError("to whom is it attributed?", field="--to", expected="a party of the agreement")
    if more["to"] is not None and not laid:
        raise InputError("names a party to which nothing is attributed", field="--to", expected="--responsibility")
    return {**more, "to": _party(agreed, more["to"], "--to")}


def _action(
    known: Known, agreed: assess_room.Agreement, what: Filing, more: dict[str, Any], made: dict[str, Any]
) -> dict[str, Any]:
    """A step that answers an action is of the same party and deadline, unless it says another."""
    answers = made["answers"]
    before = known.filed[answers["entry"]] if answers else {}
    whom = _party(agreed, more["whom"], "--whom") or before.get("whom")
    due = more["due"].isoformat() if more["due"] is not None else before.get("due")
    status = more["status"] or "asked"
    if whom is None:
        raise InputError("who is to act?", field="--whom", expected="a party of the agreement")
    if more["due"] is not None and due < made["at"]:
        raise InputError("is over before it was asked for", field="--due", expected=f"a time after {made['at'][:16]}")
    if status != "asked" and "status" not in before and what.supersedes is None:
        told = f"nothing was asked for that could be {status}"
        raise InputError(told, field="--status", expected="the entry of the corrective action")
    if more["confirmed_by"] is not None and status != "done":
        raise InputError("confirms what is not done", field="--confirmed-by", expected="--status done")
    return {"whom": whom, "due": due, "status": status, "confirmed_by": more["confirmed_by"]}


def _judged(agreed: assess_room.Agreement, what: Filing, more: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """One doubt of one incident or finding. Whether it happened is a matter of the incident, not of a term."""
    if len(made["about"]) != 1 or made["about"][0]["is"] == "matter":
        raise InputError("a judgement settles one doubt", field="--about", expected="one incident or one finding")
    about = made["about"][0]
    if more["doubt"] not in DOUBTS:
        raise UnknownName("doubt", str(more["doubt"]), DOUBTS, field="--doubt")
    if more["call"] is None:
        raise InputError("what is the answer?", field="--call", expected=f"one of {', '.join(CALLS)}")
    if more["doubt"] == "p_event":
        if about["is"] == "finding" and about["observations"]:
            made["about"] = [{**about, "id": about["subject"], "is": "incident", **_NO_TERM}]
        made |= {"term": None, "article": None}
        return {**more, "reading": None}
    if about["is"] == "finding":
        if more["reading"] not in (None, about["reading"]):
            raise InputError(f"the finding is under the reading {about['reading']}", field="--reading")
        return {**more, "reading": about["reading"]}
    if made["term"] is None:
        raise InputError("under which term?", field="--term", expected=", ".join(t.id for t in agreed.terms))
    readings = [r.who for t in agreed.terms if t.id == made["term"] for r in t.readings]
    if more["reading"] is not None and more["reading"] not in readings:
        raise UnknownName(f"reading of {made['term']}", more["reading"], readings, field="--reading")
    return more


_NO_TERM = {"agreement": None, "term": None, "reading": None}


def _unless_said(known: Known, what: Filing, made: dict[str, Any], earlier: dict[str, Any] | None) -> None:
    """Only the maker of an entry may supersede it, while it stands; and nobody judges one doubt twice."""
    by = {old: new for new, old in succession(known)[0].items()}
    if earlier is not None and what.supersedes is not None:
        where = {"field": "--supersedes"}
        kind = known.entries[what.supersedes].kind
        if kind != what.kind:
            raise InputError(f"entry {what.supersedes} is a {kind}", expected=f"a {what.kind}", **where)
        if maker(earlier) != maker(made):
            whose = f"{earlier['by']}{', for ' + earlier['on_behalf_of'] if earlier['on_behalf_of'] else ''}"
            raise InputError(f"entry {what.supersedes} is by {whose}", expected="an entry of one's own", **where)
        if what.supersedes in by:
            told = f"entry {by[what.supersedes]} stands in the place of entry {what.supersedes}"
            raise InputError(told, expected="the one that stands", **where)
    if what.kind == "judgement":
        for n, said in known.filed.items():
            same = known.entries[n].kind == "judgement" and n not in by and n != what.supersedes
            if same and _question(said) == _question(made):
                told = f"{what.by} has judged this already, in entry {n}"
                raise InputError(told, field="--supersedes", expected=str(n))


def _question(said: Mapping[str, Any]) -> tuple[Any, ...]:
    about = said["about"][0]["id"]
    return (*maker(said), about, said["agreement"], said["term"], said["reading"], said["doubt"])


def subjects(store: Store, known: Known, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Ids, or the first characters of them -> what each is, as the newest run knows it. InputError where none does."""
    ids = dict.fromkeys(wanted)
    found = [_matter(name) if name.startswith("matter/") else _subject(store, known, name) for name in ids]
    return list({part["id"]: part for part in found}.values())


def _matter(name: str) -> dict[str, Any]:
    if not MATTER.fullmatch(name):
        expected = "matter/ and small letters, digits and strokes, as matter/corridor-7"
        raise InputError(f"{name!r} is no name of a matter", field="--about", expected=expected)
    return {"id": name, "is": "matter", "subject": None, **_NO_TERM, "observations": []}


def _subject(store: Store, known: Known, name: str) -> dict[str, Any]:
    runs = [run for run in reversed(known.runs) if not known.standing(set(run["outputs"].values()))]
    for run in runs if len(name) >= LEAST else ():
        if run["room"] == "assess" and (row := _one(store, known, run, "findings", name)):
            told = {key: row[key] for key in ("subject", "agreement", "term", "reading")}
            return {"id": row["id"], "is": "finding", **told, "observations": _seen(store, known, row["subject"], runs)}
        if run["room"] == "fuse" and (row := _one(store, known, run, "incidents", name)):
            seen = _seen(store, known, row["id"], runs)
            return {"id": row["id"], "is": "incident", "subject": row["id"], **_NO_TERM, "observations": seen}
    raise InputError(
        f"there is no incident or finding {name!r} in this case",
        field="--about",
        expected=f"an id from the report's annex, {LEAST} characters of it or more, or matter/NAME",
    )


def _one(store: Store, known: Known, run: Mapping[str, Any], output: str, name: str) -> dict[str, Any] | None:
    table = known.table_of(store, run["outputs"][output])
    hits = table.filter(pl.col("id").str.starts_with(name))
    if hits.height > 1:
        raise InputError(f"{name!r} begins {hits.height} ids", field="--about", expected="more of its characters")
    return hits.row(0, named=True) if hits.height else None


def _seen(store: Store, known: Known, incident: str, runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The observations of an incident, by which it can be found again under another id; none of a period."""
    for run in runs:
        if run["room"] == "fuse":
            links = known.table_of(store, run["outputs"]["links"]).filter(pl.col("incident") == incident)
            if links.height:
                return links["observation"].sort().to_list()
    return []
