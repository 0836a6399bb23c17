"""Floor 4, beneath the pipeline: what people said and decided of a case, as it stands.

A complaint, the reply to it, an inquiry, a determination, a corrective action with its deadline, and a person's
judgement of one doubt: each is an entry of the log. None is ever changed: a later one by the same maker may supersede
it, and both are shown. Nothing here says who is right. `filing` enters them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from trucewatch.archive import Known
from trucewatch.assess.settled import SETTLED
from trucewatch.base.errors import CaseBroken, Withheld
from trucewatch.base.ids import SHORT
from trucewatch.ports import Store
from trucewatch.report.beside import FILED, with_overdue

NO_CLOCK = datetime.min.replace(tzinfo=UTC)
"""For whoever does not ask what is overdue."""
_VALUE = {"yes": 1.0, "no": 0.0, "unsure": None}


def standing(known: Known, now: datetime = NO_CLOCK) -> pl.DataFrame:
    """Known -> a row for each entry of case work, in the log's order; docs/casework.md tells the columns.

    matter: the entry that began it, which those that answer it share. superseded_by: the entry that stands in its
    place, null where it stands itself. state: how far a corrective action has come by the last step that stands;
    overdue: its deadline is over at `now`, and it is neither done, refused nor lapsed. `worded` and `placed` fill the
    rest.
    """
    instead, _ = succession(known)
    matter: dict[int, int] = {}
    rows = []
    reports = [at for at, run in zip(known.run_at, known.runs, strict=True) if run["room"] == "report"]
    for n, said in known.filed.items():
        before = said["answers"]["entry"] if said["answers"] else instead.get(n, n)
        matter[n] = matter.get(before, n)
        rows.append({**_row(known, n, reports), "matter": matter[n], "supersedes": instead.get(n)})
    by = {earlier: n for n, earlier in instead.items()}
    acts = _actions(known, by)
    for row in rows:
        row["superseded_by"] = by.get(row["entry"])
        if (last := acts.get(row["entry"])) is not None:
            row["state"] = _state(last)
    return with_overdue(pl.DataFrame(rows, schema=FILED, orient="row"), now)


def _row(known: Known, n: int, reports: Sequence[int]) -> dict[str, Any]:
    said = known.filed[n]
    about = said["about"]
    return {
        **{name: said.get(name) for name in FILED},
        "entry": n,
        "kind": known.entries[n].kind,
        "at": datetime.fromisoformat(said["at"]),
        "entered": known.entries[n].made_at,
        "due": datetime.fromisoformat(said["due"]) if said.get("due") else None,
        "subjects": [part["id"] for part in about],
        "reading": said.get("reading") or next((part["reading"] for part in about if part["reading"]), None),
        "answers": said["answers"] and said["answers"]["entry"],
        "body": known.entries[n].body_hash,
        "incidents": [],
        "after_report": max((at for at in reports if at < n), default=None),
    }


def _actions(known: Known, by: Mapping[int, int]) -> dict[int, Mapping[str, Any]]:
    """The entry of each corrective action that stands -> what its last step says. A step is one that answers another
    action or step."""
    acts = {n: said for n, said in known.filed.items() if known.entries[n].kind == "corrective_action"}
    last: dict[int, Mapping[str, Any]] = {}
    for n in acts:
        if n not in by:
            last[_first(n, acts, by)] = acts[n]
    return last


def _first(n: int, acts: Mapping[int, Mapping[str, Any]], by: Mapping[int, int]) -> int:
    """The action that a step belongs to, as it stands now."""
    seen: set[int] = set()
    while n not in seen:
        seen.add(n)
        answers = acts[n]["answers"]
        n = answers["entry"] if answers and answers["entry"] in acts else n
        while n in by:
            n = by[n]
    return n


def _state(last: Mapping[str, Any]) -> str:
    if last["status"] != "done":
        return str(last["status"])
    return f"done, confirmed by {last['confirmed_by']}" if last["confirmed_by"] else "said to be done, not confirmed"


def succession(known: Known) -> tuple[dict[int, int], dict[int, str]]:
    """-> entry -> the one in whose place it stands; and entry -> why it may not, where it names one that it cannot
    supersede. Only the maker of a thing replaces it, once, by another of its kind; whatever else is let be."""
    instead: dict[int, int] = {}
    taken: dict[int, int] = {}
    wrong: dict[int, str] = {}
    for n, said in known.filed.items():
        if (named := said["supersedes"]) is not None:
            earlier = named["entry"]
            if not _is(known, named, n):
                wrong[n] = f"supersedes entry {earlier}, which is no case work before it with that hash"
            elif known.entries[earlier].kind != known.entries[n].kind:
                wrong[n] = f"supersedes entry {earlier}, which is a {known.entries[earlier].kind}"
            elif maker(known.filed[earlier]) != maker(said):
                wrong[n] = f"supersedes entry {earlier}, which is by somebody else"
            elif earlier in taken:
                wrong[n] = f"supersedes entry {earlier}, in whose place entry {taken[earlier]} stands"
            else:
                instead[n], taken[earlier] = earlier, n
    return instead, wrong


def maker(said: Mapping[str, Any]) -> tuple[str, str | None]:
    """Who said it, and for which party: nobody else may supersede it."""
    return said["by"], said["on_behalf_of"]


def _is(known: Known, named: Mapping[str, Any], n: int) -> bool:
    """Is that an entry of case work before entry `n`, with that very body?"""
    m = named["entry"]
    return m < n and m in known.filed and known.entries[m].body_hash == named["body"]


def check(known: Known) -> None:
    """Hold every entry of case work to what it names. CaseBroken names the first that names what is not there."""
    _, wrong = succession(known)
    for n, said in known.filed.items():
        told = f"entry {n} ({known.entries[n].kind})"
        if said["answers"] is not None and not _is(known, said["answers"], n):
            what = f"answers entry {said['answers']['entry']}, which is no case work before it with that hash"
            raise CaseBroken(f"{told} {what}")
        if n in wrong:
            raise CaseBroken(f"{told} {wrong[n]}")
        for capture in (said["text"], *said["documents"]):
            if known.at.get(capture, n) >= n:
                raise CaseBroken(f"{told} names capture {capture[:SHORT]}, which no entry before it enters")


def worded(store: Store, known: Known, table: pl.DataFrame) -> pl.DataFrame:
    """standing -> with `words`: what was said, or null and in `held` who withholds it, since when and why."""
    words: list[str | None] = []
    held: list[str | None] = []
    for capture in table["text"]:
        try:
            words.append(printable(known.captured(store, capture)[1].decode(errors="replace")))
            held.append(None)
        except Withheld:
            words.append(None)
            held.append(f"capture {capture[:SHORT]} {known.withheld[capture].says}")
    return table.with_columns(words=pl.Series("words", words, pl.String), held=pl.Series("held", held, pl.String))


def printable(text: str) -> str:
    """Words as they may be printed anywhere: what could steer a terminal or turn a line around is shown as �.

    >>> printable("one\\x1b[2J\\ntwo")
    'one�[2J\\ntwo'
    """
    joins = "\n\u200c\u200d\u200e\u200f"  # without these some scripts cannot be read
    return "".join(letter if letter.isprintable() or letter in joins else "�" for letter in _lines(text)).strip()


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")


def placed(known: Known, table: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """standing, links -> with `incidents`: which incidents of these links each entry is about now.

    An incident's id is made of its observations, so that it is another one as soon as somebody else tells of it, too.
    What was filed follows it: to every incident that holds an observation of the one that was meant then.
    """
    now = _followed(known, links)
    found = [list(dict.fromkeys(i for part in now[n] for i in part)) for n in table["entry"]]
    return table.with_columns(incidents=pl.Series("incidents", found, pl.List(pl.String)))


def _followed(known: Known, links: pl.DataFrame) -> dict[int, list[list[str]]]:
    """entry -> for each of its subjects, the incidents of these links that it is about."""
    wanted = {o for said in known.filed.values() for part in said["about"] for o in part["observations"]}
    mine = links.filter(pl.col("observation").is_in(list(wanted)))
    of = dict(mine.select("observation", "incident").rows())
    return {
        n: [list(dict.fromkeys(of[o] for o in part["observations"] if o in of)) for part in said["about"]]
        for n, said in known.filed.items()
    }


def settled(known: Known, agreement: str, links: pl.DataFrame) -> pl.DataFrame:
    """Standing judgements under an agreement -> settled(subject, agreement, term, reading, doubt, value, who, entry).

    subject: the incident as these links have it, or the finding that was judged. A judgement follows its incident where
    one incident still holds all that was looked at then; else it waits for a person to look again, and is not here.
    term and reading are null where it holds for all of them; value is 1, 0 or, where the person is unsure, null.
    """
    now = _followed(known, links)
    rows = []
    for n in _standing_judgements(known, agreement):
        said, (about,) = known.filed[n], known.filed[n]["about"]
        subject = about["id"]
        if about["is"] == "incident":
            here = now[n][0]
            gone = len(here) != 1 or set(about["observations"]) - set(links["observation"])
            if gone:
                continue
            subject = here[0]
        under = agreement, said["term"], said["reading"]
        rows.append((subject, *under, said["doubt"], _VALUE[said["call"]], said["by"], n))
    return pl.DataFrame(rows, schema=SETTLED, orient="row")


def judgements(known: Known, agreement: str) -> list[str]:
    """The hashes of the standing judgements under an agreement: what a run of assess that heeds them was made of."""
    return [known.entries[n].body_hash for n in _standing_judgements(known, agreement)]


def _standing_judgements(known: Known, agreement: str) -> list[int]:
    mine = [n for n, said in known.filed.items() if known.entries[n].kind == "judgement"]
    gone = set(succession(known)[0].values())
    return [n for n in mine if n not in gone and known.filed[n]["agreement"] == agreement]


def of_matter(table: pl.DataFrame, entry: int) -> pl.DataFrame:
    """standing -> the rows of the matter that an entry belongs to."""
    return table.filter(pl.col("matter") == pl.col("matter").filter(pl.col("entry") == entry).first())


def inputs_of_casework(known: Known, agreement: str) -> dict[str, list[str]]:
    """What a report shows of case work, by its names in the log: entries' bodies, and the captures of the words.

    Empty where there is none, as in reports of cases before there was any.
    """
    mine = [n for n, said in known.filed.items() if said["agreement"] == agreement]
    texts = [known.filed[n]["text"] for n in mine]
    told = {"casework": [known.entries[n].body_hash for n in mine]}
    return {**told, "words": [text for text in texts if text not in known.withheld]} if mine else {}
