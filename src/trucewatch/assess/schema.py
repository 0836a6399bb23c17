"""The format of an agreement as a JSON Schema (draft 2020-12), for editors and for tools written by others.

The schema says what a file may look like. What it cannot say (that a name stands for one party only, that an end comes
after its start, that a zone does not cross itself) `trucewatch agreement check` says. A field with nothing after it is
absent to the reader of files; the schema refuses it where it is no time, for it seldom is meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trucewatch.assess.model import FORMS, GRADES, STATUSES, TERM_KINDS
from trucewatch.kinds import ACT_WORDS, TARGETS

VERSION = "1"
"""Of the format. A field may be added within a version; none changes its meaning."""
_S: dict[str, Any] = {"type": ["string", "integer"], "pattern": r"\S"}
_WORDS = {"type": "array", "items": {"type": "string", "pattern": r"\S"}}
_CRS = {"type": "string", "pattern": r"\S"}
_NUMBER = {"type": "number", "minimum": 0, "maximum": 1e9}
_WIDTH = {"type": "number", "exclusiveMinimum": 0, "maximum": 1e9}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 10**12}
_AXIS = {"type": "number", "exclusiveMinimum": -1e9, "exclusiveMaximum": 1e9}
_POINT = {"type": "array", "items": _AXIS, "minItems": 2, "maxItems": 2}
_RING = {"type": "array", "items": _POINT, "minItems": 3}
_UNITS = "s|seconds?|min|minutes?|h|hours?|days?|weeks?|months?|years?"
_LENGTH = {"type": "string", "pattern": rf"^\s*(\d{{1,6}} ?({_UNITS})\s*)+$"}
_LASTS = {"type": "string", "pattern": r"^\s*\d+(\.\d+)? ?(s|min|h|days?)\s*$"}
_DAY = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
_CLOCK = {"type": "string", "pattern": r"^\s*\d\d?:[0-5]\d\s*$"}
_TIME = {
    "type": "string",
    "pattern": r"^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?\s*"
    r"(Z|[+-]\d\d:?\d\d|[A-Za-z_]+(/[A-Za-z_+0-9-]+)+|UTC)\s*$",
}


def _fields(needed: Iterable[str] = (), **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
    needed = list(needed)
    return {**made, "required": needed} if needed else made


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _not_beside(field: str, *others: str) -> dict[str, Any]:
    return {"dependentSchemas": {field: {"properties": dict.fromkeys(others, False)}}}


def _has(*names: str) -> list[dict[str, Any]]:
    """One of these fields."""
    return [{"required": [name]} for name in names]


def schema() -> dict[str, Any]:
    """-> the JSON Schema of an agreement's file, as a dictionary.

    >>> schema()["required"]
    ['agreement', 'title', 'source', 'parties', 'terms']
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"An agreement as data, version {VERSION}",
        "description": "docs/agreements.md tells what each field means.",
        **_top(),
        "$defs": {
            "grade": {"enum": list(GRADES)},
            "source": _S,
            "moment": _moment(),
            "since": {"anyOf": [_ref("moment"), _agreed()]},
            "until": {"anyOf": [_ref("moment"), {"const": "open"}, _fields(["for"], **{"for": _LENGTH})]},
            "when": _when(),
            "where": _where(),
            "bars": _bars(),
            "requires": _requires(),
            "exemption": _exemption(),
            "reading": {**_fields(["source"], **_varies()), **_not_beside("when", "since", "until")},
            "reading_of_all": _fields(
                ["source"], says=_S, source=_S, grade=_ref("grade"), when=_ref("when"), standard=_S,
                unless=_list(_ref("exemption")),
            ),
            "term": _term(),
        },
    }  # fmt: skip


def _top() -> dict[str, Any]:
    party = _fields(["id", "name"], id=_S, name=_S, also=_WORDS)
    status = _fields(["party", "is", "source"], party=_S, on=_S, says=_S, source=_S, grade=_ref("grade"),
                     **{"is": {"enum": list(STATUSES)}})  # fmt: skip
    event = _fields(["id", "says"], id=_S, says=_S, at=_ref("moment"), agreed=_ref("moment"), source=_S,
                    grade=_ref("grade"))  # fmt: skip
    qualifier = {"enum": ["exact", "at least", "about", "more than"]}
    parts = {"type": "object", "additionalProperties": _COUNT}
    count = _fields(["id", "by", "says", "unit", "source"], id=_S, by=_S, of=_S, says=_S, unit=_S,
                    total={"anyOf": [_COUNT, {"type": "null"}]}, qualifier=qualifier, parts=parts, source=_S,
                    grade=_ref("grade"))  # fmt: skip
    count["anyOf"] = _has("total", "parts")
    day = _fields(["begins", "zone"], begins=_CLOCK, zone=_S)
    return _fields(
        ["agreement", "title", "source", "parties", "terms"],
        agreement=_S, title=_S, display_zone=_S, signed=_S, source=_S, grade=_ref("grade"),
        published={"type": "boolean"}, form={"enum": list(FORMS)}, revises=_S, rivals=_WORDS, reporting_day=day,
        parties={"type": "array", "items": party, "minItems": 2},
        umbrella=_list(_fields(["name", "of"], name=_S, of={"type": "array", "items": _S, "minItems": 2})),
        others={"type": "boolean"}, mediators=_list(_fields(["id"], id=_S, name=_S)), status=_list(status),
        events=_list(event), when=_ref("when"),
        readings={"type": "object", "additionalProperties": _ref("reading_of_all")},
        terms={"type": "array", "items": _ref("term"), "minItems": 1}, counts=_list(count), notes=_S,
    )  # fmt: skip


