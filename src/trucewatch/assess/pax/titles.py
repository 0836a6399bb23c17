"""Who agreed, from the title of a row of PA-X: "Ceasefire Agreement between the A and the B".

A title that says between whom an agreement is names its parties, whoever signed. It is read only where each name ends
surely: a second "and" may be part of a name, a place may hang on the last one, and "the X of A and B" may be one party
or two. And it is taken only where the list of signatures bears it out: titles were partly made up by those who coded,
and some name others than those who signed. All else is left to people, and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trucewatch.assess.pax.sides import GROUP, Sides, bare_name, could_be, party_like, unlike

_Name = tuple[str, str | None]
"""A name and its short form."""
_BETWEEN = re.compile(
    r"\b(?:agreements?|cease-?\s?fires?|truces?|hostilities|understanding|accord|treaty|pact|declaration|communiqué|"
    r"statement|protocol|reconciliation|agreed|concluded|untitled agreement|agreement document)"
    r"(?: [IVX]+)?\s*[,:]?\s*[\[(]?\s*(?:by and )?between (?P<names>.+)$",
    re.IGNORECASE,
)
_NO_PACT = re.compile(
    r"\b(?:annex|appendix|report|minutes|meeting|talks|press release|initiative|proposal|draft|letter|announcement|"
    r"welcoming|address|speech|resolution|on behalf|enclosure|dialogue|negotiations?|consultations?|implementation|"
    r"fighting|monitoring|committee|commission)\b",
    re.IGNORECASE,
)
"""Words before "between" under which somebody else may speak of what two sides agreed, or sign for both."""
_LAST_WORDS = re.compile(
    r"\s*(?:[\[(][^\[\]()]*\b(?:agreements?|ceasefire|cease-fire|declaration|protocol|accords?|addendum|annex|pact|treaty|mou|moa)\b"
    r"[^\[\]()]*[\])]|[\])])\s*$",
    re.IGNORECASE,
)
"""The agreement's own name in brackets behind all; or a bracket that was opened before "between"."""
_CUT = re.compile(
    r",?\s+(?:signed|concluded|reached|regarding|concerning|dated|under the auspices|with the participation|"
    r"in (?:the )?(?:presence|accordance))\b.*$",
    re.IGNORECASE,
)
_CUT_AFTER_SHORT = re.compile(r"(?<=[A-Z/-][A-Z]\))(?:,? (?:in|on|for|to|of|at|signed)\b.*|, .*)$")
"""What stands behind a short form in brackets is no part of the name before it."""
_LIST = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+", re.IGNORECASE)
_NAMED = re.compile(r"^(?P<name>[^\[\]()]+?)(?:\s*\((?P<short>[A-Z][A-Za-z0-9]?[A-Z0-9/-][A-Z0-9/-]*)\))?$")
_SMALL = {"of", "the", "for", "de", "du", "des", "del", "la", "le", "al", "el", "ul", "wa", "bin", "ng", "ya", "as",
          "an", "ash", "and"}  # fmt: skip
_SEVERAL_OF = re.compile(
    r"^(?:the\s+)?(?:[\w/-]+\s+)?(?:areas|villages|towns|cities|tribes|communities|representatives?|delegat\w+|leaders|"
    r"people|peoples|residents|youth|parties|sides|clans|families|governments|commanders|elders|notables|sheikhs|members|"
    r"presidents|regions|districts|republics|armies)\b",
    re.IGNORECASE,
)
_SHARED_WORD = re.compile(
    r"\b(?:areas|villages|towns|tribes|communities|clans|families|districts|sides|peoples|parties|groups|factions|"
    r"movements|organi[sz]ations|governments|regions|militias|actors|others|armies|republics|brothers)(?:\s*\([^()]*\))?$",
    re.IGNORECASE,
)
"""A last word that may go with both names, or a name for many."""


