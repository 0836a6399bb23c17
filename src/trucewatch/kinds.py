"""Floor 1: the words for what happened, as a data dictionary. docs/glossary.md explains each.

An *act* is the finest thing that a term can bar. A *kind* is what a source says, and may be
no finer than "an explosion": it stands for every act that it may have been. Two sightings can
be of one happening only where their acts meet; a term bars a kind surely only where it bars
every act that the kind may have been.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

ACTS: tuple[str, ...] = (
    "shelling",  # guns, mortars and rockets, from the ground
    "air_strike",  # from crewed aircraft
    "missile_strike",  # cruise or ballistic
    "drone_strike",  # by an uncrewed aircraft, one-way or dropping
    "small_arms",  # rifles, machine guns, grenade launchers, snipers
    "assault",  # an attempt to change positions
    "mine_blast",  # a mine, booby trap or planted charge goes off
    "air_defence",  # fire at something in the air
    "killing",  # of persons in somebody's power, or with means not told
    "detention",  # arrest, abduction, hostage-taking
    "overflight",  # an aircraft or drone over the other side, no fire
    "reinforcement",  # more forces or weapons than before come to a place
    "rotation",  # forces are relieved by as many others
    "resupply",  # arms, ammunition or fuel are delivered or handed out to forces
    "redeployment",  # own forces moved otherwise, patrols and withdrawal included
    "evacuation",  # of wounded, dead or civilians
    "exchange",  # of prisoners, detainees or remains
    "presence",  # forces or weapons seen at a place
    "works",  # fortifying, digging, mining
    "control",  # a place changes hands
    "obstruction",  # monitors, aid or civilians are kept from passing
    "burning",  # fields, forests, rubbish, furnaces: fire that nobody fired
    "accident",  # industry, old ordnance, controlled demolition
    "other",  # none of these
)

ARMED: tuple[str, ...] = (
    "shelling",
    "air_strike",
    "missile_strike",
    "drone_strike",
    "small_arms",
    "assault",
    "mine_blast",
    "air_defence",
)
"""Every use of weapons."""

_MOVEMENT = ("reinforcement", "rotation", "resupply", "redeployment", "evacuation")

_BLASTS = ("shelling", "air_strike", "missile_strike", "drone_strike", "mine_blast", "air_defence")

KINDS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {act: (act,) for act in ACTS}
    | {
        "clash": ARMED,  # fighting between armed sides, means not told
        "attack_on_civilians": (*ARMED, "killing"),
        "strike_from_afar": ("shelling", "air_strike", "missile_strike", "drone_strike"),
        "air_or_drone_strike": ("air_strike", "drone_strike", "missile_strike"),
        "explosion": (*_BLASTS, "accident"),
        "blast": _BLASTS,  # an explosion that was a weapon's, means not told: what an explosion and a clash share
        "firing": ("shelling", "small_arms", "air_defence"),
        "heavy_firing": ("shelling", "air_defence"),  # firing of what bursts: what firing and an explosion share
        "fire_or_blast": (*_BLASTS, "small_arms"),  # weapons that do damage: what damage and a clash share
        "damage": (*_BLASTS, "small_arms", "burning", "accident"),
        "destruction": (*_BLASTS, "small_arms", "accident"),  # by weapon or accident: what damage and a loss share
        "loss": (*ARMED, "accident"),  # equipment or people of a force lost, cause not told
        "heat": (*_BLASTS, "small_arms", "assault", "burning", "accident"),  # seen from orbit
        "movement": _MOVEMENT,  # forces on the move, to what end not told
        "unspecified": ACTS,
    }
)
"""kind -> the acts that it may have been. What any two kinds share has a name, so that two sources that agree on no
more than that are never told as more."""

ARMED_KINDS = tuple(sorted(kind for kind, acts in KINDS.items() if set(acts) <= set(ARMED)))
"""Kinds that can have been nothing but an armed act."""

ACT_WORDS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {act: (act,) for act in ACTS} | {"armed": ARMED, "movement": _MOVEMENT}
)
"""A word that a term may use for what it bars or permits -> the acts that it stands for."""

TARGETS: tuple[str, ...] = (
    "energy",
    "water",
    "medical",
    "school",
    "worship",
    "housing",
    "transport",
    "industry",
    "government",
    "aid",
    "monitors",
    "prison",
    "military",
    "nuclear",
    "crossing",
    "other",
)
"""What was hit, where a source says so."""


def barred_by(words: Iterable[str]) -> tuple[str, ...]:
    """Words of a term -> the acts that they stand for, each once, in their order; a KeyError for any other word.

    >>> barred_by(["small_arms", "movement", "rotation"])
    ('small_arms', 'reinforcement', 'rotation', 'resupply', 'redeployment', 'evacuation')
    """
    return tuple(dict.fromkeys(act for word in words for act in ACT_WORDS[word]))


def bits_of(acts: Iterable[str]) -> int:
    """Acts -> bits, one for each, however often it is named.

    >>> bits_of(["shelling", "shelling"]) == bits_of(["shelling"]) == mask_of("shelling")
    True
    """
    return sum(1 << ACTS.index(act) for act in set(acts))


def acts_of(kind: str) -> tuple[str, ...]:
    """kind -> the acts it may have been; a KeyError for a word that is not in the dictionary.

    >>> acts_of("air_or_drone_strike")
    ('air_strike', 'drone_strike', 'missile_strike')
    """
    return KINDS[kind]


def mask_of(kind: str) -> int:
    """kind -> its acts as bits, so that "may be the same" is one `&` over columns.

    >>> mask_of("heat") & mask_of("burning") != 0, mask_of("shelling") & mask_of("works") != 0
    (True, False)
    """
    return bits_of(KINDS[kind])
