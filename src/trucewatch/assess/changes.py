"""What a revision changes, in plain words: whose obligations grew, shrank or moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import shapely

from trucewatch.assess.matched import matched
from trucewatch.assess.model import TEXT, Agreement, Exemption, Reading, Requirement, Term, When, Where
from trucewatch.assess.moments import EVER, NEVER
from trucewatch.base.spans import without

GREW, SHRANK, MOVED, WORDS = "grew", "shrank", "moved", "reworded"


@dataclass(frozen=True)
class Change:
    """One difference. party: whose obligation it is, None where it is nobody's in particular; how: grew, shrank, moved
    or reworded; reading: under whose reading; words: what changed, for people."""

    party: str | None
    how: str
    article: str
    term: str
    reading: str
    words: str


def changes(old: Agreement, new: Agreement) -> tuple[Change, ...]:
    """Two editions, or two agreements -> their differences, in the order of the new one; those of the old one last.

    Terms are matched by id; else, where that is unique in both, by article and kind in two editions of one agreement,
    by what they bar or ask for in two agreements, which count their articles each for itself. Nothing is said of what
    a change is worth: more days, more ground, more acts or fewer exceptions is more; a line in another place is moved.
    Titles, sources, grades, notes and counts oblige nobody, and are not compared.
    """
    made: list[Change] = list(_standing(old, new))
    pairs = list(matched(old, new))
    for before, after in pairs:
        made += _term(before, after, {p.id: p.name for a in (old, new) for p in a.parties}, old.id == new.id)
    return tuple(made)


def _standing(old: Agreement, new: Agreement) -> Iterator[Change]:
    """Parties, form and status."""
    names = {party.id: party.name for a in (old, new) for party in a.parties}
    for party in new.parties:
        if party.id not in {p.id for p in old.parties}:
            yield Change(party.id, MOVED, "", "", TEXT, f"{party.name} is a party now")
    for party in old.parties:
        if party.id not in {p.id for p in new.parties}:
            yield Change(party.id, MOVED, "", "", TEXT, f"{party.name} is no party any more")
    if old.form != new.form:
        yield Change(
            None, MOVED, "", "", TEXT, f"the form was {old.form or 'not told'} and is {new.form or 'not told'}"
        )
    before, after = ({s.party: s.is_ for s in a.status} for a in (old, new))
    for who in {**after, **before}:
        if before.get(who) != after.get(who):
            told = f"{names[who]}: {before.get(who) or 'nothing told'} before, {after.get(who) or 'nothing told'} now"
            yield Change(who, MOVED, "", "", TEXT, told)
    yield from _called(old, new, names)
    if old.others != new.others:
        was, is_ = ("told of" if a.others else "not told of" for a in (old, new))
        told = f"armed groups that are no party: {was} before, {is_} now"
        yield Change(None, MOVED, "", "", TEXT, told)
    if old.reporting_day != new.reporting_day:
        was, is_ = ("at {} ({})".format(*a.reporting_day) if a.reporting_day else "at midnight" for a in (old, new))
        yield Change(None, MOVED, "", "", TEXT, f"the reporting day began {was} before, begins {is_} now")


def _called(old: Agreement, new: Agreement, names: dict[str, str]) -> Iterator[Change]:
    """The names by which sources tell the parties, alone and together: an act is laid to a party by them."""
    others = {party.id: party for party in old.parties}
    for party in new.parties:
        was = others.get(party.id, party)
        if {was.name, *was.also} != {party.name, *party.also}:
            before, after = (", ".join((*also, *name)) or "no other names" for also, name in (
                (was.also, () if was.name == party.name else (was.name,)), (party.also, ()),
            ))  # fmt: skip
            told = f"{party.name}: was told by {before}, is told by {after} now"
            yield Change(party.id, MOVED, "", "", TEXT, told)
    before_, after_ = ({u.name: ", ".join(names[who] for who in u.of) for u in a.umbrellas} for a in (old, new))
    for name in {**after_, **before_}:
        if before_.get(name) != after_.get(name):
            told = f"stands for {after_[name]} now" if name in after_ else "stands for nobody now"
            yield Change(None, MOVED, "", "", TEXT, f"the name {name} {told}")


def _term(old: Term | None, new: Term | None, names: dict[str, str], edition: bool) -> Iterator[Change]:
    one = new or old
    assert one is not None
    if old is None or new is None:
        how, told = (GREW, "is new") if old is None else (SHRANK, "is dropped")
        bound: tuple[str | None, ...] = one.readings[0].binds or (None,)
        for party in bound:
            yield Change(party, how, one.article, one.id, TEXT, f"the article {told}: {one.readings[0].says}")
        return
    before, after = ({r.who: r for r in t.readings} for t in (old, new))
    first = list(_reading(before[TEXT], after[TEXT], new, names, edition))
    yield from first
    seen = {(change.party, change.how, change.words) for change in first}
    if old.article != new.article:
        yield Change(None, WORDS, new.article, new.id, TEXT, f"the article was {old.article} and is {new.article}")
    if old.text != new.text:
        yield Change(None, WORDS, new.article, new.id, TEXT, "the verbatim text is not the same")
    if old.kind != new.kind:
        yield Change(None, MOVED, new.article, new.id, TEXT, f"the kind of term was {old.kind} and is {new.kind}")
    for who in after:
        name = names.get(who, who)
        if who not in before:
            told = f"{name} reads it otherwise now, in: {after[who].differs or 'words'}"
            yield Change(who, MOVED, new.article, new.id, who, told)
        elif who != TEXT:
            for change in _reading(before[who], after[who], new, names, edition):
                if (change.party, change.how, change.words) not in seen:
                    yield change
    for who in before:
        if who not in after:
            yield Change(
                who, MOVED, new.article, new.id, who, f"{names.get(who, who)} has no reading of its own any more"
            )


def _reading(old: Reading, new: Reading, term: Term, names: dict[str, str], edition: bool) -> Iterator[Change]:
    def said(party: str | None, how: str, words: str) -> Change:
        return Change(party, how, term.article, term.id, new.who, words)

    for party in new.binds:
        if party not in old.binds:
            yield said(party, GREW, f"{names[party]} is bound now")
    for party in old.binds:
        if party not in new.binds:
            yield said(party, SHRANK, f"{names[party]} is bound no longer")
    told = [
        *_listed("barred", old.acts, new.acts, None),
        *_listed("protected", old.targets, new.targets, "any target"),
        *_arms(old, new),
        *_where(old.where, new.where),
        *_when(old.when, new.when, edition),
        *_owed(old.requires, new.requires),
        *_exempt(old.exemptions, new.exemptions),
    ]
    if old.standard != new.standard:
        told.append((MOVED, f"the standard of proof was {old.standard or 'none'} and is {new.standard or 'none'}"))
    if old.toward != new.toward:
        was, is_ = (", ".join(names[who] for who in r.toward) or "nobody named" for r in (old, new))
        told.append((MOVED, f"owed to {was} before, to {is_} now"))
    for free in {**dict.fromkeys(new.freed), **dict.fromkeys(old.freed)}:
        if free not in old.freed or free not in new.freed:
            how = MOVED if not free.sure else SHRANK if free in new.freed else GREW
            holds = "holds itself" if free in new.freed else "no longer holds itself"
            yield said(free.party, how, f"{names[free.party]} {holds} free from {_at(free.at)} on")
    both: list[str | None] = [party for party in new.binds if party in old.binds]
    for how, words in told:
        for whose in both or [None]:
            yield said(whose, how, words)
    if not told and old.says != new.says:
        yield said(None, WORDS, f"was told as: {old.says} Is told as: {new.says}")
    if not told and old.where.says != new.where.says:
        yield said(None, WORDS, f"the ground was told as: {old.where.says} Is told as: {new.where.says}")


Told = Iterator[tuple[str, str]]


def _listed(what: str, old: tuple[str, ...], new: tuple[str, ...], every: str | None) -> Told:
    """A longer list is more. every: what an empty list stands for, where it narrows nothing."""
    if old == new:
        return
    if every and not old:
        yield SHRANK, f"{every} counted before, only {', '.join(new)} now"
    elif every and not new:
        yield GREW, f"only {', '.join(old)} counted before, {every} now"
    else:
        if more := [word for word in new if word not in old]:
            yield GREW, f"also {what} now: {', '.join(more)}"
        if less := [word for word in old if word not in new]:
            yield SHRANK, f"no longer {what}: {', '.join(less)}"


def _arms(old: Reading, new: Reading) -> Told:
    """A name or a calibre will do, so each adds to the other; where there is neither any weapon is meant."""
    before, after = (_weapons(reading) for reading in (old, new))
    if not before or not after:
        if before != after:
            yield (SHRANK, f"any weapon counted before, only {after} now") if after else (
                GREW, f"only {before} counted before, any weapon now"
            )  # fmt: skip
        return
    yield from _listed("meant", old.weapons, new.weapons, None)
    none = (None, None)
    if none not in (old.calibre_mm, new.calibre_mm):
        yield from _calibre(old.calibre_mm, new.calibre_mm)
    elif old.calibre_mm != new.calibre_mm:
        more = old.calibre_mm == none
        words = f"also meant now: {_range(new.calibre_mm)}" if more else f"no longer meant: {_range(old.calibre_mm)}"
        yield (GREW if more else SHRANK), words


def _weapons(reading: Reading) -> str:
    return ", ".join((*reading.weapons, *([_range(reading.calibre_mm)] if reading.calibre_mm != (None, None) else [])))


def _range(calibre: tuple[float | None, float | None]) -> str:
    parts = zip(("from", "below"), calibre, strict=True)
    return "calibres " + " ".join(f"{name} {_mm(value)}" for name, value in parts if value is not None)


def _calibre(old: tuple[float | None, float | None], new: tuple[float | None, float | None]) -> Told:
    for n, name, more in ((0, "from", -1), (1, "below", 1)):
        was, is_ = old[n], new[n]
        if was != is_:
            none = 0.0 if n == 0 else 1e9
            grows = ((none if is_ is None else is_) - (none if was is None else was)) * more > 0
            yield (GREW if grows else SHRANK), f"calibres {name} {_mm(was)} before, {name} {_mm(is_)} now"


def _mm(value: float | None) -> str:
    return "any" if value is None else f"{value:g} mm"


def _where(old: Where, new: Where) -> Told:
    if replace(old, says="") == replace(new, says=""):
        return
    if old.everywhere or new.everywhere:
        yield (GREW, "holds everywhere now") if new.everywhere else (SHRANK, f"holds only here now: {new.says}")
    elif (old.line, old.path, old.toward) == (new.line, new.path, new.toward) and old.side_m and new.side_m:
        if old.side_m != new.side_m:
            grows = new.side_m > old.side_m
            told = f"{old.side_m / 1000:g} km to each side before, {new.side_m / 1000:g} km now"
            yield (GREW if grows else SHRANK), told
        else:
            yield MOVED, f"the ground is known otherwise: {new.says}"
    elif old.line and new.line and old.line != new.line:
        yield MOVED, f"measured from {old.line} before, from {new.line} now"
    elif old.ring and (old.ring, old.holes, old.crs) == (new.ring, new.holes, new.crs):
        yield MOVED, f"the ground is known otherwise: {new.says}"
    elif old.ring and new.ring and old.crs == new.crs:
        before, after = (shapely.Polygon(w.ring, w.holes) for w in (old, new))
        more, less = after.covers(before), before.covers(after)
        how = MOVED if more == less else GREW if more else SHRANK
        yield how, f"the ground was: {old.says}; it is: {new.says}"
    else:
        yield MOVED, f"the ground was: {old.says}; it is: {new.says}"


def _when(old: When, new: When, edition: bool) -> Told:
    """edition: both are the same agreement; another one begins when it begins, which is neither more nor less."""
    if (old.may, old.sure) == (new.may, new.sure):
        return
    if len(old.may) != 1 or len(new.may) != 1:
        before, after = ([(span.start or EVER, span.end or NEVER) for span in when.may] for when in (old, new))
        more, less = without(after, before), without(before, after)
        how = MOVED if bool(more) == bool(less) or "unknown" in (old.ends, new.ends) else GREW if more else SHRANK
        yield how, f"in force {_spans(old)} before, {_spans(new)} now"
        return
    starts, ends = (old.since, new.since), (old.until, new.until)
    if starts[0] and starts[1] and starts[0] != starts[1] and _shifted(old, new):
        spans = [f"from {_at(when.since)} until {_at(when.until, when.ends)}" for when in (old, new)]
        yield MOVED, f"in force {spans[0]} before, {spans[1]} now"
        return
    if starts[0] != starts[1]:
        earlier = starts[1] is None or (starts[0] is not None and starts[1] < starts[0])
        how = MOVED if None in starts or not edition else GREW if earlier else SHRANK
        yield how, f"from {_at(starts[0])} before, from {_at(starts[1])} now"
    if ends[0] != ends[1] or old.ends != new.ends:
        later = ends[1] is None or (ends[0] is not None and ends[1] > ends[0])
        unknown = "unknown" in (old.ends, new.ends)
        told = f"until {_at(ends[0], old.ends)} before, until {_at(ends[1], new.ends)} now"
        yield (MOVED if unknown else GREW if later else SHRANK), told
    if starts[0] == starts[1] and ends[0] == ends[1] and old.ends == new.ends:
        yield MOVED, "it is surely in force in other hours than before"


def _shifted(old: When, new: When) -> bool:
    """As long as before, at another time; or a time of its own that the former does not reach."""
    if old.since is None or new.since is None:
        return False
    if (old.until and new.since >= old.until) or (new.until and old.since >= new.until):
        return True
    return bool(old.until and new.until) and new.until - new.since == old.until - old.since  # type: ignore[operator]


def _spans(when: When) -> str:
    first = f" (the first from {_at(when.since)}, the last until {_at(when.until, when.ends)})" if when.may else ""
    return f"in {len(when.may)} span{'s' if len(when.may) != 1 else ''}{first}"


def _at(moment: object, ends: str = "unknown") -> str:
    if moment is None:
        return "an open end" if ends == "open" else "a time not known"
    return f"{moment:%Y-%m-%d %H:%M}Z"


def _owed(old: Requirement | None, new: Requirement | None) -> Told:
    if old == new:
        return
    if old is None or new is None:
        yield (GREW, f"{new.what} is owed now") if new else (SHRANK, f"{old.what if old else ''} is owed no longer")
        return
    if any(getattr(old, name) != getattr(new, name) for name in ("what", "unit", "each", "of", "at_once")):
        yield MOVED, f"owed before: {_number(old)}; owed now: {_number(new)}"
        return
    if old.before_s != new.before_s:
        was, is_ = ((owed.before_s or 0) / 3600 for owed in (old, new))
        yield (GREW if is_ > was else SHRANK), f"{old.what}: {was:g} h beforehand before, {is_:g} h beforehand now"
    for name, more in (("at_least", 1), ("at_most", -1)):
        was, is_ = getattr(old, name), getattr(new, name)
        if was != is_:
            nothing = 0.0 if more == 1 else 1e12
            grows = ((nothing if is_ is None else is_) - (nothing if was is None else was)) * more > 0
            words = name.replace("_", " ")
            shown = ("no number" if value is None else f"{value:g}" for value in (was, is_))
            yield (GREW if grows else SHRANK), f"{old.what}: {words} {next(shown)} before, {next(shown)} now"


def _number(owed: Requirement) -> str:
    least = f" at least {owed.at_least:g}" if owed.at_least is not None else ""
    most = f" at most {owed.at_most:g}" if owed.at_most is not None else ""
    acts = f" before {', '.join(owed.of)}" if owed.of else ""
    beforehand = f", {owed.before_s / 3600:g} h beforehand" if owed.before_s else ""
    unit = f" {owed.unit}" if least or most else ""
    over = " at any one time" if owed.at_once else f" each {owed.each}" if owed.each else ""
    return f"{owed.what}{least}{most}{unit}{acts}{beforehand}{over}"


def _exempt(old: tuple[Exemption, ...], new: tuple[Exemption, ...]) -> Told:
    before, after = ([x for x in xs if x not in other] for xs, other in ((old, new), (new, old)))
    for exemption in after:
        same = [x for x in before if x.says == exemption.says]
        if len(same) == 1 and len([x for x in after if x.says == exemption.says]) == 1:
            before.remove(same[0])
            yield _changed(same[0], exemption)
        else:
            yield (SHRANK, f"excepted now: {exemption.says}") if exemption.clears else (
                MOVED, f"a remark now: {exemption.says}"
            )  # fmt: skip
    for exemption in before:
        yield (GREW, f"excepted no longer: {exemption.says}") if exemption.clears else (
            MOVED, f"no longer a remark: {exemption.says}"
        )  # fmt: skip


def _changed(old: Exemption, new: Exemption) -> tuple[str, str]:
    """An exception told by the same words. One that lets less off leaves more owed."""
    if old.clears != new.clears:
        return (SHRANK, f"an exception now, no remark: {new.says}") if new.clears else (
            GREW, f"a remark now, no exception: {new.says}"
        )  # fmt: skip
    some = [(set(a), set(b)) for a, b in ((old.acts, new.acts), (old.parties, new.parties)) if set(a) != set(b)]
    tighter = [not a or bool(b and b < a) for a, b in some]
    wider = [not b or bool(a and a < b) for a, b in some]
    for was, is_ in ((old.within_s, new.within_s), (old.within_m, new.within_m)):
        if was != is_:
            tighter.append(was is None or (is_ is not None and is_ < was))
            wider.append(is_ is None or (was is not None and was < is_))
    if set(old.needs) != set(new.needs):
        tighter.append(set(old.needs) < set(new.needs))
        wider.append(set(new.needs) < set(old.needs))
    if old.clears and tighter and all(tighter):
        return GREW, f"the exception is narrower now: {new.says}"
    if old.clears and wider and all(wider):
        return SHRANK, f"the exception is wider now: {new.says}"
    return MOVED, f"the exception is told otherwise now: {new.says}"


def tally(made: Iterable[Change]) -> dict[str, dict[str, int]]:
    """Changes -> party -> how -> how many, under the text's reading."""
    counts: dict[str, dict[str, int]] = {}
    for change in made:
        if change.party is not None and change.reading == TEXT and change.article:
            counts.setdefault(change.party, {}).setdefault(change.how, 0)
            counts[change.party][change.how] += 1
    return counts
