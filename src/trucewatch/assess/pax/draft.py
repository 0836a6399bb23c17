"""One row of PA-X -> the draft of an agreement, as a dictionary that is ready for YAML; or why there is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from trucewatch.assess.pax.codes import CODES, LEVELS, MEANT, PARENTS, Code
from trucewatch.assess.pax.sides import by_hand, sides

ROW = "the row cannot be read"
NOTHING = "nothing is coded that a term could say"
NOBODY = "no parties are named"
ONE = "fewer than two parties"
UNTOLD = "the parties cannot be told"
"""Why a row makes no draft."""
_UNKNOWN = "unknown"
_TAKEN = {"text", "all", "nobody"}
"""Words of the format that no party may have as its id."""
_NOWHERE = "PA-X's coding does not say where"


@dataclass(frozen=True)
class Draft:
    """One row as a draft. kinds: those of its terms; untold: coded, and not in any of its terms."""

    agreement: str
    agt_id: str
    title: str
    stage: str
    kinds: tuple[str, ...]
    untold: tuple[str, ...]
    document: Mapping[str, Any]


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
    # What is provided for need not be said in general words too.
    provided = any(code.column == "CeProv" for code in coded)
    made = tuple(code for code in coded if code.drafts is not None and not (provided and code.column == "CeGen"))
    untold = tuple(code for code in coded if code.drafts is None)
    kinds = tuple(dict.fromkeys(str(code.drafts["kind"]) for code in made if code.drafts))
    told = (kinds, tuple(code.column for code in untold))
    if not made:
        return Problem(agt_id, title, stage, NOTHING, _nothing(untold), *told)
    agreed = by_hand(named) if named else sides(row.get("Part") or "", title, row.get("Con") or "")
    if agreed.problem is not None:
        reason = UNTOLD if agreed.problem.startswith(("the parties", "its list")) else NOBODY
        return Problem(agt_id, title, stage, ONE if agreed.names else reason, agreed.problem, *told)
    source = f"PA-X agreement {agt_id}, version {version}"
    document = {
        "agreement": f"pax-{agt_id}",
        "title": title,
        "signed": signed,
        "source": source,
        "grade": "report",
        "published": True,
        **({"form": "mutual"} if (row.get("Status") or "").startswith("Multiparty") else {}),
        "parties": _parties(agreed.names),
        "others": True,
        "when": {"since": _UNKNOWN, "until": _UNKNOWN},
        "terms": [_term(code, row, source) for code in made],
        "notes": _notes(row, untold, bool(named)),
    }
    return Draft(f"pax-{agt_id}", agt_id, title, stage, *told, document)


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


def _notes(row: Mapping[str, str], untold: Sequence[Code], named: bool) -> str:
    third = (row.get("ThrdPart") or "").strip().rstrip(".").casefold() not in ("", "none", "na", "n/a")
    whose = "Parties are as whoever made the draft named them" if named else "Parties are as PA-X lists them"
    made = [
        "Draft made from PA-X's coding, not from the text: read the text and finish it before judging by it.",
        "Its terms have no place and no time, for the coding has none, so nothing is ever surely found under it.",
        f"{whose}; who is bound by what is not coded.",
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
