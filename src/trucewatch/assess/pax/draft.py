"""One row of PA-X -> the draft of an agreement, as a dictionary that is ready for YAML; or why there is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from trucewatch.assess.pax.codes import CODES, LEVELS, MEANT, PARENTS, Code
from trucewatch.assess.pax.sides import Sides, by_hand, doubted, sides
from trucewatch.assess.pax.titles import by_title

ROW = "the row cannot be read"
NOTHING = "nothing is coded that a term could say"
NOBODY = "no parties are named"
ONE = "fewer than two parties"
UNTOLD = "the parties cannot be told"
"""Why a row makes no draft."""
NAMELESS = (NOBODY, ONE, UNTOLD)
"""Reasons that leave a draft to be had whose parties people type in."""
_UNKNOWN = "unknown"
_TAKEN = {"text", "all", "nobody", "party-1", "party-2"}
"""Words of the format, and ids of placeholders, that no party may have as its id."""
_NOWHERE = "PA-X's coding does not say where"
_BY_HAND = "Parties are as whoever made the draft named them; who"
_BY_LIST = "Parties are as PA-X lists them; who"
_BY_TITLE = "Parties are those that the title says it is between, and more may have signed; who"


@dataclass(frozen=True)
class Draft:
    """One row as a draft. kinds: those of its terms; untold: coded, and not in any of its terms.

    unnamed: its parties are placeholders, for they could not be told.
    """

    agreement: str
    agt_id: str
    title: str
    stage: str
    kinds: tuple[str, ...]
    untold: tuple[str, ...]
    document: Mapping[str, Any]
    unnamed: bool = False


@dataclass(frozen=True)
class Problem:
    """One row that makes no draft. `reason` is one of those above, `what` the fault in full; kinds: as of a draft."""

    agt_id: str
    title: str
    stage: str
    reason: str
    what: str
    kinds: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()


class _Unreadable(Exception):
    """A cell of the row says what it cannot say."""


def draft(row: Mapping[str, str], version: str, named: Sequence[str] = ()) -> Draft | Problem:
    """A row of PA-X (column -> text) -> its draft, or its problem. named: its parties, where somebody has read them.

    The draft says what the coding says and no more: where and when its terms hold is unknown.
    """
    agt_id, title, stage = (_plain(row.get(name) or "") for name in ("AgtId", "Agt", "Stage"))
    try:
        signed, coded = _day(row.get("Dat") or ""), coded_in(row)
        if not re.fullmatch(r"\d{1,9}", agt_id) or not title:
            raise _Unreadable("it has no AgtId" if title else "it has no title")
    except _Unreadable as wrong:
        return Problem(agt_id, title, stage, ROW, str(wrong))
    made, untold = _terms_and_rest(coded)
    kinds = tuple(dict.fromkeys(str(code.drafts["kind"]) for code in made if code.drafts))
    told = (kinds, tuple(code.column for code in untold))
    if not made:
        return Problem(agt_id, title, stage, NOTHING, _nothing(untold), *told)
    agreed = by_hand(named) if named else _agreed(row, title)
    if agreed.problem is not None:
        reason = UNTOLD if agreed.problem.startswith(("the parties", "its list")) else NOBODY
        return Problem(agt_id, title, stage, ONE if agreed.names else reason, agreed.problem, *told)
    whose = _BY_HAND if named else _BY_TITLE if agreed.by_title else _BY_LIST
    document = _document(row, version, signed, _parties(agreed.names), ("", whose))
    return Draft(f"pax-{agt_id}", agt_id, title, stage, *told, document)


def unnamed(row: Mapping[str, str], version: str, problem: Problem) -> Draft:
    """A row whose parties could not be told, and its problem -> its draft with two placeholders for its parties.

    problem: of one of NAMELESS, so all else in the row can be read. Nothing of `Part` comes into the draft.
    """
    parties = [
        {"id": f"party-{n}", "name": f"Unnamed party {n}: PA-X's coding does not name it, so it has to be typed in"}
        for n in (1, 2)
    ]
    first = (
        "The parties have to be typed in: PA-X's coding does not name them, two stand here as placeholders, and there "
        "may be more, or only one."
    )
    document = _document(row, version, _day(row.get("Dat") or ""), parties, (first, "Who"))
    about = (problem.agt_id, problem.title, problem.stage, problem.kinds, problem.untold)
    return Draft(f"pax-{problem.agt_id}", *about, document, unnamed=True)


def _agreed(row: Mapping[str, str], title: str) -> Sides:
    """Who agreed: as the list tells; else as the title tells, where the parties themselves signed."""
    part = row.get("Part") or ""
    agreed = sides(part, title, row.get("Con") or "")
    if agreed.problem is None or not (row.get("Status") or "").startswith("Multiparty") or doubted(part):
        return agreed
    return by_title(title, part, row.get("Con") or "") or agreed


def _terms_and_rest(coded: Sequence[Code]) -> tuple[tuple[Code, ...], tuple[Code, ...]]:
    """Codes -> those that make a term, and those of which a one does not tell enough for any."""
    # What is provided for need not be said in general words too.
    provided = any(code.column == "CeProv" for code in coded)
    made = tuple(code for code in coded if code.drafts is not None and not (provided and code.column == "CeGen"))
    return made, tuple(code for code in coded if code.drafts is None)


def _document(
    row: Mapping[str, str], version: str, signed: str, parties: list[dict[str, Any]], whose: tuple[str, str]
) -> dict[str, Any]:
    """The draft as a file has it. whose: the first words of its notes, and how the parties were found."""
    agt_id, title = (_plain(row.get(name) or "") for name in ("AgtId", "Agt"))
    made, untold = _terms_and_rest(coded_in(row))
    source = f"PA-X agreement {agt_id}, version {version}"
    return {
        "agreement": f"pax-{agt_id}",
        "title": title,
        "signed": signed,
        "source": source,
        "grade": "report",
        "published": True,
        **({"form": "mutual"} if (row.get("Status") or "").startswith("Multiparty") else {}),
        "parties": parties,
        "others": True,
        "when": {"since": _UNKNOWN, "until": _UNKNOWN},
        "terms": [_term(code, row, source) for code in made],
        "notes": _notes(row, untold, *whose),
    }


def coded_in(row: Mapping[str, str]) -> tuple[Code, ...]:
    """The codes that the row has, in their order. A ceasefire that is coded without saying which is a general one."""
    found = {code.column: _value(row, code.column, code.top) for code in CODES}
    levels = {name: _value(row, name, 3) for name in PARENTS}
    if levels["Ce"] and not found["CeProv"] and not found["CeGen"]:
        found["CeGen"] = 1
    return tuple(code for code in CODES if found[code.column])


def _plain(said: str) -> str:
    """One line, without what would move a cursor."""
    return "".join(sign for sign in " ".join(said.split()) if sign.isprintable())


def _value(row: Mapping[str, str], column: str, top: int) -> int:
    said = (row.get(column) or "").strip()
    if not re.fullmatch(r"[0-3](?:\.0)?", said) or int(said[0]) > top:
        raise _Unreadable(f"{column} is {said!r}; expected a whole number from 0 to {top}")
    return int(said[0])


def _day(said: str) -> str:
    """`19/09/2014` or `2014-09-19` -> `2014-09-19`."""
    parts = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", said.strip())
    try:
        day = date(int(parts[3]), int(parts[2]), int(parts[1])) if parts else date.fromisoformat(said.strip())
    except ValueError:
        raise _Unreadable(f"Dat is {said!r}; expected a day, as 31/12/2017") from None
    return day.isoformat()


def _parties(names: Sequence[tuple[str, str | None]]) -> list[dict[str, Any]]:
    """Names and short forms -> parties. No id or name stands for two."""
    taken = set(_TAKEN) | {part.casefold() for pair in names for part in pair if part}
    made = []
    for name, short in names:
        plain = unicodedata.normalize("NFKD", short or name).encode("ascii", "ignore").decode()
        slug = "-".join(re.findall(r"[a-z0-9]+", plain.lower())[:5]) or "party"
        own = {name.casefold(), (short or name).casefold()}
        n, id_ = 1, slug
        while id_ in taken - (own - _TAKEN):
            n, id_ = n + 1, f"{slug}-{n + 1}"
        taken.add(id_)
        made.append({"id": id_, "name": name, **({"also": [short]} if short and short != name else {})})
    return made


def _term(code: Code, row: Mapping[str, str], source: str) -> dict[str, Any]:
    said = dict(code.drafts or {})
    id_, kind, says = said.pop("id"), said.pop("kind"), said.pop("says")
    return {
        "id": id_,
        "kind": kind,
        "article": f"not told (PA-X {code.column})",
        "says": f"{says}{_level(code, row)}",
        "source": f"{source}, coding of {code.column}",
        "grade": "report",
        "binds": "all",
        **said,
        "where": {"unknown": True, "says": _NOWHERE},
    }


def _level(code: Code, row: Mapping[str, str]) -> str:
    column = code.parent or (code.column if code.top > 1 else None)
    level = _value(row, column, 3) if column else 0
    return f" Coded {column} {level}: {LEVELS[level]}." if level else ""


def _nothing(untold: Sequence[Code]) -> str:
    return f"nothing is coded that a term could say{_listed(untold)}"


def _listed(untold: Sequence[Code]) -> str:
    return f" (coded: {', '.join(code.column for code in untold)})" if untold else ""


def _notes(row: Mapping[str, str], untold: Sequence[Code], first: str, whose: str) -> str:
    third = (row.get("ThrdPart") or "").strip().rstrip(".").casefold() not in ("", "none", "na", "n/a")
    made = [first] if first else []
    made += [
        "Draft made from PA-X's coding, not from the text: read the text and finish it before judging by it.",
        "Its terms have no place and no time, for the coding has none, so nothing is ever surely found under it.",
        f"{whose} is bound by what is not coded.",
        "That others fight there too is assumed, so that an act by nobody named is not taken for a party's.",
    ]
    made += ["PA-X names third parties, which are not read here."] if third else []
    if untold:
        parts = (f"{c.column}, {c.means} ({c.lacks or 'the coding does not say what is owed'})" for c in untold)
        made.append(f"Coded and not said by any term: {'; '.join(parts)}.")
    if (row.get("CeProv") or "").startswith("1"):
        kinds = ", ".join(kind.replace("_", " ") for kind in MEANT["CeProv"].kinds[1:])
        made.append(f"PA-X has one code for all that a ceasefire provides: look in the text for {kinds}.")
    return " ".join(made)
