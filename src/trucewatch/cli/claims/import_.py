"""trucewatch claims import"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.cli.base import by_option, case_option, json_option, read_file
from trucewatch.cli.claims.common import gazetteer_option, keep, places, zone_option
from trucewatch.ports import Request
from trucewatch.stores import Where


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@case_option
@gazetteer_option
@zone_option
@by_option
@json_option
def import_command(
    files: tuple[Path, ...], case: Where, gazetteers: tuple[Path, ...], zone: str | None, by: str | None, as_json: bool
) -> None:
    """Enter the statements that people typed into FILES (CSV, YAML, JSON or Excel) in the case's register.

    The columns are those of docs/sources/statements.md; every row is a statement, or a problem that says why it is
    none. A place without coordinates takes those of the gazetteer.
    """
    named = places(gazetteers)
    given = {"zone": zone, "places": named or None}
    options = {name: value for name, value in given.items() if value}
    request = Request(files=tuple((path.name, read_file(path)) for path in files), options=options)
    keep(case, "statements", request, by, as_json)
