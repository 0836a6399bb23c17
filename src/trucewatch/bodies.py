"""Floor 4, beneath the archive: the shape of what an entry's body says, as far as anything here leans on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Fits = Callable[[Any], bool]


def hold(kind: str, said: Any) -> None:
    """ValueError or TypeError where a body is not of its kind's shape, or a text in it is no Unicode.

    Fields beside those that are named here are let be, and so are kinds that are read elsewhere.

    >>> hold("observations", {"capture": "ab", "rows": 1, "code": "x", "tables": {}})
    >>> hold("observations", [])
    Traceback (most recent call last):
    ValueError: not a body of that kind
    """
    shape = SHAPES.get(kind)
    if shape is None:
        return
    if not isinstance(said, dict) or not all(fits(said.get(field, _NOTHING)) for field, fits in shape.items()):
        raise ValueError("not a body of that kind")
    if kind == "run" and said["room"] == "report" and "level" not in said:
        raise ValueError("a report is of a level")
    _unicode(said)


_NOTHING = object()


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _number(value: Any) -> bool:
    return type(value) is int and value >= 0


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _fields(value: Any) -> bool:
    return isinstance(value, dict)


def _names(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(part, str) for part in value.values())


def _span(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(part) is int for part in value)


def _where_told(fits: Fits) -> Fits:
    return lambda value: value is _NOTHING or fits(value)


SHAPES: Mapping[str, Mapping[str, Fits]] = {
    "capture": {
        "id": _text, "source": _text, "url": _text, "media_type": _text, "fetched_at": _text, "licence": _text,
        "options": _fields, "size": _number, "replaces": _where_told(_texts),
    },
    "observations": {"capture": _text, "rows": _number, "code": _text, "tables": _names},
    "attachment": {"agreement": _text, "term": _text, "capture": _text, "lines": _span},
    "run": {"room": _text, "inputs": _fields, "outputs": _names, "code": _text, "tree_size": _number,
            "detail": _where_told(_text), "level": _where_told(_text)},
    "custody": {"act": _text, "captures": _texts, "by": _text_or_none, "to": _text_or_none, "why": _text_or_none},
    "withheld": {"capture": _text, "by": _text, "why": _text, "objects": _texts},
}  # fmt: skip


def _unicode(value: Any) -> None:
    """Half of a pair of surrogates can stand in JSON and can be printed nowhere."""
    if isinstance(value, str):
        value.encode()
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        _unicode(part)
