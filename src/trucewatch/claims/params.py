"""Every number of the room, with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadParams:
    """How a news text is read."""

    quote_words: int = 2
    """A quoted piece of so many words or more is a quotation; a single word is mostly a name or irony."""
    speaker_words: int = 12
    """More words than these before a verb of saying are no name of a speaker, but a clause that the rules misread."""
    heading_words: int = 14
    """A paragraph of so few words that ends in no full stop is a heading: it says nothing of its own."""
    sentence_chars: int = 3_000
    """More characters than these without a sentence's end are a table or a list, and are not read: some sixteen times
    the longest sentence of the texts that the rules were measured on. A sentence costs as its length squared."""


@dataclass(frozen=True)
class CheckParams:
    """How a statement is held against the record."""

    borne_out: float = 0.7
    """From this lower bound on the record bears a statement out: what one plain report alone is worth in `fuse`."""
    not_borne_out: float = 0.3
    """Up to this upper bound it does not; the mirror of the other, so that a denial is held to the same bar."""
    noticed: float = 0.9
    """Silence speaks only where what is said would have been noticed with at least this chance."""
    about: float = 1.5
    """A number said to be about so many is met by this share of it, either way: half as many more, or a third less."""
    place_radius_m: float = 3_000.0
    """A named place without a radius is taken as a small town: half of settlements are narrower, and a ring of this
    size around their middle holds them. It widens the search, so it cannot make a claim fail."""
    copied_words: int = 6
    """Two quotes with so many words in a row in common are one lineage: fewer stand in two texts by chance."""
    map_days: float = 3.0
    """A front-line map speaks for this many days about its own, since mappers draw late."""
    p_map: float = 0.7
    """Chance that who holds a place is as one mapper draws it: one voice, as a report (`fuse`, `p_statement`)."""
    cell_m: float = 5_000.0
    """Side in metres of the cells in which exposure is told: that of `cover`."""
