"""The columns of PA-X that bear on a truce: what each means, what a kind of term can say of it, and what a draft says.

Meanings are told in our own words after the PA-X team's reader's guide (docs/agreements.md says where it can be read).
`fits` asks of the format: can a kind of term say what the column is about? `drafts` asks of the coding: does a one in
that column tell enough for a term? A column that fits may still draft nothing, since a one does not say what is owed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

CEASEFIRE, FORCES, WATCH, BESIDE = "ceasefire", "forces", "watching", "beside"
"""Families: the truce itself; the forces; who watches and what is done about failure; what truces promise beside."""

LEVELS: Mapping[int, str] = MappingProxyType({1: "without details", 2: "with some details", 3: "with many details"})
"""What 1, 2 and 3 mean where a column has them. PA-X's codebook says so of other columns of that form; of these, 1 to 3
was only found to mean more and more detail."""


@dataclass(frozen=True)
class Code:
    """One column: family, what it means, `fits` (yes, partly or no), the kinds of term, what they cannot say.

    parent: the column from 0 to 3 that tells its level, where it has none of its own.
    drafts: the term of a draft, without what every term has; None where a one does not tell enough for a term.
    """

    column: str
    family: str
    means: str
    fits: str
    kinds: tuple[str, ...] = ()
    lacks: str = ""
    parent: str | None = None
    drafts: Mapping[str, Any] | None = None
    top: int = 1
    """The greatest value that the column takes."""


def _owed(id_: str, says: str, what: str, unit: str) -> Mapping[str, Any]:
    return {
        "id": id_,
        "kind": "quota",
        "says": f"{says} The coding gives no number, so one is the least that was promised.",
        "requires": {"what": what, "unit": unit, "at_least": 1},
    }


CODES: tuple[Code, ...] = (
    Code(
        "CeProv", CEASEFIRE, "provisions of an actual ceasefire: barred acts, start, mechanisms", "yes",
        ("barred_acts", "protected_targets", "weapon_withdrawal", "no_advance", "separation", "limitation",
         "no_reinforcement", "return_fire", "no_advantage", "notification"),
        parent="Ce",
        drafts={"id": "ceasefire", "kind": "barred_acts", "bars": {"acts": ["armed"]},
                "says": "A ceasefire with provisions of its own. Which acts, where and from when the coding does not "
                        "say; every use of weapons is taken."},
    ),
    Code(
        "CeGen", CEASEFIRE, "general words on a ceasefire or an end of violence, also as a thing to come", "partly",
        ("barred_acts",), "a truce that is only announced bars nothing yet", parent="Ce",
        drafts={"id": "ceasefire-general", "kind": "barred_acts", "bars": {"acts": ["armed"]},
                "says": "A ceasefire, or an end of violence, in general words, maybe only as a thing to come. Whether "
                        "it bars anything is for the text to say; every use of weapons is taken."},
    ),
    Code("SsrGua", FORCES, "security in general, and what no other security column holds", "no",
         lacks="a remainder: what it holds differs from text to text"),
    Code("SsrPol", FORCES, "policing and its reform", "no", lacks="institutions and their reform", top=3),
    Code("SsrArm", FORCES, "the armed forces' structure and reform, without what only goes with a ceasefire", "partly",
         ("limitation", "quota"), "command, structure, training; only caps on numbers fit", top=3),
    Code(
        "DdrDemil", FORCES, "weapons removed or mines cleared, outside a programme", "yes",
        ("weapon_withdrawal", "limitation", "separation", "quota"), parent="SsrDdr",
        drafts=_owed("demilitarised", "Weapons are removed, or mines are cleared; which of the two is not coded.",
                     "weapons removed or mines cleared", "weapons or mines"),
    ),
    Code(
        "DdrProg", FORCES, "a programme to disarm, demobilise or reintegrate fighters", "partly",
        ("quota", "limitation"),
        "the order of its steps, assembly and what becomes of people afterwards", "SsrDdr",
        _owed("fighters-disarmed", "Fighters are disarmed, demobilised or reintegrated; which of these is not coded.",
              "fighters disarmed, demobilised or reintegrated", "fighters"),
    ),
    Code("SsrInt", FORCES, "intelligence services", "no", lacks="institutions and their reform", top=3),
    Code("SsrPsf", FORCES, "how rebel, opposition or para-state forces are dealt with", "partly",
         ("separation", "limitation", "quota"), "their place in politics and in institutions; only where they stand "
         "and how many they are fits"),
    Code(
        "SsrFf", FORCES, "foreign forces leave, or steps that clearly prepare for it", "yes", ("quota", "separation"),
        drafts=_owed("foreign-forces-leave", "Foreign forces leave, or it is prepared.",
                     "foreign forces that have left", "forces"),
    ),
    Code("MpsMe", FORCES, "forces are merged", "no", lacks="institutions: who belongs to which force", parent="Mps"),
    Code("MpsJt", FORCES, "joint command", "no", lacks="institutions: who commands", parent="Mps"),
    Code("MpsPro", FORCES, "posts in the forces shared by proportion", "no", lacks="shares of posts", parent="Mps"),
    Code("MpsOth", FORCES, "other sharing of military power", "no", lacks="a remainder", parent="Mps"),
    Code("Cor", FORCES, "corruption", "no", lacks="crime and audit", top=3),
    Code("SsrCrOcr", FORCES, "crime and organised crime", "no", lacks="crime and policing", top=3),
    Code("SsrDrugs", FORCES, "illicit drugs", "no", lacks="crime and policing", top=3),
    Code("Terr", FORCES, "terrorism and measures against it", "no", lacks="what counts as terrorism is disputed"),
    Code(
        "ImPK", WATCH, "an international team is sent to monitor or keep the peace", "partly",
        ("freedom_of_movement", "protected_targets"), "its mandate, strength and deployment by those who are no party",
        drafts={"id": "mission-passes", "kind": "freedom_of_movement", "bars": {"acts": ["obstruction"],
                "targets": ["monitors"]},
                "says": "An international mission monitors or keeps the peace. That the parties let it pass is taken "
                        "from that, and is not coded."},
    ),
    Code(
        "ImE", WATCH, "a body that reviews the agreement or settles disputes about it", "partly", ("quota",),
        "its powers, members, deadlines and procedure",
        drafts=_owed("review-body", "A body reviews how the agreement is carried out, or settles disputes about it.",
                     "review or joint bodies set up", "bodies"),
    ),
    Code(
        "TjPrire", BESIDE, "prisoners are released or exchanged", "yes", ("quota",), top=3,
        drafts=_owed("prisoners", "Prisoners are released or exchanged.", "prisoners released", "prisoners"),
    ),
    Code("TjMis", BESIDE, "missing persons", "partly", ("quota",), "searches; only cases told fit", top=3),
    Code("HrDet", BESIDE, "rules for holding people", "partly", ("barred_acts",), "procedures; only arrests fit"),
    Code(
        "HrMob", BESIDE, "passage of persons, goods or aid, opened or restricted, not as a right", "partly",
        ("freedom_of_movement",), "civilians on the move have no class of their own, and restricting passage no kind",
        drafts={"id": "passage", "kind": "freedom_of_movement", "bars": {"acts": ["obstruction"],
                "targets": ["aid", "crossing", "transport"]},
                "says": "Persons, goods or aid are let pass, or their passage is restricted; which of these is not "
                        "coded, and passage is taken."},
    ),
    Code(
        "DevHum", BESIDE, "humanitarian assistance", "partly", ("freedom_of_movement", "protected_targets", "quota"),
        "who pays and who delivers",
        drafts={"id": "aid", "kind": "freedom_of_movement", "bars": {"acts": ["obstruction"], "targets": ["aid"]},
                "says": "Humanitarian assistance is given. That the parties let it pass is taken from that, and is not "
                        "coded."},
    ),
    Code(
        "ProtCiv", BESIDE, "civilians are protected from violence", "partly", ("barred_acts", "protected_targets"),
        "civilians as such are no class of targets", parent="Prot",
        drafts={"id": "civilians", "kind": "barred_acts", "bars": {"acts": ["killing"]},
                "says": "Civilians are protected from violence. Against which is not coded; killing is taken."},
    ),
    Code("ProtGrp", BESIDE, "groups of civilians are protected from violence", "partly", ("barred_acts",),
         "groups of people are no class of targets", parent="Prot"),
    Code("ProtOth", BESIDE, "other protection from violence", "no", lacks="a remainder", parent="Prot"),
)  # fmt: skip
"""PA-X's whole family on security, its columns on military power sharing, those on a mission and on enforcement, and
what truces promise beside. Only columns without columns below them: a parent would count its children twice."""

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "ImUN, ImOth": "that the United Nations or another from outside signed: who signed, not what was agreed",
        "ImRef": "a referendum on the agreement: how it comes about, not what is owed",
        "HrIiMon, HrIiBod": "bodies that watch human rights: not the truce",
        "MedGov, MedSubs, MedLog": "media, their rules, roles and means",
        "CprFmov, CprDet": "rights of everybody, worded as rights",
        "JusPri": "how prisons are run",
        "TjVet, TjVic, TjRep, TjNR": "dealing with the past",
        "StBor, StXbor": "borders and what crosses them",
    }
)
"""Columns near by that are no provisions on a truce, and why."""

PARENTS: tuple[str, ...] = ("Ce", "SsrDdr", "Mps", "Prot")
"""Columns from 0 to 3 that tell how much detail their children have."""
MEANT: Mapping[str, Code] = MappingProxyType({code.column: code for code in CODES})
COLUMNS: tuple[str, ...] = ("AgtId", "Ver", "Con", "Agt", "Dat", "Status", "Stage", "Part", *PARENTS, *MEANT)
"""What an import needs of the table."""