def by_title(title: str, part: str, con: str) -> Sides | None:
    """Title, `Part` and `Con` of a row -> its parties, with by_title set; None where they are not surely told.

    >>> title = "Ceasefire Agreement between the Government of Fordland and the Hill Army (HA) (Ford Agreement)"
    >>> by_title(title, "A. Miller, President of Fordland; B. Smith, Chairman HA", "Fordland").names
    (('Government of Fordland', None), ('Hill Army', 'HA'))
    >>> by_title(title, "A. Miller, President of Fordland; B. Smith, River Army", "Fordland") is None
    True
    """
    found = _BETWEEN.search(" ".join(title.replace("’", "'").split()))
    if found is None or _NO_PACT.search(title[: found.start("names")]):
        return None
    text = found["names"]
    while (shorter := _LAST_WORDS.sub("", text)) != text and shorter.count("(") == shorter.count(")"):
        text = shorter
    text = _CUT_AFTER_SHORT.sub("", _CUT.sub("", text)).strip(" .,")
    pieces = [piece.strip() for piece in _LIST.split(text)]
    if not _joined_once(text, pieces) or not all(_whole(piece) for piece in pieces):
        return None
    if any(map(_SEVERAL_OF.match, pieces)) or _SHARED_WORD.search(pieces[-1]):
        return None
    told = unlike(pieces)
    if len(told) != len(pieces) or not all(_borne_out(pair, told, part) for pair in told):
        return None
    return Sides(told, by_title=True) if _nobody_else(told, party_like(part, title, con)) else None


def _borne_out(one: _Name, told: Sequence[_Name], part: str) -> bool:
    """Does the list of signatures have it: by its short form, or by half of the words that no other of them has?"""
    name, short = one
    said = set(re.findall(r"[\w/-]+", part.casefold())) | set(re.findall(r"\w+", part.casefold()))
    if {word.casefold() for word in (short, name) if word} & said:
        return True
    others = {word for other in told if other != one for word in _own(other[0])}
    own, stems = (_own(name) - others) or _own(name), {word[:5] for word in said}
    place = re.search(r"\b(?:government|govt)\b", name, re.IGNORECASE) and {f"go{word[0]}" for word in own} & said
    return bool(place) or (bool(own) and 2 * sum(word[:5] in stems for word in own) >= len(own))


def _nobody_else(told: Sequence[_Name], listed: Sequence[str]) -> bool:
    """Is each that looks like a party in the list one of those told? By half of its words, if there are no more."""
    full = half = 0
    for one in listed:
        own = _own(one)
        best = max(_shared(own, one, *pair) for pair in told)
        full, half = full + (best == 1), half + (best >= 0.5)
    return full == len(listed) or half == len(listed) <= len(told)


def _shared(own: set[str], one: str, name: str, short: str | None) -> float:
    """How much of what somebody in the list is called stands in a name."""
    if not own:
        return float(bool(set(one.casefold().split()) & set(name.casefold().split())))
    if short and short.casefold() in own:
        return 1.0
    stems = {word[:5] for word in _own(name)}
    return sum(word[:5] in stems for word in own) / len(own)


def _own(name: str) -> set[str]:
    """The words that tell one from another."""
    words = re.findall(r"\w[\w/-]+", name.casefold())
    return {word for word in words if word not in _SMALL and not GROUP.fullmatch(word)}


def _joined_once(text: str, pieces: list[str]) -> bool:
    """`A and B`, or `A, B and C`: one "and" alone, commas only before it. Or `A, and B, and C`."""
    ands = re.findall(r",?\s+and\s+", text, re.IGNORECASE)
    commas = text.count(",")
    if not ands or len(pieces) < 2:
        return False
    return (len(ands) == 1 and "," not in re.split(r"\s+and\s+", text, flags=re.IGNORECASE)[-1]) or (
        len(ands) == commas == len(pieces) - 1 and all("," in one for one in ands)
    )


def _whole(piece: str) -> bool:
    """Is that a name and nothing else: no place, no purpose and no person behind it?"""
    found = _NAMED.match(piece)
    # "ABC (XYZ)" is a faction with its own name in brackets, and no short form of the one before.
    if found is None or not could_be(bare_name(piece)) or (found["short"] and bare_name(found["name"]).isupper()):
        return False
    words = re.findall(r"[^\s]+", bare_name(found["name"]))
    return all(
        not word[:1].islower() or word.casefold() in _SMALL or re.match(r"(?:a\w{1,2}|ul)-", word) for word in words
    )
