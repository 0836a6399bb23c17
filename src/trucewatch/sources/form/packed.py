"""ODK Central's zip (submissions, attachments, audit) -> its parts; and what the audit says of where and when each
submission was filled in."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.place import gap_m
from trucewatch.base.problem import problems, problems_where
from trucewatch.sources.form.questions import THERE
from trucewatch.sources.table import cells
from trucewatch.sources.table.mapping import INSTANTS

MOST_BYTES = 1 << 30
"""Of all that is packed: a larger export comes in parts."""
FAR_M = 1000.0
"""A phone that was never nearer than this to the stated position, its own error and that of the fix taken off, was
elsewhere when the form was filled in."""
LATE_DAYS = 1
"""A form that was opened more than this after what it tells is from memory or a notebook."""
FORM = "the zip that ODK Central gives: submissions as CSV, a folder media, and the audit"
_OBSERVED = ("incident", "harm", "weapons", "ordnance", "restriction")
_AUDIT = "audit.csv"
_ATTACHED = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"RIFF",
    b"OggS",
    b"%PDF",
    b"ID3",
    b"\x1aE\xdf\xa3",
    b"II*\x00",
    b"MM\x00*",
)
"""How pictures, sounds, films and documents begin."""
_FIELDS = ("event", "start", "end", "latitude", "longitude", "accuracy")


@dataclass(frozen=True)
class Packed:
    """table: the submissions as CSV; audit(key, opened, closed, lon, lat, accuracy_m): an event a row, or None; media:
    the names of what lies beside; noted: problems of the zip itself."""

    table: bytes
    audit: pl.DataFrame | None
    media: frozenset[str]
    noted: list[tuple[str, str, str, str, bool]] = field(default_factory=list)


def observed() -> pl.Expr:
    """Records that are observations, which keep the names of what goes with them; the others are looks or statements.

    Weapons that are missing from a site were not there: an observation of them would be the opposite of what is told.
    """
    there = (pl.col("record") != "weapons") | pl.col("weapons_where").is_in(THERE).fill_null(False)
    return pl.col("record").is_in(_OBSERVED) & there


def is_attachment(raw: bytes) -> bool:
    """Is it a picture, a recording or a document by itself, as its first bytes tell?"""
    return raw.startswith(_ATTACHED) or raw[4:8] == b"ftyp"


def is_audit(raw: bytes) -> bool:
    """Is it the audit of one submission by itself, as KoboToolbox gives it?"""
    return raw[:200].lstrip(b"\xef\xbb\xbf").lower().startswith(b"event,node,start")


def is_packed(raw: bytes) -> bool:
    """Is it a zip, and no workbook?"""
    return raw[:4] == b"PK\x03\x04" and b"[Content_Types].xml" not in raw[:4096]


def unpacked(raw: bytes, file: str) -> Packed:
    """Bytes -> the parts. InputError where it is no zip that can be read, or holds no submissions."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as kept:
            infos = [info for info in kept.infolist() if not info.is_dir()]
            if sum(info.file_size for info in infos) > MOST_BYTES:
                raise InputError(f"holds more than {MOST_BYTES >> 20} MB", file=file, expected="the export in parts")
            tables = {i.filename: kept.read(i) for i in infos if i.filename.lower().endswith(".csv")}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError):
        raise InputError("is no zip that can be read", file=file, expected=FORM) from None
    audits = [name for name in tables if name.lower().endswith(_AUDIT)]
    ours = [name for name in tables if name not in audits and _heads(tables[name])]
    if len(ours) != 1:
        raise InputError(f"holds {len(ours)} tables of submissions", file=file, expected=FORM)
    media = frozenset(info.filename.rsplit("/", 1)[-1] for info in infos if info.filename not in (*audits, *tables))
    noted: list[tuple[str, str, str, str, bool]] = []
    audit = _audit(tables[audits[0]], f"{file}, {audits[0]}", noted) if audits else None
    return Packed(tables[ours[0]], audit, media, noted)


def _heads(raw: bytes) -> bool:
    """Has it the columns by which a table of submissions is known?"""
    names = {
        n.strip('"').rsplit("-", 1)[-1] for n in raw.split(b"\n", 1)[0].decode(errors="replace").strip().split(",")
    }
    return {"record", "time"} <= names


