"""Step 1, in parts: who is bound, what is barred, owed or excepted, and what each party made of the agreement."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from trucewatch.assess.document import Lined, shown
from trucewatch.assess.model import GRADES, STATUSES, Exemption, Party, Requirement, Status, Umbrella
from trucewatch.assess.moments import told as timed
from trucewatch.base.calendar import length
from trucewatch.base.errors import UnknownName
from trucewatch.kinds import ACT_WORDS, ACTS, TARGETS

BARS_FIELDS = ("acts", "targets", "weapons", "calibre_mm")
_SECONDS: Mapping[str, float] = {"s": 1, "min": 60, "h": 3600, "day": 86400, "days": 86400}
_LASTS = re.compile(r"^(\d+(?:\.\d+)?) ?(s|min|h|days?)$")
_LENGTH = "a length of time, as 30 min, 48 h or 7 days"


def parties(top: Lined, text_reading: str) -> tuple[Party, ...]:
    """The parties, each by the formal name that it uses itself. No name may stand for two."""
    made = []
    for item in top.items_of("parties"):
        item.only(("id", "name", "also"))
        made.append(
            Party(
                item.take(partial(item.text, "id", "a short id"), ""),
                item.take(partial(item.text, "name", "its formal name"), ""),
                tuple(item.take(partial(item.words, "also"), [])),
            )
        )
    if len(made) < 2:
        raise top.fail("parties", "has fewer than two parties", "each side by its own formal name")
    seen: set[str] = {text_reading}
    for party in made:
        for folded, name in {n.casefold(): n for n in (party.id, party.name, *party.also) if n}.items():
            if folded in seen:
                raise top.fail("parties", f"the name {name!r} stands for two parties")
            seen.add(folded)
    return tuple(made)


def umbrellas(top: Lined, parties: tuple[Party, ...]) -> tuple[Umbrella, ...]:
    """Names that sources use for several parties together."""
    known = {party.id for party in parties}
    taken = {name.casefold() for party in parties for name in (party.id, party.name, *party.also)}
    made = []
    for item in top.items_of("umbrella"):
        name, of = item.only(("name", "of")).text("name", "the name that sources use"), item.words("of")
        _among(item, "of", "party", of, known)
        if len(set(of)) < 2:
            raise item.fail("of", f"{name!r} stands for fewer than two parties", "two or more; one is in `also`")
        if name.casefold() in taken:
            raise item.fail("name", f"the name {name!r} stands for a party or an umbrella already")
        taken.add(name.casefold())
        made.append(Umbrella(name, tuple(of)))
    return tuple(made)


def status(top: Lined, known: Collection[str]) -> tuple[Status, ...]:
    """What each party made of the agreement, in the order in which it did."""
    made = [item.take(partial(_status, item, known), None) for item in top.items_of("status")]
    return tuple(one for one in made if one)


def _status(item: Lined, known: Collection[str]) -> Status | None:
    item.only(("party", "is", "on", "says", "source", "grade"))
    party = item.text("party", "a party's id")
    _among(item, "party", "party", [party], known)
    said = item.one_of("is", "status", STATUSES)
    if said is None:
        raise item.fail("is", "does not say what the party made of it", f"one of {', '.join(STATUSES)}")
    source = item.text("source", "where that can be read")
    return Status(party, said, item.optional("on"), item.optional("says"), source, grade(item))


def grade(item: Lined) -> str | None:
    """How good the source is; None where not told."""
    return item.one_of("grade", "grade", GRADES)


def binds(item: Lined, parties: tuple[Party, ...]) -> tuple[str, ...]:
    """Ids of the parties bound; none of them where a reading says that nobody is."""
    said = item.get("binds", "all")
    if said == "all":
        return tuple(party.id for party in parties)
    if said == "nobody":
        return ()
    names = item.words("binds")
    _among(item, "binds", "party", names, {party.id for party in parties})
    if not names:
        raise item.fail("binds", "binds nobody", "all, a list of parties, or the word nobody")
    return tuple(names)


def toward(item: Lined, parties: tuple[Party, ...]) -> tuple[str, ...]:
    """Ids of the parties to whom it is owed; empty where the text does not say."""
    names = item.words("toward")
    _among(item, "toward", "party", names, {party.id for party in parties})
    return tuple(names)


def _among(item: Lined, key: str, noun: str, names: list[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownName(noun, name, known, file=item.file, row=item.where(key), field=key)


def bars(item: Lined, default: tuple[str, ...], owes: bool) -> dict[str, Any]:
    """What is barred: acts, targets, weapons, calibre_mm. `default`: the acts of that kind of term."""
    told = item.mapping("bars").only(BARS_FIELDS)
    said = told.words("acts")
    _among(told, "acts", "act", said, tuple(ACT_WORDS))
    targets = told.words("targets")
    _among(told, "targets", "target", targets, TARGETS)
    if not said and not default and not owes and set(told) <= set(BARS_FIELDS):
        expected = f"a list of acts ({', '.join(ACTS)}) or armed for every use of weapons"
        raise told.fail("acts", "bars no acts", expected)
    acts = [act for word in said for act in ACT_WORDS[word]] or list(default)
    return {
        "acts": tuple(dict.fromkeys(acts)),
        "targets": tuple(dict.fromkeys(targets)),
        "weapons": tuple(word.casefold() for word in told.words("weapons")),
        "calibre_mm": _calibre(told),
    }


def _calibre(told: Lined) -> tuple[float | None, float | None]:
    said = told.mapping("calibre_mm").only(("from", "below"))
    low, high = said.number("from"), said.number("below")
    if "calibre_mm" in told and low is None and high is None:
        raise told.fail(
            "calibre_mm", "has neither from nor below", "millimetres: from (included), below (not included)"
        )
    if low is not None and high is not None and high <= low:
        raise said.fail("below", f"{high:g} mm is not above {low:g} mm", "more than from")
    return low, high


def requires(item: Lined) -> Requirement | None:
    """What is owed; None where the term owes nothing."""
    if item.get("requires") is None:
        return None
    told = item.mapping("requires").only(
        ("what", "unit", "at_least", "at_most", "each", "at_once", "of", "before")
    )  # fmt: skip
    what = told.text("what", "what is owed, as fuel ships")
    least, most = told.number("at_least"), told.number("at_most")
    of = told.words("of")
    _among(told, "of", "act", of, tuple(ACT_WORDS))
    if least is None and most is None and not of:
        raise told.fail(
            "what", f"does not say how many {what} are owed", "at_least, at_most, or of (acts to be told of)"
        )
    if least is not None and most is not None and most < least:
        raise told.fail("at_most", f"{most:g} is below at_least", f"at least {least:g}")
    each = told.optional("each")
    if each is not None:
        timed(told, "each", partial(length, each))
    if told.flag("at_once", False) and each is not None:
        raise told.fail("at_once", "a cap at any one time has no period", "each or at_once: true, not both")
    return Requirement(
        what=what,
        unit=told.optional("unit") or what,
        at_least=least,
        at_most=most,
        each=each,
        at_once=told.flag("at_once", False),
        of=tuple(dict.fromkeys(act for word in of for act in ACT_WORDS[word])),
        before_s=lasts(told, "before"),
    )


def exemptions(item: Lined, known: Collection[str]) -> tuple[Exemption, ...]:
    """Exceptions and permitted acts."""
    return tuple(_exemption(part, known) for part in item.items_of("unless"))


def _exemption(part: Lined, known: Collection[str]) -> Exemption:
    part.only(("says", "article", "clears", "acts", "parties", "within", "within_m", "needs"))
    acts, names = part.words("acts"), part.words("parties")
    _among(part, "acts", "act", acts, tuple(ACT_WORDS))
    _among(part, "parties", "party", names, known)
    article = part.get("article")
    return Exemption(
        says=part.text("says", "what is excepted"),
        article=None if article is None else str(article),
        clears=part.flag("clears", True),
        acts=tuple(dict.fromkeys(act for word in acts for act in ACT_WORDS[word])),
        parties=tuple(names),
        within_s=lasts(part, "within"),
        within_m=part.number("within_m"),
        needs=tuple(part.words("needs")),
    )


def lasts(item: Lined, key: str) -> float | None:
    """A length of time in seconds; None where it is absent."""
    said = item.get(key)
    if said is None:
        return None
    found = _LASTS.match(said.strip()) if isinstance(said, str) else None
    if found is None:
        raise item.fail(key, f"{shown(said)} is not a length of time", _LENGTH)
    return float(found[1]) * _SECONDS[found[2]]
