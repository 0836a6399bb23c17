"""Step 1, in parts: who is bound, what is barred, owed or excepted, and what each party made of the agreement."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from trucewatch.assess.model import GRADES, STATUSES, Exemption, Party, Requirement, Status, Umbrella
from trucewatch.assess.moments import told as timed
from trucewatch.base.calendar import length
from trucewatch.base.document import Lined, shown
from trucewatch.base.errors import UnknownName
from trucewatch.kinds import ACT_WORDS, ACTS, TARGETS

BARS_FIELDS = ("acts", "targets", "weapons", "calibre_mm")
_SECONDS: Mapping[str, float] = {"s": 1, "min": 60, "h": 3600, "day": 86400, "days": 86400}
_LASTS = re.compile(r"^(\d+(?:\.\d+)?) ?(s|min|h|days?)$")
_NO_CALIBRE: tuple[float | None, float | None] = (None, None)
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
        top.faults.add(top.fail("parties", "has fewer than two parties", "each side by its own formal name"))
    seen: set[str] = {text_reading}
    for party in made:
        for folded, name in {n.casefold(): n for n in (party.id, party.name, *party.also) if n}.items():
            if folded in seen:
                top.faults.add(top.fail("parties", f"the name {name!r} stands for two parties"))
            seen.add(folded)
    return tuple(made)


def umbrellas(top: Lined, parties: tuple[Party, ...]) -> tuple[Umbrella, ...]:
    """Names that sources use for several parties together."""
    known = {party.id for party in parties}
    taken = {name.casefold() for party in parties for name in (party.id, party.name, *party.also)}
    made = []
    for item in top.items_of("umbrella"):
        name = item.only(("name", "of")).take(partial(item.text, "name", "the name that sources use"), "")
        of = item.take(partial(item.words, "of"), None)
        _among(item, "of", "party", of or [], known)
        if of is not None and len(set(of)) < 2:
            told = item.fail("of", f"{name!r} stands for fewer than two parties", "two or more; one is in `also`")
            item.faults.add(told)
        if name.casefold() in taken:
            item.faults.add(item.fail("name", f"the name {name!r} stands for a party or an umbrella already"))
        taken |= {name.casefold()} - {""}
        made.append(Umbrella(name, tuple(of or ())))
    return tuple(made)


def status(top: Lined, known: Collection[str]) -> tuple[Status, ...]:
    """What each party made of the agreement, in the order in which it did."""
    return tuple(_status(item, known) for item in top.items_of("status"))


def _status(item: Lined, known: Collection[str]) -> Status:
    """Where a fault was noted, what stands in its place is never read: the file is refused."""
    take = item.only(("party", "is", "on", "says", "source", "grade")).take
    party = take(partial(item.text, "party", "a party's id"), "")
    if party:
        _among(item, "party", "party", [party], known)
    if item.get("is") is None:
        item.faults.add(item.fail("is", "does not say what the party made of it", f"one of {', '.join(STATUSES)}"))
    return Status(
        party=party,
        is_=take(partial(item.one_of, "is", "status", STATUSES), None) or "",
        on=take(partial(item.optional, "on"), None),
        says=take(partial(item.optional, "says"), None),
        source=take(partial(item.text, "source", "where that can be read"), ""),
        grade=take(partial(grade, item), None),
    )


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
    """Note each name that is not known. Where none is, or one has no id, that is the fault, and it was told."""
    for name in names:
        if known and name not in known and "" not in known:
            item.faults.add(UnknownName(noun, name, known, file=item.file, row=item.where(key), field=key))


def bars(item: Lined, default: tuple[str, ...], owes: bool) -> dict[str, Any]:
    """What is barred: acts, targets, weapons, calibre_mm. `default`: the acts of that kind of term."""
    told = item.mapping("bars").only(BARS_FIELDS)
    none = list[str]()
    said = told.take(partial(told.words, "acts"), None)
    _among(told, "acts", "act", said or none, tuple(ACT_WORDS))
    targets = told.take(partial(told.words, "targets"), none)
    _among(told, "targets", "target", targets, TARGETS)
    if said == [] and not default and not owes and set(told) <= set(BARS_FIELDS):
        expected = f"bars: {{acts: [armed]}} for every use of weapons, or a list of acts ({', '.join(ACTS)})"
        told.faults.add(told.fail("acts", "bars no acts", expected))
    acts = [act for word in said or none for act in ACT_WORDS.get(word, ())] or list(default)
    return {
        "acts": tuple(dict.fromkeys(acts)),
        "targets": tuple(dict.fromkeys(targets)),
        "weapons": tuple(word.casefold() for word in told.take(partial(told.words, "weapons"), none)),
        "calibre_mm": told.take(partial(_calibre, told), _NO_CALIBRE),
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
    take = told.take
    what = take(partial(told.text, "what", "what is owed, as fuel ships"), "")
    least, most = (take(partial(told.number, key), None) for key in ("at_least", "at_most"))
    of = take(partial(told.words, "of"), list[str]())
    _among(told, "of", "act", of, tuple(ACT_WORDS))
    if what and all(told.get(key) in (None, []) for key in ("at_least", "at_most", "of")):
        expected = "at_least, at_most, or of (acts to be told of)"
        told.faults.add(told.fail("what", f"does not say how many {what} are owed", expected))
    if least is not None and most is not None and most < least:
        told.faults.add(told.fail("at_most", f"{most:g} is below at_least", f"at least {least:g}"))
    each = take(partial(told.optional, "each"), None)
    if each is not None:
        take(partial(timed, told, "each", partial(length, each)), None)
    at_once = take(partial(told.flag, "at_once", False), False)
    if at_once and each is not None:
        told.faults.add(told.fail("at_once", "a cap at any one time has no period", "each or at_once: true, not both"))
    return Requirement(
        what=what,
        unit=take(partial(told.optional, "unit"), None) or what,
        at_least=least,
        at_most=most,
        each=each,
        at_once=at_once,
        of=tuple(dict.fromkeys(act for word in of for act in ACT_WORDS.get(word, ()))),
        before_s=take(partial(lasts, told, "before"), None),
    )


def exemptions(item: Lined, known: Collection[str]) -> tuple[Exemption, ...]:
    """Exceptions and permitted acts."""
    return tuple(_exemption(part, known) for part in item.items_of("unless"))


def _exemption(part: Lined, known: Collection[str]) -> Exemption:
    take = part.only(("says", "article", "clears", "acts", "parties", "within", "within_m", "needs")).take
    none = list[str]()
    acts, names = (take(partial(part.words, key), none) for key in ("acts", "parties"))
    _among(part, "acts", "act", acts, tuple(ACT_WORDS))
    _among(part, "parties", "party", names, known)
    return Exemption(
        says=take(partial(part.text, "says", "what is excepted"), ""),
        article=take(partial(part.optional, "article"), None),
        clears=take(partial(part.flag, "clears", True), True),
        acts=tuple(dict.fromkeys(act for word in acts for act in ACT_WORDS.get(word, ()))),
        parties=tuple(names),
        within_s=take(partial(lasts, part, "within"), None),
        within_m=take(partial(part.number, "within_m"), None),
        needs=tuple(take(partial(part.words, "needs"), none)),
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
