"""trucewatch agreement import pax"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import polars as pl
import yaml

from trucewatch.assess import agreement as parsed
from trucewatch.assess import pax
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import json_option, read_file, show
from trucewatch.sources.cells import read_sheet
from trucewatch.stores.files import PART, sync_folder, umask, write_all

EXPECTED = "PA-X's table of all agreements, as CSV, gzipped or not"


@click.group("import")
def import_group() -> None:
    """Drafts of agreements from what others have coded."""


@import_group.command("pax")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "ids", multiple=True, metavar="AGTID", help="Only that row. May be given again.")
@click.option("--stage", default=None, metavar="STAGE", help="Only rows of that stage, as Cea for ceasefires.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the drafts into this folder, which is not there yet."
)
@click.option("--coverage", is_flag=True, help="Tell instead how much of what is coded a kind of term can say.")
@click.option(
    "--party", "parties", multiple=True, metavar="NAME", help="A party of the one row of --id, as you read it."
)
@click.option(
    "--unnamed", is_flag=True, help="Draft rows whose parties cannot be told too, with placeholders to type over."
)
@json_option
def pax_command(file: Path, out: Path | None, as_json: bool, **asked: Any) -> None:
    """Rows of the PA-X database in FILE as drafts, one file a row; what makes no draft is told with its reason.

    A draft is made from coding, not from a text: it has no place and no time, and is to be finished by people.
    Without --out nothing is written. A draft of --unnamed is counted apart, and its row stays a problem.
    """
    _refused(out, **asked)
    table, lost = _table(file)
    ids, stage, parties = asked["ids"], asked["stage"], asked["parties"]
    picked = _picked(table, ids, stage)
    made = pax.drafts_of(picked, pax.version_of(table), {ids[0]: parties} if parties else None)
    texts, problems = _texts(made.drafts, made.problems)
    problems += lost if not ids and stage is None else []
    drafts = [one for one in made.drafts if one.agreement in texts]
    unnamed = None
    if asked["unnamed"]:
        loose = _texts(made.unnamed, ())[0]
        unnamed = [one for one in made.unnamed if one.agreement in loose]
        texts |= loose
    if asked["coverage"]:
        counted = pax.coverage(drafts, problems, made.coded, unnamed)
        show(counted, as_json, pax.told(counted))
        return
    if out is not None and texts:
        _write(out, {f"{name}.yaml": text.encode() for name, text in texts.items()})
    told = {
        "file": str(file),
        "rows": len(drafts) + len(problems),
        **({"unnamed": len(unnamed)} if unnamed is not None else {}),
        "drafts": [_of(one, out) for one in [*drafts, *(unnamed or ())]],
        "problems": [{**_told(one), "reason": one.reason, "problem": one.what} for one in problems],
    }
    show(told, as_json, _lines(told, out))


def _refused(out: Path | None, ids: tuple[str, ...], parties: tuple[str, ...], coverage: bool, **_: Any) -> None:
    """InputError where options do not go together, or something lies where the drafts would go."""
    if out is not None and os.path.lexists(out):
        raise InputError("is there already", file=str(out), expected="a folder that is not there yet")
    if out is not None and coverage:
        raise InputError("writes nothing", field="--coverage", expected="--out or --coverage, not both")
    if parties and len(ids) != 1:
        raise InputError("are the parties of one row", field="--party", expected="exactly one --id beside it")


def _table(file: Path) -> tuple[pl.DataFrame, list[pax.Problem]]:
    """The table's cells as text, and the lines that are no rows. InputError where it is not PA-X's."""
    sheet = read_sheet(read_file(file), str(file), pax.COLUMNS, EXPECTED, str)
    if not sheet.rows.height:
        raise InputError("has no rows", file=str(file), expected=EXPECTED)
    faults = sheet.faults.table()
    for (what,) in faults.filter(pl.col("subject") == "file").select("message").rows():
        raise InputError(what, file=str(file), expected=EXPECTED)
    wrong = faults.filter(pl.col("lost")).select("where", "message").rows()
    return sheet.rows, [pax.Problem("", "", "", pax.ROW, f"{where}: {what}") for where, what in wrong]


def _picked(table: pl.DataFrame, ids: tuple[str, ...], stage: str | None) -> pl.DataFrame:
    """The rows asked for. UnknownName where there are none such."""
    known = set(table["AgtId"].drop_nulls())
    for one in ids:
        if one not in known:
            near = sorted(known, key=lambda other: (abs(len(other) - len(one)), other))[:3]
            raise InputError(f"there is no row {one!r}", field="--id", expected=f"an AgtId, as {', '.join(near)}")
    stages = set(table["Stage"].drop_nulls())
    if stage is not None and stage not in stages:
        raise UnknownName("stage", stage, stages, field="--stage")
    picked = table.filter(pl.col("AgtId").is_in(list(ids))) if ids else table
    return picked.filter(pl.col("Stage") == stage) if stage is not None else picked


def _texts(drafts: Sequence[pax.Draft], before: Sequence[pax.Problem]) -> tuple[dict[str, str], list[pax.Problem]]:
    """Each draft as YAML that reads as an agreement; what does not is a problem, behind those before."""
    texts, problems = {}, list(before)
    for one in drafts:
        text = yaml.safe_dump(dict(one.document), sort_keys=False, allow_unicode=True, width=110)
        try:
            parsed(text, f"{one.agreement}.yaml")
        except InputError as wrong:
            what = f"its draft cannot be read: {str(wrong).splitlines()[0]}"
            problems.append(pax.Problem(one.agt_id, one.title, one.stage, pax.ROW, what, one.kinds, one.untold))
        else:
            texts[one.agreement] = text
    return texts, problems


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Make the folder with all of its files, or not at all."""
    others = ~umask()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PART, dir=folder.parent) as part:
        whole = Path(part) / "drafts"
        write_all({whole / name: raw for name, raw in files.items()}, mode=0o666 & others)
        whole.chmod(0o777 & others)
        if os.path.lexists(folder):
            raise InputError("is there already", file=str(folder), expected="a folder that is not there yet")
        whole.rename(folder)
        sync_folder(folder.parent)


