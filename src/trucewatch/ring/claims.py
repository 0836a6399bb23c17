"""What somebody claimed of a force, against the maps of that day: it was so, it was not, or it cannot be told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from trucewatch.ring.ladder import CLOSED, CONTESTED, CUT, FIRE, NONE, RESOLVED, SALIENT
from trucewatch.tables import RING_CLAIMS

CLAIMS: dict[str, tuple[int, int]] = {
    "encircled": (CLOSED, CLOSED),
    "cut_off": (CUT, CLOSED),
    "fire_control": (FIRE, CLOSED),
    "semi_encircled": (SALIENT, FIRE),
    "not_encircled": (NONE, CUT),
    "open": (NONE, CONTESTED),
}
"""What a claim says, as rungs from and to. `encircled` is physical closure: a claim that means fire control is made
with that word, since that is what the sides argue about."""
_TURNED = re.compile(
    r"\b(?:no|not|never|neither|nor|none|nobody|without|cannot|false|untrue|lies?|wrong|fake|myth|den(?:y|ies|ied|ying)"
    r"|reject\w*|refut\w*|dismiss\w*|if|unless|may|might|could|would|will|soon|almost|nearly|about to|risk\w*"
    r"|threat\w*|danger\w*|attempt\w*|try|trying|broken?|lifted|failed)\b|n't\b"
)
"""Words that turn a claim around or make it less than one: what then is claimed, a person has to say."""
_WORDS = (
    (r"not (?:been )?(?:\w+ )?(?:encircled|surrounded)|no encirclement|not blocked", "not_encircled"),
    (r"semi-?encircle|half-?encircle|operational encirclement", "semi_encircled"),
    (r"fire control|under fire|interdict", "fire_control"),
    (r"cut off|blocked|isolated|severed", "cut_off"),
    (r"encircle|surround|cauldron|closed (?:the )?ring|trapped", "encircled"),
    (r"open|supplied|under control|egress", "open"),
)


@dataclass(frozen=True)
class Claim:
    """Who claims what of whose force, and whose interest they stand with where somebody told."""

    claimant: str
    claim: str
    side: str
    day: date
    force: str | None = None
    wording: str | None = None
    speaks_for: str | None = None
    mappers: tuple[tuple[str, str], ...] = ()


def claim_in(wording: str) -> str | None:
    """Words -> the claim that they make; None where they make none that is known, or turn it around.

    >>> claim_in("Thousands are completely surrounded"), claim_in("our units are not encircled")
    ('encircled', 'not_encircled')
    >>> claim_in("They are in no danger of being surrounded"), claim_in("It is false that they are surrounded")
    (None, None)
    """
    said = wording.casefold().replace("\u2019", "'")
    for words, claim in _WORDS:
        if found := re.search(words, said):
            return None if _TURNED.search(said[: found.start()] + " " + said[found.end() :]) else claim
    return None


def check(made: Claim, rings: pl.DataFrame) -> pl.DataFrame:
    """A claim, RINGS of its place and day -> RING_CLAIMS, a row a map: bounds over both treatments of contested ground.

    It was so where all that the map leaves room for lies within the claim; it was not where none of it does.
    """
    low, high = CLAIMS[made.claim]
    cut = made.claim in ("encircled", "cut_off", "fire_control", "semi_encircled")
    speaks = made.speaks_for
    against = None if speaks is None else (speaks == made.side) == cut
    stands = dict(made.mappers)
    rows = []
    for (source, on), mine in sorted(rings.partition_by("source", "on", as_dict=True).items()):
        told = mine.filter(pl.col("rung_low").is_not_null())
        least, most = told["rung_low"].min(), told["rung_high"].max()
        says = "cannot_tell"
        if isinstance(least, int) and isinstance(most, int) and told.height == mine.height:
            says = "was_so" if low <= least and most <= high else "was_not" if most < low or least > high else says
            says = "cannot_tell" if most == RESOLVED else says
        stand = stands.get(str(source))
        shows_cut = isinstance(least, int) and least >= CUT
        shows_open = isinstance(most, int) and most < CUT
        own = None if stand is None or not (shows_cut or shows_open) else (stand == made.side) == shows_cut
        because = "; ".join(f"{t}: {b}" for t, b in mine.select("treatment", "because").rows())
        settle = "; ".join(sorted(set(mine["would_settle"].drop_nulls()))) if says == "cannot_tell" else None
        rows.append((
            made.claimant, made.claim, made.force, made.side, made.day, made.wording, source, on, says, least, most,
            against, own, because, settle,
        ))  # fmt: skip
    return RING_CLAIMS.fit(pl.DataFrame(rows, schema=RING_CLAIMS.schema, orient="row"))
