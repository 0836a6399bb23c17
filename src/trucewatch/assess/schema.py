"""The format of an agreement as a JSON Schema (draft 2020-12), for editors and for tools written by others.

The schema says what a file may look like. What it cannot say (that a name stands for one party only, that an end comes
after its start, that a zone does not cross itself) `trucewatch agreement check` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trucewatch.assess.model import FORMS, GRADES, STATUSES, TERM_KINDS
from trucewatch.kinds import ACT_WORDS, TARGETS

VERSION = "1"
"""Of the format. A field may be added within a version; none changes its meaning."""
_S: dict[str, Any] = {"type": "string", "minLength": 1}
_TEXT = {"type": ["string", "integer"]}
_WORDS = {"type": "array", "items": {"type": "string"}}
_NUMBER = {"type": "number", "minimum": 0}
_POINT = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_RING = {"type": "array", "items": _POINT, "minItems": 3}
_LASTS = {"type": "string", "pattern": r"^\d+(\.\d+)? ?[a-z]+$"}


def _fields(needed: Iterable[str] = (), **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
    needed = list(needed)
    return {**made, "required": needed} if needed else made


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


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
            "when": _when(),
            "where": _where(),
            "bars": _bars(),
            "requires": _requires(),
            "exemption": _exemption(),
            "reading": _fields(["source"], **_varies()),
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
    event = _fields(["id", "says", "source"], id=_S, says=_S, at=_ref("moment"), agreed=_ref("moment"), source=_S,
                    grade=_ref("grade"))  # fmt: skip
    qualifier = {"enum": ["exact", "at least", "about", "more than"]}
    parts = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
    count = _fields(["id", "by", "source"], id=_S, by=_S, of=_S, says=_S, unit=_S, total={"type": ["integer", "null"]},
                    qualifier=qualifier, parts=parts, source=_S, grade=_ref("grade"))  # fmt: skip
    day = _fields(["begins", "zone"], begins=_S, zone=_S)
    return _fields(
        ["agreement", "title", "source", "parties", "terms"],
        agreement=_S, title=_S, display_zone=_S, signed=_S, source=_S, grade=_ref("grade"),
        published={"type": "boolean"}, form={"enum": list(FORMS)}, revises=_S, rivals=_WORDS, reporting_day=day,
        parties={"type": "array", "items": party, "minItems": 2},
        umbrella=_list(_fields(["name", "of"], name=_S, of={"type": "array", "items": _S, "minItems": 2})),
        others={"type": "boolean"}, mediators=_list(_fields(["id"], id=_S, name=_S)), status=_list(status),
        events=_list(event), when=_ref("when"),
        readings={"type": "object", "additionalProperties": _ref("reading_of_all")},
        terms={"type": "array", "items": _ref("term"), "minItems": 1}, counts=_list(count), notes=_TEXT,
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
        "since": _ref("moment"),
        "until": _ref("moment"),
        "when": _ref("when"),
        "standard": _S,
        "unless": _list(_ref("exemption")),
    }


def _term() -> dict[str, Any]:
    return _fields(
        ["id", "article", "says", "source"],
        id=_S, article=_TEXT, text=_TEXT, kind={"enum": list(TERM_KINDS)}, toward=_WORDS,
        readings={"type": "object", "additionalProperties": _ref("reading")}, **_varies(),
    )  # fmt: skip


def _moment() -> dict[str, Any]:
    included = {"enum": [True, False, "unknown"]}
    return {
        "anyOf": [
            {"type": ["string", "null"]},
            _fields(["day", "zone"], day=_S, zone=_S, included=included),
            _fields(["event"], event=_S, plus=_LASTS),
            _fields(["between"], between={"type": "array", "items": _S, "minItems": 2, "maxItems": 2}),
            _fields(["for"], **{"for": _LASTS}),
            _fields(["agreed", "actual"], agreed=_ref("moment"), actual=_ref("moment")),
        ]
    }


def _when() -> dict[str, Any]:
    told = {"says": _S, "source": _S, "grade": _ref("grade")}
    span = {"since": _ref("moment"), "until": _ref("moment")}
    days = {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
    invoked = _fields(["by", "at"], by=_S, at=_ref("moment"), **told)
    return _fields(
        **span,
        extensions=_list(_fields(["until"], **span, **told)),
        renews=_fields(["each"], each=_LASTS, unless=_S, **told),
        pauses=_list(_fields(["since", "until"], **span, **told)),
        spans=_list(_fields(**span, **told)),
        windows=_fields(
            ["from", "to", "zone"], to=_S, zone=_S, first=_S, last=_S, weekdays=_list(days), **{"from": _S}
        ),
        release=_fields(["says"], says=_S, article=_TEXT, invoked=_list(invoked), source=_S, grade=_ref("grade")),
    )


def _where() -> dict[str, Any]:
    polygon = _fields(["crs", "ring"], crs=_S, ring=_RING, holes=_list(_RING), hole_edge_m=_NUMBER)
    path = _fields(["points"], points={"type": "array", "items": _POINT, "minItems": 2})
    return _fields(
        ["says"],
        says=_S, everywhere={"const": True}, unknown={"const": True}, polygon=polygon, path=path, line=_S, role=_S,
        map=_S, zone_width_m=_NUMBER, distance_a_side_m=_NUMBER, toward=_POINT, edge_m=_NUMBER,
    )  # fmt: skip


def _bars() -> dict[str, Any]:
    return _fields(
        acts=_list({"enum": list(ACT_WORDS)}),
        targets=_list({"enum": list(TARGETS)}),
        weapons=_WORDS,
        calibre_mm={**_fields(**{"from": _NUMBER, "below": _NUMBER}), "minProperties": 1},
    )


def _requires() -> dict[str, Any]:
    return _fields(
        ["what"],
        what=_S, unit=_S, at_least=_NUMBER, at_most=_NUMBER, each=_LASTS, at_once={"type": "boolean"},
        of=_list({"enum": list(ACT_WORDS)}), before=_LASTS,
    )  # fmt: skip


def _exemption() -> dict[str, Any]:
    return _fields(
        ["says"],
        says=_S, article=_TEXT, clears={"type": "boolean"}, acts=_list({"enum": list(ACT_WORDS)}), parties=_WORDS,
        within=_LASTS, within_m=_NUMBER, needs=_WORDS,
    )  # fmt: skip