def _told(one: pax.Draft | pax.Problem) -> dict[str, Any]:
    return {"AgtId": one.agt_id, "title": one.title, "stage": one.stage, "kinds": list(one.kinds),
            "coded_but_not_said": list(one.untold)}  # fmt: skip


def _of(one: pax.Draft, out: Path | None) -> dict[str, Any]:
    return {
        "agreement": one.agreement,
        **_told(one),
        "parties": [party["name"] for party in one.document["parties"]],
        "terms": [term["id"] for term in one.document["terms"]],
        **({"unnamed": True} if one.unnamed else {}),
        "file": str(out / f"{one.agreement}.yaml") if out is not None else None,
    }


def _lines(told: dict[str, Any], out: Path | None) -> list[str]:
    drafts, problems = told["drafts"], told["problems"]
    where = f" in {out}" if out is not None and drafts else ", not written: no --out" if drafts else ""
    apart = f", of them {told['unnamed']} unnamed" if "unnamed" in told else ""
    still = ", the rows of the unnamed among them" if told.get("unnamed") else ""
    lines = [f"{told['rows']} rows: {len(drafts)} drafts{apart}{where}; {len(problems)} problems{still}"]
    for one in drafts:
        lines.append(f"  {one['agreement']}: {one['title']}")
        whose = "parties to be typed in" if one.get("unnamed") else " / ".join(one["parties"])
        lines.append(f"    {whose}; terms: {', '.join(one['terms'])}")
    for one in problems:
        kinds = f"; terms would be: {', '.join(one['kinds'])}" if one["kinds"] else ""
        lines.append(f"  no draft of {one['AgtId'] or 'a row'}: {one['problem']}{kinds}")
    return lines
