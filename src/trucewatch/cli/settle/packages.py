"""trucewatch settle packages"""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from trucewatch.cli.base import json_option, show
from trucewatch.cli.settle.common import head, loaded, position_options, quoted, rows
from trucewatch.settle import possible


@click.command()
@position_options
@json_option
def packages(file: str, firmness: str, on: date | None, as_json: bool) -> None:
    """What is possible: the options that every red line in FILE allows, and the packages that no other is known to
    better for all, when only the order of options is known.

    FILE is a path or the name of a shipped file. Nothing here is a recommendation.
    """
    made = loaded(file)
    found = possible(made, firmness, on)
    result = {
        **head(made, on, firmness),
        "allowed": found.left,
        "collide": [issue for issue, options in found.left.items() if not options],
        "count": found.count,
        "packages": rows(found.table),
        "whole": all(part.whole for part in found.parts),
        "says": (
            "A package of the whole is one of each part. Listed are those that no other is known to better for all, by "
            "the order of options alone; what a party never compared rules nothing out. None is a recommendation."
        ),
    }
    show(result, as_json, _lines(result))


def _lines(result: dict[str, Any]) -> list[str]:
    told = [f"{result['title']} ({result['held']})"]
    told += [f"  {issue}: {quoted(options)}" for issue, options in result["allowed"].items()]
    if result["collide"]:
        told.append(f"No package is allowed: lines collide on {quoted(result['collide'])}. See: settle conflicts")
    elif result["count"] is not None:
        told.append(f"{result['count']} packages are allowed.")
    told.append("Not bettered by any other for all, by order alone; one of each part makes a package:")
    told += [f"  part {row['part']}: {row['says']}" for row in result["packages"]]
    if not result["whole"]:
        told.append("There are more than are listed.")
    return [*told, "None of these is a recommendation."]