def _audit(raw: bytes, file: str, noted: list[Any]) -> pl.DataFrame | None:
    """The audit's rows; None and a problem where it is no such table."""
    try:
        told = pl.read_csv(raw, infer_schema=False, truncate_ragged_lines=True)
    except pl.exceptions.PolarsError:
        told = pl.DataFrame()
    told = told.rename({name: name.strip().lower() for name in told.columns})
    if not {"instance id", *_FIELDS} <= set(told.columns):
        noted.append((file, "no_audit", "audit", "is no audit of ODK Central with places; not read", False))
        return None
    return told.select(
        key="instance id",
        opened=_instant("start"),
        closed=pl.coalesce(_instant("end"), _instant("start")),
        lon=cells.real(pl.col("longitude")),
        lat=cells.real(pl.col("latitude")),
        accuracy_m=cells.real(pl.col("accuracy")).fill_null(0.0),
    ).filter(pl.col("key").is_not_null())


def _instant(name: str) -> pl.Expr:
    """Milliseconds since 1970, as the phone's clock had them."""
    return (
        pl.from_epoch(cells.whole(pl.col(name)), time_unit="ms")
        .dt.replace_time_zone("UTC")
        .cast(pl.Datetime("us", "UTC"))
    )


def held_against(told: pl.DataFrame, packed: Packed | None, file: str) -> pl.DataFrame:
    """Submissions -> notes: where the phone was against the stated position, when it was filled in against the stated
    time, and what of their attachments is not there. Notes alone: nothing is refused for them."""
    media = packed.media if packed else frozenset()
    lies = pl.col("photo").is_in(sorted(media))
    apart = ~observed()
    why = pl.format(
        "{} is named{}; kept",
        "photo",
        pl.when(lies).then(pl.lit(", and its record has no row that leads to it"))
        .otherwise(pl.lit(", and is not in this file")),
    )  # fmt: skip
    named = pl.col("photo").is_not_null() & (~lies | apart)
    notes = [problems_where(told, named, file=file, code="attachment", subject="photo", message=why, lost=False)]
    if packed is None:
        return notes[0]
    notes.append(problems(packed.noted))
    if packed.audit is None:
        return pl.concat(notes)
    seen = _seen(told, packed.audit)
    late = pl.col("opened") - pl.col("began")
    far = pl.format("the phone was never nearer than {} km to it while this was filled in; kept",
                    (pl.col("off_m") / 1000).round(1))  # fmt: skip
    found = (
        (pl.col("off_m") > FAR_M, "audit_place", "position", far),
        (pl.col("began") > pl.col("closed"), "audit_time", "time",
         pl.lit("begins after the form had been filled in, by the phone's clock; kept")),
        (late > pl.duration(days=LATE_DAYS), "late_entry", "time",
         pl.format("was filled in {} days after it began; kept", late.dt.total_days())),
        (pl.col("opened").is_null(), "no_audit", "audit", pl.lit("the audit has nothing of this submission; kept")),
    )  # fmt: skip
    for bad, code, subject, message in found:
        notes.append(problems_where(seen, bad, file=file, code=code, subject=subject, message=message, lost=False))
    return pl.concat(notes)


def _seen(told: pl.DataFrame, audit: pl.DataFrame) -> pl.DataFrame:
    """Submissions -> with opened, closed, began, and off_m: the nearest that the phone came to the stated position."""
    mine = told.select(
        "row", "key", began=cells.sane(cells.moment(pl.col("time"), INSTANTS, None)),
        at_lon=cells.real(pl.col("lon")), at_lat=cells.real(pl.col("lat")),
        fix_m=cells.real(pl.col("accuracy")).fill_null(0.0),
    )  # fmt: skip
    events = mine.join(audit, on="key", how="left").with_columns(gap=gap_m("lon", "lat", "at_lon", "at_lat"))
    per = events.group_by("row").agg(
        pl.col("opened").min(),
        pl.col("closed").max(),
        off_m=(pl.col("gap") - pl.col("accuracy_m") - pl.col("fix_m")).clip(0).min(),
    )
    return mine.join(per, on="row", how="left", maintain_order="left").rechunk()
