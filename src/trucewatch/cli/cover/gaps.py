"""trucewatch cover gaps"""

from __future__ import annotations

from typing import Any

import click

from trucewatch.base.place import spoken
from trucewatch.cli.base import show, tools
from trucewatch.cli.cover.common import ask_options, asked_of, level_option, params_of
from trucewatch.covering import covered, only_restricted
from trucewatch.stores import open_store

_MOST_LINES = 40


@click.command()
@ask_options
@level_option
def gaps(level: str, **words: Any) -> None:
    """Where and when nobody could have seen, and why. Restricted: it is refused at any other level."""
    only_restricted(level, "where nobody could have seen")
    use = tools()
    made = covered(open_store(words["case"]), use, asked_of(words), params_of(words))
    use.tell.done()  # type: ignore[attr-defined]
    table = made.tables["gaps"]
    lines = ["restricted: not to be passed on", f"{table.height} runs of spans in which nobody could have noticed"]
    lines += [
        f"{row['t0']:%Y-%m-%d %H:%M} to {row['t1']:%Y-%m-%d %H:%M}  {spoken(row['lon'], row['lat'], 2)}"
        f"  {row['because']}"
        for row in table.head(_MOST_LINES).rows(named=True)
    ]
    if table.height > _MOST_LINES:
        lines.append(f"and {table.height - _MOST_LINES} more; --json tells all")
    told = table.drop("cell").rows(named=True)
    show({"level": level, "gaps": told, "outputs": made.body["outputs"]}, words["as_json"], lines)