def _varies() -> dict[str, Any]:
    """Fields that a reading may give in its own version."""
    return {
        "says": _S,
        "source": _S,
        "grade": _ref("grade"),
        "binds": {"anyOf": [{"enum": ["all", "nobody"]}, {"type": "array", "items": _S, "minItems": 1}]},
        "bars": _ref("bars"),
        "requires": _ref("requires"),
        "where": _ref("where"),
        "since": _ref("since"),
        "until": _ref("until"),
        "when": _ref("when"),
        "standard": _S,
        "unless": _list(_ref("exemption")),
    }


def _term() -> dict[str, Any]:
    made = _fields(
        ["id", "article", "says", "source"],
        id=_S, article=_S, text=_S, kind={"enum": list(TERM_KINDS)}, toward=_WORDS,
        readings={"type": "object", "additionalProperties": _ref("reading")}, **_varies(),
    )  # fmt: skip
    anywhere = {"required": ["kind"], "properties": {"kind": {"enum": ["quota", "notification", "no_advance"]}}}
    owed = {"required": ["kind"], "properties": {"kind": {"enum": ["quota", "notification"]}}}
    return {
        **made,
        **_not_beside("when", "since", "until"),
        "allOf": [{"anyOf": _has("bars", "requires", "kind")}, {"anyOf": [*_has("where", "requires"), anywhere]}],
        "if": owed,
        "then": {"required": ["requires"]},
    }


def _moment() -> dict[str, Any]:
    included = {"enum": [True, False, "unknown"]}
    return {
        "anyOf": [
            {"enum": ["unknown", None]},
            _TIME,
            _fields(["day", "zone"], day=_DAY, zone=_S, included=included),
            _fields(["event"], event=_S, plus=_LENGTH),
            _fields(["between"], between={"type": "array", "items": _TIME, "minItems": 2, "maxItems": 2}),
        ]
    }


def _agreed() -> dict[str, Any]:
    return _fields(["agreed", "actual"], agreed=_ref("moment"), actual=_ref("moment"))


def _when() -> dict[str, Any]:
    told = {"says": _S, "source": _S, "grade": _ref("grade")}
    span = {"since": _ref("since"), "until": _ref("until")}
    days = {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
    invoked = _fields(["by", "at"], by=_S, at=_ref("moment"), **told)
    window = _fields(
        ["from", "to", "zone"], to=_CLOCK, zone=_S, first=_DAY, last=_DAY, weekdays=_list(days), **{"from": _CLOCK}
    )
    made = _fields(
        **span,
        extensions=_list(_fields(**span, **told)),
        renews=_fields(["each"], each=_LENGTH, unless=_S, **told),
        pauses=_list(_fields(**span, **told)),
        spans={**_list(_fields(**span, **told)), "minItems": 1},
        windows={"anyOf": [window, {**_list(window), "minItems": 1}]},
        release=_fields(article=_S, invoked=_list(invoked), **told),
    )
    return {**made, **_not_beside("spans", "since", "until")}


def _where() -> dict[str, Any]:
    polygon = _fields(["crs", "ring"], crs=_CRS, ring=_RING, holes=_list(_RING), hole_edge_m=_NUMBER)
    path = _fields(["points"], crs=_CRS, points={"type": "array", "items": _POINT, "minItems": 2})
    made = _fields(
        ["says"],
        says=_S, everywhere={"const": True}, unknown={"const": True}, polygon=polygon, path=path, line=_S, role=_S,
        map=_S, zone_width_m=_WIDTH, distance_a_side_m=_WIDTH, toward=_POINT, edge_m=_NUMBER,
    )  # fmt: skip
    wide = [{**line, "oneOf": _has("zone_width_m", "distance_a_side_m")} for line in _has("line", "path")]
    return {**made, "oneOf": [*_has("everywhere", "unknown", "polygon", "role"), *wide]}


def _bars() -> dict[str, Any]:
    return _fields(
        acts=_list({"enum": list(ACT_WORDS)}),
        targets=_list({"enum": list(TARGETS)}),
        weapons=_WORDS,
        calibre_mm={**_fields(**{"from": _NUMBER, "below": _NUMBER}), "minProperties": 1},
    )


def _requires() -> dict[str, Any]:
    made = _fields(
        ["what"],
        what=_S, unit=_S, at_least=_NUMBER, at_most=_NUMBER, each=_LENGTH, at_once={"type": "boolean"},
        of=_list({"enum": list(ACT_WORDS)}), before=_LASTS,
    )  # fmt: skip
    return {**made, "anyOf": _has("at_least", "at_most", "of")}


def _exemption() -> dict[str, Any]:
    return _fields(
        ["says"],
        says=_S, article=_S, clears={"type": "boolean"}, acts=_list({"enum": list(ACT_WORDS)}), parties=_WORDS,
        within=_LASTS, within_m=_NUMBER, needs=_WORDS,
    )  # fmt: skip
