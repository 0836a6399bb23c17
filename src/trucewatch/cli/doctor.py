"""trucewatch doctor"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import click
import polars
import shapely

from trucewatch.archive import know
from trucewatch.base.errors import TrucewatchError
from trucewatch.cli.base import case_option, code, json_option, shipped, show
from trucewatch.log.verify import verify_capture
from trucewatch.sources import names, source
from trucewatch.stores.posix import MARKER, PosixCase, open_case


@click.command()
@case_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, case: Path, as_json: bool) -> None:
    """Check this installation, and the case if there is one: every byte against its commitment. Exits 1 if it ails."""
    checks = _installation()
    if (case / MARKER).exists():
        checks += _case(case)
    else:
        checks.append(("case", True, f"{case} is not a case; only the installation was checked"))
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


def _case(folder: Path) -> list[tuple[str, bool, str]]:
    try:
        store = open_case(folder)
        known = know(store)
    except TrucewatchError as wrong:
        return [("log", False, str(wrong))]
    checks = [("log", True, f"{known.size} entries, root {known.root.hex()[:12]}; all bodies are there")]
    checks.append(_all(store, known.captures, "captures", _open_capture))
    wanted = {sha for tables in known.reads.values() for sha in tables.values()} | {
        sha for run in known.runs if run["room"] != "report" for sha in run["outputs"].values()
    }
    checks.append(_all(store, sorted(wanted), "batches and results", lambda case, sha: case.objects.get(sha)))
    bodies = {entry.body_hash for entry in known.entries}
    extra = len(set(store.objects.ids()) - wanted - bodies) + len(set(store.vault.ids()) - set(known.captures))
    says = f"{extra} files belong to no entry: leftovers of an interrupted command, harmless" if extra else "none"
    checks.append(("leftovers", True, says))
    return checks


def _open_capture(store: PosixCase, capture: str) -> None:
    verify_capture(capture, *store.vault.get(capture))


def _all(store: PosixCase, ids: Any, noun: str, check: Any) -> tuple[str, bool, str]:
    for name in ids:
        try:
            check(store, name)
        except KeyError:
            return noun, False, f"{name[:12]} is gone"
        except TrucewatchError as wrong:
            return noun, False, str(wrong)
    return noun, True, f"{len(ids)} hold what the log commits to"
