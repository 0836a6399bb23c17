"""Which term of an agreement is which of another's, or of its next edition's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from trucewatch.assess.model import Agreement, Term


def matched(old: Agreement, new: Agreement) -> Iterator[tuple[Term | None, Term | None]]:
    """Two editions, or two agreements -> pairs of terms in the order of the new one, those only in the old one last.

    By id; else, where that is unique in both, by article and kind in two editions of one agreement, and by what they
    bar or ask for in two agreements.
    """
    like = _numbered if old.id == new.id else _about
    left = {term.id: term for term in old.terms}
    ids = {term.id for term in new.terms}
    unmatched = Counter(like(term) for term in new.terms if term.id not in left)
    for term in new.terms:
        found = left.pop(term.id, None)
        if found is None and unmatched[like(term)] == 1:
            same = [t for t in left.values() if t.id not in ids and like(t) == like(term)]
            found = left.pop(same[0].id) if len(same) == 1 else None
        yield found, term
    for term in left.values():
        yield term, None


def _numbered(term: Term) -> tuple[object, ...]:
    """In two editions of one agreement an article keeps its number."""
    return term.article, term.kind


def _about(term: Term) -> tuple[object, ...]:
    """Two agreements count their articles each for itself: there a term goes by what its text bars or asks for."""
    text = term.readings[0]
    owed = text.requires and (text.requires.what, text.requires.unit)
    return term.kind, frozenset(text.acts), frozenset(text.targets), frozenset(text.weapons), text.calibre_mm, owed
