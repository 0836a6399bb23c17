"""trucewatch settle packages"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from trucewatch.cli.base import doing, json_option, show
from trucewatch.cli.settle.common import head, position_options, quoted, read_text, rows
from trucewatch.settle import Positions, possible, weigh, weights


@click.command()
@position_options
@click.option(
    "--weights", "weights_file", type=click.Path(path_type=Path), default=None, metavar="WEIGHTS",
    help="A YAML file of weights that somebody answers for: adds the points of theory under them, and robust packages.",
)  # fmt: skip
@json_option
def packages(made: Positions, firmness: str, on: date | None, weights_file: Path | None, as_json: bool) -> None:
    """What is possible: the options that every red line in FILE allows, and the packages that no other is known to
    better for all, when only the order of options is known.

    FILE is a path or the name of a shipped file. Nothing here is a recommendation.
    """
    with doing("looking for packages"):
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
    if weights_file is not None:
        with doing("weighing them"):
            result["weighed"] = _weighed(made, weights_file, firmness, on)
    show(result, as_json, _lines(result))


def _weighed(made: Positions, path: Path, firmness: str, on: date | None) -> dict[str, Any]:
    given = weights(read_text(path), made, str(path))
    found = weigh(made, given, firmness, on)
    return {
        "weights": given.id,
        "source": given.source,
        "points": rows(found.table),
        "draws": found.draws,
        "moves": {
            name: [{"package": package, "in_draws": n} for package, n in often] for name, often in found.seen.items()
        },
        "robust": found.robust,
        "whole": found.whole,
        "says": (
            "These are the points of those weights, which are a judgement. `draws` are settings within the bounds, not "
            "every setting; robust is meant of every setting. None is a recommendation."
        ),
    }


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
    if "weighed" in result:
        told += _weighed_lines(result["weighed"])
    return [*told, "None of these is a recommendation."]


def _weighed_lines(weighed: dict[str, Any]) -> list[str]:
    told = [f"By the weights of {weighed['source']} ({len(weighed['draws'])} settings within their bounds):"]
    for row in weighed["points"]:
        if row["draw"] == 0:
            worth = ", ".join(f"{p} {w:.3f}" for p, w in zip(row["parties"], row["worth"], strict=True))
            named = ", ".join(f"{i} {o}" for i, o in zip(row["issues"], row["options"], strict=True))
            told.append(f"  {row['point']}: {named} ({worth})")
    for name, often in weighed["moves"].items():
        counts = "; ".join(f"{', '.join(one['package'].values())} in {one['in_draws']}" for one in often)
        told.append(f"  {name}, how it moves: {counts or 'no package is worth more than none to all'}")
    robust = weighed["robust"]
    if robust is None:
        told.append("  Robust: no package stays acceptable to all over all the bounds.")
    else:
        named = "; ".join(f"{issue}: {quoted(options)}" for issue, options in robust.items())
        told.append(f"  Robust packages, acceptable to all over all the bounds, take {named}")
    return told
