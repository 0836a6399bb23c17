"""Exports of KoboToolbox and ODK, CSV or JSON -> one flat table of text: our questions, and what the server says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.sources.form.questions import NAMES
from trucewatch.sources.table.rows import Reads, Rows, rows_of

FORM = "an export of KoboToolbox or ODK Central, CSV or JSON, of a form made by `trucewatch form`"
SERVER = {
    "key": ("__id", "_uuid", "instanceid", "key", "_id"),
    "submitted": ("submissiondate", "_submission_time"),
    "submitter": ("submittername", "_submitted_by"),
    "state": ("reviewstate", "_validation_status"),
    "state_at": ("_validation_status_timestamp",),
    "edits": ("edits",),
    "edited_at": ("updatedat", "_last_edited", "_date_modified"),
    "lat": ("_position_latitude", "position-latitude"),
    "lon": ("_position_longitude", "position-longitude"),
    "accuracy": ("_position_precision", "position-accuracy"),
}
"""Our name -> what it is called in an export, the first that is there."""
COLUMNS = (*NAMES, *SERVER)
_SERVERS = {
    "attachmentsexpected", "attachmentspresent", "deletedat", "deviceid", "edits", "formversion", "instanceid",
    "instancename", "key", "phonenumber", "reviewstate", "simserial", "status", "submissiondate", "submitterid",
    "submittername", "subscriberid", "today", "updatedat", "username",
}  # fmt: skip
"""What servers and phones add by themselves."""


def flat(raw: bytes, file: str) -> Rows:
    """Bytes -> rows with every column of COLUMNS, all text."""
    head = raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if head in (b"{", b"["):
        made = rows_of(json.dumps([_one(item) for item in _items(raw, file)]).encode(), file)
    else:
        first = raw.split(b"\n", 1)[0]
        made = rows_of(raw, file, Reads(separator=";" if first.count(b";") > first.count(b",") else ","))
    ours = _named(made.frame)
    frame = made.frame.select(pl.col(theirs).alias(name) for name, theirs in ours.items())
    if "record" not in frame.columns or "time" not in frame.columns:
        raise InputError("has no columns 'record' and 'time'", file=file, field="record", expected=FORM)
    absent = [pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in frame.columns]
    frame = _placed(frame.with_columns(absent).select(COLUMNS))
    blank = pl.all().str.strip_chars()
    noted = made.problems + _unread(made.frame, set(ours.values()), file)
    return Rows(frame.select(pl.when(blank != "").then(blank).name.keep()), made.number, made.count, noted)


def _unread(frame: pl.DataFrame, used: set[str], file: str) -> list[tuple[str, str, str, str, bool]]:
    """A mission's own questions, where somebody answered them: what is not read is told."""
    noted = []
    for theirs in frame.columns:
        parts = [part for part in theirs.lower().replace("-", "/").split("/") if part]
        theirs_only = theirs.startswith("_") or bool({"formhub", "meta", *_SERVERS} & set(parts))
        of_ours = any(part in NAMES or part.removesuffix("_url") in NAMES for part in parts)
        if theirs in used or theirs_only or of_ours or not (frame[theirs].str.strip_chars() != "").any():
            continue
        noted.append((file, "unknown_question", theirs[:40], "is no question of this form; its answers are not read",
                      False))  # fmt: skip
    return noted


def _items(raw: bytes, file: str) -> list[Any]:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise InputError("is not JSON", file=file, expected=FORM) from None
    found = told if isinstance(told, list) else next((told[k] for k in ("results", "value") if k in told), None)
    if not isinstance(found, list):
        raise InputError("holds no list of submissions", file=file, field="results or value", expected=FORM)
    return found


def _one(item: Any) -> Any:
    """A submission -> names and texts; groups are opened, and a point is as Kobo writes it."""
    if not isinstance(item, Mapping):
        return item
    made: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and value.get("type") == "Point":
            lon, lat, *more = value["coordinates"]
            accuracy = (value.get("properties") or {}).get("accuracy", "")
            made[name] = f"{lat} {lon} {more[0] if more else 0} {accuracy}".strip()
        elif name == "_validation_status" and isinstance(value, Mapping):
            made[name], made["_validation_status_timestamp"] = value.get("uid"), value.get("timestamp")
        elif isinstance(value, Mapping):
            made |= _one(value)
        elif isinstance(value, list):  # several choices, or a repeated group of the mission's own
            plain = all(isinstance(part, str) for part in value)
            made[name] = (" ".join(value) if plain else json.dumps(value)) if value else None
        else:
            made[name] = value
    return {name: None if value is None else str(value) for name, value in made.items()}


def _named(frame: pl.DataFrame) -> dict[str, str]:
    """Our names -> their headers: the last part of a path of groups, in any case; the server's own by SERVER."""
    plain = {theirs: theirs.lower() for theirs in frame.columns}
    ours: dict[str, str] = {}
    for theirs, name in plain.items():
        last = name.rsplit("/", 1)[-1]
        for known in (last, last.rsplit("-", 1)[-1]):
            if known in NAMES and known not in ours and name not in _server_names():
                ours[known] = theirs
    for name, called in SERVER.items():
        found = next((t for c in called for t, low in plain.items() if low.rsplit("/", 1)[-1] == c), None)
        if found:
            ours[name] = found
    return ours


def _server_names() -> Iterable[str]:
    return {name for called in SERVER.values() for name in called}


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """`lat lon altitude accuracy` in one cell, or the columns that an export makes of it."""
    parts = pl.col("position").str.strip_chars().str.split(" ")
    return frame.with_columns(
        lat=pl.coalesce("lat", parts.list.get(0, null_on_oob=True)),
        lon=pl.coalesce("lon", parts.list.get(1, null_on_oob=True)),
        accuracy=pl.coalesce("accuracy", parts.list.get(3, null_on_oob=True)),
    )
