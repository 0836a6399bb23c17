"""trucewatch fuse --observations FILE --out DIR: a bare file, without a case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.fuse import FuseParams
from trucewatch.fuse.learn import learn
from trucewatch.fuse.plain import fair, fuse_plain

_WANTED = "Parquet or CSV with the columns id, source, kind, t0, t1, lon, lat, radius_m"


def fuse_file(file: Path, out: Path) -> tuple[dict[str, Any], str]:
    """A file of reports, a folder -> what was told, as a table and as a line; the folder then holds the answer."""
    rows, lost = fair(_read(file), str(file))
    learnt = learn(rows)
    made = fuse_plain(rows, lost, FuseParams(), learnt)
    summary = {**made.summary, "sources": learnt.sources.sort("source").to_dicts()}
    try:
        out.mkdir(parents=True, exist_ok=True)
        made.incidents.write_parquet(out / "incidents.parquet")
        made.links.write_parquet(out / "links.parquet")
        made.problems.write_parquet(out / "problems.parquet")
        (out / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as wrong:
        raise InputError(f"cannot be written to ({wrong.strerror})", file=str(out), expected="a folder") from None
    line = (
        f"{summary['observations']} observations, {summary['incidents']} incidents, "
        f"{summary['of_two_sources_or_more']} of them from two sources or more; {summary['problems']} problems"
    )
    return summary, line


def _read(file: Path) -> pl.DataFrame:
    try:
        if file.suffix.lower() == ".csv":
            return pl.read_csv(file, infer_schema=False)
        return pl.read_parquet(file)
    except FileNotFoundError:
        raise InputError("there is no such file", file=str(file), expected=_WANTED) from None
    except (OSError, pl.exceptions.PolarsError) as wrong:
        why = str(wrong).splitlines()[0] if str(wrong) else type(wrong).__name__
        raise InputError(f"cannot be read ({why})", file=str(file), expected=_WANTED) from None
