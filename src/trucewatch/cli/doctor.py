"""trucewatch doctor"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import click
import polars
import shapely
from click.core import ParameterSource

from trucewatch.archive import Known, know, named
from trucewatch.base.errors import CaseBroken, InputError, TrucewatchError
from trucewatch.base.ids import sha256
from trucewatch.cli.base import case_option, code, doing, json_option, read_file, shipped, show
from trucewatch.finished import finished
from trucewatch.log import merkle
from trucewatch.log.verify import verify_capture
from trucewatch.ports import Store
from trucewatch.replay import Again, checked
from trucewatch.sources import names, source
from trucewatch.stores import Where, is_case, open_store
from trucewatch.withhold import reports_from, unfinished, unfounded


@click.command()
@case_option
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Check that this file, wherever it comes from, is one that the case's log says was made. May be given again.",
)
@click.option(
    "--head",
    default=None,
    metavar="SIZE:ROOT",
    help="Check that the log still begins with what a report's footer, kept elsewhere, says: size and root.",
)
@click.option("--again", "redo", is_flag=True, help="Also read every capture and make every result again, and compare.")
@json_option
@click.pass_context
def doctor(
    ctx: click.Context, case: Where, reports: tuple[Path, ...], head: str | None, redo: bool, as_json: bool
) -> None:
    """Check this installation, and the case if there is one: every byte against its commitment. Exits 1 if it ails."""
    checks = _installation()
    if is_case(case):
        checks += _case(case, reports, head)
        if redo and all(well for _, well, _ in checks):
            store = open_store(case)
            with doing("making every result again"):
                checks += checked(Again(store, know(store), source, code()))
    else:
        asked = ctx.get_parameter_source("case") is ParameterSource.COMMANDLINE or bool(reports) or head is not None
        checks.append(("case", not asked, f"{case} is not a case; only the installation was checked"))
    told = [{"check": what, "well": well, "says": says} for what, well, says in checks]
    show(told, as_json, [f"{'well' if well else 'AILS':5} {what}: {says}" for what, well, says in checks])
    if not all(well for _, well, _ in checks):
        ctx.exit(1)


def _installation() -> list[tuple[str, bool, str]]:
    versions = f"Python {platform.python_version()}, polars {polars.__version__}, shapely {shapely.__version__}"
    checks = [("code", True, code()), ("libraries", True, versions)]
    broken = []
    for name in names():
        try:
            source(name)
        except Exception as wrong:  # a plug-in can fail in any way; the doctor names it and goes on
            broken.append(f"{name} ({wrong})")
    checks.append(("sources", not broken, "cannot be loaded: " + ", ".join(broken) if broken else ", ".join(names())))
    checks.append(
        (
            "shipped",
            bool(shipped("mappings")),
            f"{len(shipped('mappings'))} mappings, {len(shipped('agreements'))} agreements",
        )
    )
    return checks


def _case(where: Where, reports: tuple[Path, ...], head: str | None) -> list[tuple[str, bool, str]]:
    try:
        store = open_store(where)
        known = know(store)
    except TrucewatchError as wrong:
        return [("log", False, str(wrong))]
    checks = [("log", True, f"{known.size} entries, root {known.root.hex()[:12]}; all bodies are there")]
    checks.append(_all(store, [c for c in known.captures if c not in known.withheld], "captures", _open_capture))
    checks.append(_withheld(store, known))
    there = sorted(named(known) - set(known.gone))
    checks.append(_all(store, there, "batches and results", lambda case, sha: case.objects.get(sha)))
    ours = named(known) | {entry.body_hash for entry in known.entries}
    extra = len(set(store.objects.ids()) - ours) + len(set(store.vault.ids()) - set(known.captures))
    says = f"{extra} files belong to no entry: leftovers of an interrupted command, harmless" if extra else "none"
    checks.append(("leftovers", True, says))
    old = set(reports_from(known, known.withheld))
    runs = [{**run, "old": n in old} for n, run in zip(known.run_at, known.runs, strict=True)]
    made = {sha: run for run in runs if run["room"] == "report" for sha in run["outputs"].values()}
    for name in (published := store.published):
        told = _report(f"{store.where}/{name}", raw := published[name], made)
        checks.append(_placed(told, known, name, raw))
    checks += [_report(str(path), read_file(path), made) for path in reports]
    if head is not None:
        checks.append(_head(store, head))
    return checks


def _report(path: str, raw: bytes, made: dict[str, Any]) -> tuple[str, bool, str]:
    """Is this file, byte for byte, one that the log says a report run made?"""
    run = made.get(sha256(raw))
    if run is None:
        return "report", False, f"{path} is no file that the log says was made: it was changed, or made elsewhere"
    whom = f", for {run['for']}" if run.get("for") else ""
    told = f"{path} is as it was made, level {run['level']}{whom}, from {run['tree_size']} entries"
    return "report", True, f"{told}; something that it was made of is withheld now" if run["old"] else told


def _placed(told: tuple[str, bool, str], known: Known, name: str, raw: bytes) -> tuple[str, bool, str]:
    """What was found of a file that lies in the case; and does it lie where a file of its level belongs?"""
    if not told[1]:
        return told
    try:
        note = finished(known, name, raw)
    except CaseBroken as wrong:
        return "report", False, str(wrong)
    return ("report", True, f"{told[2]}; {note}") if note else told


def _withheld(store: Store, known: Known) -> tuple[str, bool, str]:
    """Is what the log says is withheld gone, and nothing else with it?"""
    wrong = [*unfounded(known), *unfinished(known, store.vault.ids(), store.objects.ids())]
    entries = ", ".join(str(held.entry) for held in known.withheld.values())
    told = f"{len(known.withheld)} captures, accounted for by entries {entries}" if known.withheld else "none"
    return "withheld", not wrong, "; ".join(wrong) or told


def _head(store: Store, head: str) -> tuple[str, bool, str]:
    """Does the log still begin with the entries that a head, kept by somebody else, speaks of?"""
    size, _, root = head.partition(":")
    if not size.isdigit() or len(root) != 64:
        raise InputError(f"{head!r} is not a head", field="--head", expected="SIZE:ROOT, as a report's footer has them")
    lines = store.log.lines()
    if int(size) > len(lines):
        return "head", False, f"the head speaks of {size} entries, the log has {len(lines)}: some are gone"
    if merkle.root([merkle.leaf(line) for line in lines[: int(size)]]).hex() != root.lower():
        return "head", False, f"the first {size} entries do not lead to that root: the log's history was changed"
    return "head", True, f"the first {size} entries are those that the head speaks of"


def _open_capture(store: Store, capture: str) -> None:
    verify_capture(capture, *store.vault.get(capture))


def _all(store: Store, ids: Any, noun: str, check: Any) -> tuple[str, bool, str]:
    for name in ids:
        try:
            check(store, name)
        except KeyError:
            return noun, False, f"{name[:12]} is gone"
        except TrucewatchError as wrong:
            return noun, False, str(wrong)
    return noun, True, f"{len(ids)} hold what the log commits to"
