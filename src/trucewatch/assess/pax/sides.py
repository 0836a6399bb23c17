"""Who agreed, from PA-X's `Part`: a free text of names, offices and signatures -> parties' names, or why not.

A person is no party, and a list of signatures does not say for whom each signs. So only texts of a few plain forms are
split: each name after a word as "for" or "on behalf of"; names as headings with people below; a list in which each
item is a party by its own words, by the row's title or its places. All else is left to people, with what stood in the
way. Nothing is guessed: a text of which one line is not understood is not split at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

LONGEST = 120
"""Characters of a party's name; what is longer is a sentence."""
MOST = 25_000
"""Characters of a list of parties that is read: the longest of version 9 has 19,826."""
_DOUBT = (
    r"unsigned|not signed|no signature|unknown|unclear|unspecified|"
    r"not (?:specifically )?(?:named|noted|listed|visible)|"
    r"stakeholders?|various|other (?:parties|groups|participants|signatories)|"
    r"\d+ (?:other )?(?:signatories|parties|groups)|etc"
)
_BESIDE = (
    r"witness\w*|guarantors?|mediat\w+|facilitat\w+|observers?|in the presence of|participants?|referred to as|"
    r"chaired by|convened by"
)
_TROUBLE = re.compile(rf"\b(?:{_DOUBT}|{_BESIDE})\b", re.IGNORECASE)
"""Words under which it is in doubt who agreed; words for those who only stood by."""
_SIGNED = re.compile(
    r"[\[(][^\[\]()]*\b(?:signed|signatures?|signator\w+|sign|stamps?|seal|illegible|initialled|initialed|thumbprint)\b[^\[\]()]*[\])]"
    r"|^\s*(?:sd\.?|s/d|signed)\s*[:.]?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD = re.compile(
    r"^(?:page \d+\W+)?\W*(?:\w{1,3}[).]\s+)?(?:the )?(?:agreement was )?"
    r"(?:parties|signatories|signed(?: by)?|signatures|signing parties)\s*:\s*",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^[\s\-•·*‐–—>]*(?:\(?\d{1,2}[.)]\s+)?")
_ARTICLE = r"(?:the\s+|le\s+|la\s+|les\s+|el\s+|los\s+|las\s+|l['’])?"
_FOR = r"(?:for\s+and\s+on\s+behalf\s+of|on\s+behalf\s+of|on\s+the\s+side\s+of|for|pour|por|p\.\s?p\.)"
_STARTS = re.compile(
    rf"^(?:(?:signed|signatories|signatures?|members?|(?:on\s+)?the\s+part)\s+)?(?:{_FOR}|from|representing)"
    rf"(?:\s*:\s*|\s+){_ARTICLE}(?P<name>.+)$",
    re.IGNORECASE,
)
_INLINE = re.compile(
    rf"^(?P<who>.+?)(?:[,–-]\s*{_FOR}|\s+for(?=\s+the\s)|,?\s+on\s+behalf\s+of|,?\s+representing)(?:\s*:\s*|\s+){_ARTICLE}(?P<name>.+)$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(rf"\s*[(\[]\s*({_FOR}\s[^()\[\]]+)[)\]]\s*$", re.IGNORECASE)
_SIGNED_BY = re.compile(
    r"^(?P<name>[^,:]+?),?\s+(?:was\s+|were\s+)?(?:signed|represented|led)\s+by\s+\S", re.IGNORECASE
)
_DELEGATION = re.compile(
    r"(?:^|[,(]\s*|\s(?:and|&)\s+)(?:head|(?:co-)?leader)(?:,|\s+of)(?:\s+the)?\s+(?:"
    rf"delegation(?:\s+(?:of|from)\s+|\s*,\s*){_ARTICLE}(?P<of>[^,:]+)|"
    r"(?P<whose>[^,:]+?)\s+(?:(?:negotiating|peace)\s+)?delegation)\s*(?:$|[,:])",
    re.IGNORECASE,
)
"""Who heads a delegation signs for it; no mediator does."""
_AND_A_PERSON = re.compile(r"^[A-Z][A-Z0-9/&-]+(?: [A-Z/-]+)* [A-Z][a-zà-ÿ]+ [A-Z][\w'’-]+( [A-Z][\w'’-]+)*$")
"""A short form, or words in capitals, and what looks like a person behind it."""
_ANOTHER = re.compile(r"(?:and|y|et|repr[eé]sent\w+ (?:of|de|du|des))\b", re.IGNORECASE)
_SOME_SIDE = re.compile(
    r"^(?:(?:side|party|group) (?:\w|one|two|three)|(?:first|second|third|one|other|both) (?:side|party|group)s?)$",
    re.IGNORECASE,
)
_NAME_ENDS = re.compile(
    r"\s*(?::|,|\s[-–—]\s|\(?\b(?:signed|represented|led|représentée?|répresentée?|representado) (?:by|par|por)\b)\s*",
    re.IGNORECASE,
)
_NO_SHORT = re.compile(r"in opposition$", re.IGNORECASE)
_INITIALS = re.compile(r"\s(?:[A-Z]\.\s?){1,2}[A-Z][\w'’-]+(?:\s\d+)?$|\sSd$")
_PREFIX = re.compile(
    rf"^(?:(?:first|second|third) (?:party|side)\s*[-–:]\s*)?(?:for\s+)?"
    rf"(?:{_ARTICLE}(?:representatives?|delegat(?:es|ion)|members|leaders(?:hip)?)\s+(?:of|from)\s+)?{_ARTICLE}",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*,\s*(?:and\s+|y\s+|et\s+)?", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|y|et|&)\s+", re.IGNORECASE)
_GOVERNMENT = re.compile(r"(?:^(?:the |le |el )?|^.*\s)(?:governments?|govt|gouvernement|gobierno)\b.*", re.IGNORECASE)
_STATE = re.compile(r"\b(?:republic|state|kingdom|république|república)\b", re.IGNORECASE)
GROUP = re.compile(
    r"\b(governments?|govt|republic|kingdom|federation|union|movement|front|party|army|forces?|brigades?|battalions?|"
    r"militias?|council|committee|authority|authorities|organi[sz]ation|coalitions?|alliance|league|assembly|congress|"
    r"communit(?:y|ies)|tribes?|clans?|groups?|factions?|command|administration|side|emirate|corps|legion|guard|chamber|"
    r"villages?|gouvernement|république|mouvement|armée|parti|coordination|conseil|rassemblement|alliance|forces|"
    r"gobierno|república|ejército|movimiento|frente|partido|fuerzas|delegation|units)\b",
    re.IGNORECASE,
)
PERSON = re.compile(
    r"\b(minister|president|chairman|chairwoman|chairperson|chair|head|leader|commander|general|colonel|captain|major|"
    r"lieutenant|brigadier|secretary|ambassador|chief|director|coordinator|governor|mayor|deputy|representatives?|"
    r"spokes\w+|members?|dr|mr|mrs|ms|hon|sheikh|sheikhs|imam|bishop|gen|col|capt|lt|sir|negotiator|advis[eo]r|officer|"
    r"envoy|king|prince|excellency|elders?|by|ministre|président|chef|général|presidente|ministro|jefe|delegado|miembro|"
    r"delegados?|signed|behalf|represented|statement|enclosure|annex|agreement|protocol|declaration|page|ministers|presidents|commanders|leaders|heads)\b|\bH\.\s?E\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sides:
    """Parties' names with their short forms, or why there are none. by_title: the row's title says so, not its list."""

    names: tuple[tuple[str, str | None], ...] = ()
    problem: str | None = None
    by_title: bool = False


@dataclass(frozen=True)
class _Known:
    """What the row says of parties elsewhere: its places, and its title with the short forms in it."""

    places: frozenset[str]
    title: str
    short: frozenset[str] = field(default_factory=frozenset)

    def party(self, name: str) -> bool:
        """Is that the name of a party, by its words or by the row's?"""
        bare = bare_name(name)
        if not could_be(bare):
            return False
        folded = bare.casefold()
        # "A. B. of the Northern Army" is a person: the word for a group has to stand in the head of the name.
        if folded in self.places or bare in self.short or GROUP.search(re.split(r"\s(?:of|in)\s", bare)[0]):
            return True
        return len(bare) > 3 and bool(re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", self.title))


def sides(part: str, title: str, con: str) -> Sides:
    """`Part`, title and `Con` of a row -> its parties, or what stood in the way.

    >>> sides("For the Northern Front: A. B.; For the Government: C. D.", "Truce", "").names
    (('Northern Front', None), ('Government', None))
    >>> sides("A. Miller; B. Smith", "Truce", "").problem
    "the parties could not be told from the signatures: 'A. Miller' is no party by its own words"
    """
    if len(part) > MOST:
        return Sides(problem=f"its list of parties has {len(part):,} characters: who agreed is for people to read")
    plain = re.sub(r"[\u200b\ufeff\xad\r]", "", re.sub(r"[\u2028\u2029]", "\n", part.replace("\xa0", " ")))
    text = _SIGNED.sub("", "".join(sign for sign in plain if sign.isprintable() or sign in "\n\t"))
    if not text.strip():
        return Sides(problem="it names no parties")
    if found := _TROUBLE.search(part):
        return Sides(problem=f"its list of parties says {found[0]!r}: who agreed is for people to read")
    known = _known(title, con)
    lines = _lines(_HEAD.sub("", text.strip().strip('"“”')))
    names, stuck = _split(lines, known)
    if stuck is not None:
        return Sides(problem=f"the parties could not be told from the signatures: {stuck}")
    told = unlike(names)
    if len(told) < 2:
        return Sides(told, f"fewer than two parties: {told[0][0] if told else 'none'}")
    return Sides(told)


def _known(title: str, con: str) -> _Known:
    return _Known(
        frozenset(name.strip(" ()").casefold() for name in con.split("/")),
        " ".join(title.casefold().split()),
        frozenset() if title.isupper() else frozenset(re.findall(r"\b[A-Z][A-Z0-9/&-]{1,11}\b", title)),
    )


def doubted(part: str) -> bool:
    """Does the list say that somebody did not sign, or that more signed than it names?"""
    return bool(re.search(rf"\b(?:{_DOUBT})\b", part, re.IGNORECASE))


def party_like(part: str, title: str, con: str) -> list[str]:
    """What in the list looks like a party, before the first of those who only stood by; each once.

    >>> party_like("For the Northern Front: A. Miller; The Hill Army, B. Smith; witness: the River Army", "Truce", "")
    ['Northern Front', 'Hill Army']
    """
    known = _known(title, con)
    agreed = re.split(rf"\b(?:{_BESIDE})\b", part[:MOST], maxsplit=1, flags=re.IGNORECASE)[0]
    found = []
    for line in (line for block in _lines(agreed) for line in block):
        said = _STARTS.match(line) or _INLINE.match(line)
        head = re.split(r"\s*[:,]\s*|\s+[-–—]\s+", said["name"] if said else line, maxsplit=1)[0]
        if said or known.party(head):
            found.append(bare_name(head))
    return list(dict.fromkeys(found))


def by_hand(names: Sequence[str]) -> Sides:
    """Names that somebody gives -> parties; a short form in brackets is taken apart.

    >>> by_hand(["The Northern Front (NF)", "the Government"]).names
    (('Northern Front', 'NF'), ('Government', None))
    """
    told = unlike([name for name in names if name.strip()])
    return Sides(told, None if len(told) > 1 else f"fewer than two parties: {told[0][0] if told else 'none'}")


def _lines(text: str) -> list[list[str]]:
    """Blocks, each with the lines in it."""
    blocks = [
        [line for raw in re.split(r"\n|;|[ \t]{3,}", block) if (line := _line(raw))]
        for block in re.split(r"\n\s*\n", text)
    ]
    return [block for block in blocks if block]


def _line(raw: str) -> str:
    """A line without its number, and with `(for X)` turned into `, for X`."""
    return _IN_BRACKETS.sub(r", \1", _BULLET.sub("", raw)).strip(' \t,."“”')


def _split(blocks: list[list[str]], known: _Known) -> tuple[list[str], str | None]:
    """Blocks of lines -> names, and what was not understood."""
    lines = [line for block in blocks for line in block]
    if not lines:
        return [], "nothing but signatures"
    if _STARTS.match(lines[0]):
        return _headed([pair for line in lines for pair in _started(line)], known)
    if all(_INLINE.match(line) for line in lines):
        return _several([_INLINE.match(line)["name"] for line in lines], known)  # type: ignore[index]
    if _heading(lines[0], known):
        return _headed([(_heading(line, known), line) for line in lines], known)
    if len(blocks) > 1 and all(known.party(block[0]) for block in blocks) and not all(map(known.party, lines)):
        return _headed(
            [(block[0] if n == 0 else None, line) for block in blocks for n, line in enumerate(block)], known
        )
    for items in (lines, [", ".join(block) for block in blocks]):
        for form in (_SIGNED_BY, _DELEGATION):
            names = [next(filter(None, found.groups())) for item in items if (found := form.search(item))]
            # "A and B" is two or one, and nothing here tells which.
            if len(names) == len(items) and not any(map(_doubled(known), names)):
                return _several(names, known, told=True)
    return _several(lines, known)


def _doubled(known: _Known) -> Callable[[str], bool]:
    return lambda name: bool(re.search(r"(?i)(?:^|\s)(?:and|y|et|&)\s", name)) and name.casefold() not in known.places


def _started(line: str) -> list[tuple[str | None, str]]:
    """`For the party: people` -> the party, and what stands behind it as a line of its own."""
    found = _STARTS.match(line)
    if found is None:
        return [(None, line)]
    name, *rest = _NAME_ENDS.split(found["name"], maxsplit=1)
    return [(name, line), *((None, more) for more in rest if more)]


def _heading(line: str, known: _Known) -> str | None:
    """`Party: people`, `Party - person`: the party."""
    parts = re.split(r"\s*:\s*|\s+[-–—]\s+", line.strip("[]"), maxsplit=1)
    name = parts[0].strip("[] ")
    return name if len(parts) > 1 and known.party(name) else None


def _headed(lines: list[tuple[str | None, str]], known: _Known) -> tuple[list[str], str | None]:
    """Names as headings, people below each: a line below that may be a party by itself is not understood."""
    names: list[str] = []
    for name, line in lines:
        if name is not None:
            names.append(name)
        elif not _below(line, names[-1], known):
            return [], f"{_short(line)} stands below {_short(names[-1])} and may be a party of its own"
    return _several(names, known, told=True)


def _below(line: str, name: str, known: _Known) -> bool:
    """Is that a person, or somebody's office in the party above?"""
    if _INLINE.match(line) or known.party(line) or _ANOTHER.match(line):
        return False
    within = {"delegation", "village", "villages"} | set(re.findall(r"\w+", name.casefold()))
    if _GOVERNMENT.fullmatch(name) or _STATE.search(name) or bare_name(name).casefold() in known.places:
        within |= {"government", "republic", "gobierno", "gouvernement", "république", "república"}
    foreign = {word.casefold() for word in GROUP.findall(line)} - within
    initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper())
    others = {*known.short, *known.places} - {initials, ""}
    foreign |= {other for other in others if re.search(rf"(?i)\b{re.escape(other)}\b", line)}
    return not foreign or bool(_own_words(line) & _own_words(name)) or name in line


def _own_words(text: str) -> set[str]:
    """Words that tell one group from another, and the word for a government, of which there is mostly one."""
    words = re.findall(r"\w{4,}", text.casefold())
    return {word for word in words if not GROUP.fullmatch(word) or _GOVERNMENT.fullmatch(word)}


def _several(names: Sequence[str], known: _Known, told: bool = False) -> tuple[list[str], str | None]:
    """Each name, or the names joined in it. told: that it is a party is known from a word before it."""
    made: list[str] = []
    for name in names:
        pieces = [piece for piece in _COMMA.split(name.strip()) if piece]
        for n, piece in enumerate(pieces, 1):
            parts = [part for part in _AND.split(piece) if part]
            # Some places are called "X and Y".
            whole = any(" and " in place and place in piece.casefold() for place in known.places)
            if len(parts) > 1 and not whole and all(known.party(part) for part in parts):
                # Of a list the last comma is an "and"; before that, "A and B" may be one name.
                if n < len(pieces) or _joined(parts, known):
                    return [], f"{_short(name)} may be one party or several"
                made += parts
            elif known.party(piece) or (told and len(pieces) == 1 and could_be(piece)):
                made.append(piece)
            else:
                return [], f"{_short(name)} is no party by its own words"
    return made, None


def _joined(parts: Sequence[str], known: _Known) -> bool:
    """`A and B`: may it be one name? Two places, or two short forms, are two; so is a government and a movement."""
    words = [bool(GROUP.search(part)) for part in parts]
    if all(words):
        return not any(_GOVERNMENT.search(part) or part.startswith("the ") for part in parts)
    plain = {*known.places, *(short.casefold() for short in known.short)}
    return any(words) or not all(bare_name(part).casefold() in plain for part in parts)


def could_be(name: str) -> bool:
    """After "for", any name will do that is neither an office nor a sentence."""
    bare = bare_name(name)
    sound = 1 < len(bare) <= LONGEST and bare.count("(") == bare.count(")") and bare.count("[") == bare.count("]")
    alone = GROUP.fullmatch(re.sub(r"\s*\(.*\)$", "", bare)) and not _GOVERNMENT.fullmatch(bare)
    person = PERSON.search(bare) or _AND_A_PERSON.match(bare)
    return bool(sound and len(bare.split()) <= 14 and not person and not alone and not _SOME_SIDE.match(bare))


def bare_name(name: str) -> str:
    """A name without article, "representatives of" and what stands around it."""
    plain = re.sub(r"[\"“”]", "", " ".join(name.split()))
    return _INITIALS.sub("", _PREFIX.sub("", plain)).strip(' \t,.:;-–"“”*')


def unlike(names: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """Names with the short form in brackets taken apart, each party once."""
    made: list[tuple[str, str | None]] = []
    taken: set[str] = set()
    for raw in names:
        bare = bare_name(raw)
        found = re.match(r"^(?P<name>.{2,}?)\s*[\[(]\s*(?P<also>[^\])]{2,80}?)\s*[\])]$", bare)
        # "(in opposition)" is part of a name, and no short form of it.
        split = found is not None and not found["also"][:1].islower() and not _NO_SHORT.match(found["also"])
        name, short = (found["name"], bare_name(found["also"])) if found and split else (bare, None)
        if not {name.casefold(), (short or name).casefold()} & taken:
            made.append((name, short))
        taken |= {name.casefold(), (short or name).casefold()}
    return tuple(made)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
