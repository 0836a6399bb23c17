"""Floor 4, beneath the archive: the shape of what an entry's body says, as far as anything here leans on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from trucewatch.assess.weigh import DOUBTS

Fits = Callable[[Any], bool]
CASEWORK = ("complaint", "reply", "inquiry", "determination", "corrective_action", "judgement")
"""Kinds of entries by which people work on a case: what is said to have happened, and what was made of it."""
OUTCOMES = ("violation", "no violation", "pending", "withdrawn")
"""What somebody who may determine has ruled; only people say these words."""
RESPONSIBILITIES = ("attributed", "attributed largely", "not attributable")
"""To whom a determination lays it: to one party, largely to one, or it could not be attributed."""
STATUSES = ("asked", "accepted", "done", "refused", "lapsed")
"""How far a corrective action has come, as whoever enters the step says."""
SAME = "same_incident"
"""Beside the doubts of a finding: are these two of one incident?"""
CALLS = ("yes", "no", "unsure")
"""A person's answer to one doubt."""

REVIEWS = ("accepted", "rejected")
"""What a person made of a draft of a statement."""


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


def _or_none(fits: Fits) -> Fits:
    return lambda value: value is None or fits(value)


def _one_of(words: tuple[str, ...]) -> Fits:
    return lambda value: isinstance(value, str) and value in words


def _yes_or_no(value: Any) -> bool:
    return isinstance(value, bool)


def _moment(value: Any) -> bool:
    """An instant of UTC, in the one spelling that Python gives it."""
    if not isinstance(value, str):
        return False
    at = datetime.fromisoformat(value)  # its ValueError is what `hold` raises, too
    return at.utcoffset() == timedelta(0) and at.isoformat() == value


def _named(value: Any) -> bool:
    """Another entry, by its number and the hash of its body."""
    return isinstance(value, dict) and _number(value.get("entry")) and _text(value.get("body"))


def _subjects(value: Any) -> bool:
    """What case work is about: at least one subject, each with all that was known of it when it was filed."""
    return isinstance(value, list) and bool(value) and all(_subject(part) for part in value)


def _subject(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    fits = {"id": _text, "is": _one_of(("incident", "finding", "matter", "observation")), "observations": _texts}
    more = dict.fromkeys(("subject", "agreement", "term", "reading"), _text_or_none)
    return all(fit(value.get(name, _NOTHING)) for name, fit in {**fits, **more}.items())


_SAID: Mapping[str, Fits] = {
    "about": _subjects, "agreement": _text, "term": _text_or_none, "article": _text_or_none, "by": _text,
    "on_behalf_of": _text_or_none, "at": _moment, "text": _text, "documents": _texts, "public": _yes_or_no,
    "answers": _or_none(_named), "supersedes": _or_none(_named), "salt": _text,
}  # fmt: skip
"""What every entry of case work says; `text` is the capture that holds the words, so that they can be withheld."""

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
    "review": {"call": _one_of(REVIEWS), "drafts": _texts, "by": _text, "why": _text_or_none, "salt": _text},
    "positions": {"positions": _text, "text": _text, "by": _text_or_none, "salt": _text},
    "stakes": {"stakes": _text, "text": _text, "by": _text_or_none, "salt": _text},
    "withheld": {"capture": _text, "by": _text, "why": _text, "objects": _texts},
    **dict.fromkeys(("complaint", "reply", "inquiry"), _SAID),
    "determination": {**_SAID, "outcome": _one_of(OUTCOMES), "responsibility": _or_none(_one_of(RESPONSIBILITIES)),
                      "to": _text_or_none},
    "corrective_action": {**_SAID, "whom": _text, "due": _or_none(_moment), "status": _one_of(STATUSES),
                          "confirmed_by": _text_or_none},
    # Of one incident, or of two whether they are one, people judge under no agreement.
    "judgement": {**_SAID, "agreement": _text_or_none, "doubt": _one_of((*DOUBTS, SAME)), "reading": _text_or_none,
                  "call": _one_of(CALLS)},
}  # fmt: skip


def _unicode(value: Any) -> None:
    """Half of a pair of surrogates can stand in JSON and can be printed nowhere."""
    if isinstance(value, str):
        value.encode()
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        _unicode(part)
