"""The field form: its questions and choices, as an XLSForm for KoboToolbox and ODK. One submission is one record."""

from __future__ import annotations

from trucewatch.kinds import KINDS, TARGETS
from trucewatch.sources.form.xlsx import workbook
from trucewatch.sources.report.sector import POINTS

RECORDS = {
    "incident": "Something was heard or seen",
    "tally": "Counts of a period",
    "weapons": "Weapons, against lines and storage sites",
    "harm": "Civilians killed or injured",
    "ordnance": "Mines and unexploded ordnance",
    "facilitation": "Repair and windows of silence that we facilitated",
    "restriction": "Our movement was restricted",
    "nothing": "We looked or listened, and there was nothing",
}
WEAPONS = {
    "in_violation_of_lines": "In violation of withdrawal lines",
    "beyond_lines_outside_storage": "Beyond lines, but outside designated storage sites",
    "holding_area": "In a holding area",
    "permanent_storage_site": "In a permanent storage site",
    "missing_from_site": "Missing from a site",
    "not_verifiable": "Could not be verified as withdrawn",
    "in_security_zone": "Military presence in the security zone",
}
RESTRICTIONS = {
    "denied_access": "Denial",
    "conditional_access": "Conditional access",
    "delay": "Delay",
    "regular_restriction": "Regular restriction",
    "jamming": "Signal interference with our aircraft",
    "other_impediment": "Other impediment",
}
CORROBORATED = {
    "visit": "We visited",
    "medical": "Medical staff told us",
    "witness": "Witnesses told us",
    "crater": "Crater analysis",
    "not_corroborated": "Not corroborated",
}
ORDNANCE = {
    "mines": "Mines",
    "unexploded_ordnance": "Unexploded ordnance",
    "signs": "Signs of a mined area",
    "cleared": "Cleared or taken away",
}
AGAIN = {"first_time": "For the first time", "again": "Seen before"}
FACILITATED = {
    "water": "Repair of water supply",
    "power": "Repair of power lines",
    "gas": "Repair of gas supply",
    "other_repair": "Other repair",
    "demining": "Demining",
    "passage": "Passage of civilians or aid",
}
OUTCOMES = {
    "held": "The window of silence was kept",
    "not_held": "The window of silence was not kept",
    "cannot_tell": "Cannot be told",
}
CHOSEN: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("restriction", "restriction", tuple(RESTRICTIONS), True),
    ("weapons", "weapons_where", tuple(WEAPONS), True),
    ("ordnance", "ordnance", tuple(ORDNANCE), True),
    ("ordnance", "again", tuple(AGAIN), False),
    ("facilitation", "facilitation", tuple(FACILITATED), True),
    ("facilitation", "outcome", tuple(OUTCOMES), False),
)
"""record, its question, the choices, whether it has to be told: an edited or translated form may send other words."""
THERE = (
    "in_violation_of_lines", "beyond_lines_outside_storage", "holding_area", "permanent_storage_site",
    "in_security_zone",
)  # fmt: skip
"""Of WEAPONS, where they were seen. What is missing from a site, or could not be verified, was seen nowhere."""
PHASE_WORDS = {
    "launch": "Launch (outgoing)",
    "flight": "In flight",
    "impact": "Impact (incoming)",
    "airburst": "Airburst",
}
SENSED = {"heard": "Heard", "seen": "Seen", "recorded": "Recorded by a camera or an aircraft"}
_LISTS = {
    "record": RECORDS,
    "weapons_where": WEAPONS,
    "restriction": RESTRICTIONS,
    "corroborated": CORROBORATED,
    "heard_or_seen": SENSED,
    "phase": PHASE_WORDS,
    "ordnance": ORDNANCE,
    "again": AGAIN,
    "facilitation": FACILITATED,
    "outcome": OUTCOMES,
    "kind": {kind: kind.replace("_", " ") for kind in KINDS},
    "target": {target: target.replace("_", " ") for target in TARGETS},
}
_HEADS = ("type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "parameters")
_AUDIT = "location-priority=high-accuracy location-min-interval=20 location-max-age=60 track-changes=true"
_BEARING = f"^(([0-9]|[1-9][0-9]|[12][0-9][0-9]|3[0-5][0-9]|360)|{'|'.join(POINTS)})$"


def _only(*records: str) -> str:
    return " or ".join(f"${{record}} = '{record}'" for record in records)


_AT_LEAST_0 = (". >= 0", "A number from 0 on")
_QUESTIONS: tuple[tuple[str, ...], ...] = (
    # type, name, label, hint, required, relevant, constraint, message, parameters
    ("start", "start"),
    ("end", "end"),
    ("audit", "audit", "", "", "", "", "", "", _AUDIT),
    ("text", "team", "Team", "The same name each time", "yes"),
    ("text", "observer", "Observer", "Shown to nobody below the level restricted"),
    ("select_one record", "record", "What is this record?", "", "yes"),
    ("geopoint", "position", "Where do you stand?", "Your own position, not that of what you saw", "yes"),
    ("dateTime", "time", "When did it begin?", "", "yes"),
    ("dateTime", "until", "When did it end?", "", "", "", ". >= ${time}", "Not before it began"),
    ("text", "place", "Name of the place"),
    ("select_one kind", "kind", "What was it?", "", "yes", _only("incident", "harm")),
    ("select_one heard_or_seen", "heard_or_seen", "How was it noticed?", "", "", _only("incident", "weapons")),
    ("select_one phase", "phase", "What of it was noticed?", "Leave empty where it cannot be told", "",
     _only("incident")),
    ("integer", "count", "How many?", "Explosions, shots, weapons, mines", "",
     _only("incident", "weapons", "ordnance"), *_AT_LEAST_0),
    ("text", "bearing", "In which direction?", "Degrees from north, 0 to 360, or SSE", "",
     _only("incident", "weapons", "ordnance"),
     f"regex(., '{_BEARING}')", "0 to 360, or a point of the compass in capitals"),
    ("decimal", "near_km", "How far at least? (km)", "Not miles", "", _only("incident", "weapons", "ordnance"),
     *_AT_LEAST_0),
    ("decimal", "far_km", "How far at most? (km)", "", "", _only("incident", "weapons", "ordnance"),
     ". >= 0 and (${near_km} = '' or . >= ${near_km})", "Not nearer than the least"),
    ("text", "weapon", "Which weapon?", "", "", _only("incident", "weapons", "harm", "ordnance")),
    ("select_one target", "target", "What was hit?", "", "", _only("incident", "harm")),
    ("integer", "killed", "Killed", "", "", _only("incident", "harm"), *_AT_LEAST_0),
    ("integer", "injured", "Injured", "", "", _only("incident", "harm"), *_AT_LEAST_0),
    ("select_multiple corroborated", "corroborated", "How was it corroborated?", "", "", _only("harm")),
    ("select_one weapons_where", "weapons_where", "Against lines and sites", "", "yes", _only("weapons")),
    ("select_one ordnance", "ordnance", "What lies there?", "", "yes", _only("ordnance")),
    ("select_one again", "again", "Was it seen before?", "", "", _only("ordnance")),
    ("select_one facilitation", "facilitation", "What was facilitated?", "", "yes", _only("facilitation")),
    ("select_one outcome", "outcome", "Was it quiet meanwhile?", "", "", _only("facilitation")),
    ("text", "tally_about", "What was counted?", "", "yes", _only("tally")),
    ("integer", "tally_figure", "How many in the period?", "", "yes", _only("tally"), *_AT_LEAST_0),
    ("text", "tally_unit", "Counted in", "", "", _only("tally")),
    ("text", "tally_speaker", "Who counted, where it was not us", "", "", _only("tally")),
    ("select_one restriction", "restriction", "How was it restricted?", "", "yes", _only("restriction")),
    ("decimal", "range_km", "How far could you notice, or were kept from? (km)", "Kilometres, not miles", "",
     _only("incident", "restriction", "nothing"), *_AT_LEAST_0),
    ("decimal", "p_seen_if_there", "Chance to have noticed, 0 to 1", "Leave empty where nobody can say", "",
     _only("incident", "nothing"), ". >= 0 and . <= 1", "0 to 1"),
    ("text", "says", "In your own words"),
    ("image", "photo", "Picture", "", "", "", "", "", "max-pixels=2048"),
)  # fmt: skip
NAMES = tuple(question[1] for question in _QUESTIONS)
"""Every question by name: the columns of a submission."""


def xlsform(title: str = "Field report", form_id: str = "trucewatch_field_report", version: str = "1") -> bytes:
    """-> an XLSForm, the same bytes each time."""
    choices = [[name, key, label] for name, told in _LISTS.items() for key, label in told.items()]
    survey = [[*question, *[""] * (len(_HEADS) - len(question))] for question in _QUESTIONS]
    return workbook(
        {
            "survey": [_HEADS, *survey],
            "choices": [("list_name", "name", "label"), *choices],
            "settings": [
                ("form_title", "form_id", "version", "instance_name"),
                (title, form_id, version, "concat(${record}, ' ', ${time})"),
            ],
        }
    )
