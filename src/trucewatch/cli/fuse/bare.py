"""trucewatch fuse --observations FILE --out DIR: a bare file, without a case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.cli.base import doing
from trucewatch.cli.tabled import table_file
from trucewatch.fuse import FuseParams, Learnt
from trucewatch.fuse.learn import learn
from trucewatch.fuse.params import RuleParams
from trucewatch.fuse.plain import Rule, fair, fuse_plain
from trucewatch.fuse.rule import TAXONOMY, read_taxonomy

_WANTED = "Parquet or CSV with the columns id, source, kind, t0, t1, lon, lat, radius_m"


@dataclass(frozen=True)
class Asked:
    """How a bare file is to be linked: by `chances`, or within a `window`, as its words agree."""

    rule: str | None = None
    within_km: float | None = None
    within_days: float | None = None
    agree: Path | None = None


def fuse_file(file: Path, out: Path, asked: Asked | None = None) -> tuple[dict[str, Any], str]:
    """A file of reports, a folder -> what was told, as a table and as a line; the folder then holds the answer."""
    table = table_file(file, _WANTED, infer_schema=False)
    rows, lost = fair(table, str(file))
    rule = _rule(asked, table) if asked and asked.rule == "window" else None
    with doing(f"learning from {rows.height:,} reports and linking them"):
        learnt = learn(rows) if rule is None else Learnt()
        made = fuse_plain(rows, lost, FuseParams(), learnt, rule)
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
        f"{' (rows left out: problems.parquet)' if summary['problems'] else ''}; p is {summary['chances']}"
    )
    return summary, line


def _rule(asked: Asked, table: pl.DataFrame) -> Rule:
    plain = RuleParams()
    params = RuleParams(
        within_m=plain.within_m if asked.within_km is None else 1_000 * asked.within_km,
        within_s=plain.within_s if asked.within_days is None else 86_400 * asked.within_days,
    )
    if asked.agree is None:
        return Rule(params)
    wanted = f"CSV or Parquet with the columns {', '.join(TAXONOMY)}"
    words = table_file(asked.agree, wanted, infer_schema=False)
    taxonomy = read_taxonomy(words, table.columns, str(asked.agree))
    own = [name for name in taxonomy["column"].unique().sort().to_list() if name not in ("id", "source", "kind", "by")]
    columns = table.select(pl.col("id", *own).cast(pl.String)).unique("id", keep="none")
    return Rule(params, taxonomy, columns)
