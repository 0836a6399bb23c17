"""trucewatch ring page: maps, numbers and what follows, as one page; restricted"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import click
import polars as pl
import shapely

from trucewatch.archive import Known, know
from trucewatch.assess import TEXT, agreement
from trucewatch.base.errors import InputError
from trucewatch.cli.base import PLACE, as_of_option, json_option, show, tools
from trucewatch.cli.ring.at import no_map
from trucewatch.cli.ring.common import (
    asked_of,
    ground_options,
    map_options,
    metres,
    neck,
    params_of,
    place_options,
    road_options,
    told_of,
)
from trucewatch.cli.ring.maps import day, point, roads_of, shapes
from trucewatch.report.rings import DUTIES
from trucewatch.report.svg_ring import draw_ground
from trucewatch.ring import Question
from trucewatch.ringed import ring as ring_in
from trucewatch.stores import Where, open_store
from trucewatch.stores.files import write_all

_CLOSING = 3
"""From this rung on the page has a part for civilians: fire control may keep them from leaving."""


@click.command("page")
@click.option("--case", "case", type=PLACE, required=True, help="The case that holds the maps.")
@place_options
@ground_options
@road_options
@click.option("--on", "on", required=True, metavar="DATE", help="The day (UTC) asked about.")
@click.option("--places", default=None, type=click.Path(path_type=Path), help="Civilians' places, points with `name`.")
@click.option(
    "--level", default="restricted", show_default=True, help="Release level; there is no other for this page."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to write (HTML).")
@map_options
@as_of_option
@json_option
def page_command(case: Where, at: str, on: str, out: Path, as_json: bool, **words: Any) -> None:
    """One page of maps, numbers and what follows for civilians. Restricted: corridors and roads aim in wrong hands."""
    if words["level"] != "restricted":
        raise InputError(
            f"is {words['level']!r}", field="--level", expected="restricted: corridors are told at no other"
        )
    where, params, until = point(at, "--at"), params_of(words), day(on, "--on")
    assert where is not None and until is not None
    asks = Question("at", asked_of(where, words), until, None, words["source"], None, roads_of(words["roads"]))
    use, store = tools(), open_store(case)
    made = ring_in(store, use, asks, params, words["as_of"])
    use.tell.done()  # type: ignore[attr-defined]
    found, ways = made.tables["rings"], made.tables["routes"]
    no_map(found, asks, params, on)
    places = shapes(words["places"], ("Point",), "place") if words["places"] else []
    known = know(store, words["as_of"])
    areas = known.table(store, "areas")
    parts = [_ring(row, areas, asks.asked.side) for row in found.rows(named=True)]
    text = _PAGE.format(
        title=f"{asks.asked.side} at {at} on {on}",
        parts="\n".join(parts),
        answer=escape(told_of(found, ways)["rung_says"]),
        civil=_civil(found, ways, places, _duties(known)),
    )
    write_all({out: text.encode()})
    show({"path": str(out), "bytes": len(text)}, as_json, [f"{out}  ({len(text):,} bytes), restricted"])


def _ring(row: dict[str, Any], areas: pl.DataFrame, side: str) -> str:
    mine = areas.filter((pl.col("source") == row["source"]) & (pl.col("capture") == row["capture"]))
    pocket = (
        "" if row["pocket_km2"] is None else f"; pocket {row['pocket_km2']:,.1f} km2, {metres(row['depth_m'])} deep"
    )
    rung = f"Rung {row['rung_low']} to {row['rung_high']}" if row["rung_low"] is not None else "Rung not told"
    return (
        f"<section><h2>{escape(row['source'])}, {row['on']:%Y-%m-%d %H:%M} UTC, contested ground "
        f"{'free' if row['treatment'] == 'contested_free' else 'hostile'}</h2>{draw_ground(mine, row, side)}"
        f"<p>Neck {neck(row)}{pocket}. {rung}: {escape(row['because'])}.</p>"
        f"<p>Would settle it: {escape(row['would_settle'] or '')}.</p></section>"
    )


def _duties(known: Known) -> list[str]:
    """The terms of the case's agreements that may attach to people inside, in our own words, each reading by itself."""
    made = []
    for name, (_, raw) in sorted(known.agreements.items()):
        for term in agreement(raw.decode(), name).terms:
            if term.kind in DUTIES:
                says = [f"{'the text' if r.who == TEXT else r.who}: {r.says}" for r in term.readings]
                made.append(f"{name}, article {term.article}. " + " ".join(says))
    return made


def _civil(found: pl.DataFrame, ways: pl.DataFrame, places: list[tuple[str, Any]], duties: list[str]) -> str:
    """What follows for civilians, where the pocket is closed or closing."""
    closing = found.filter(pl.col("rung_high") >= _CLOSING)
    if closing.is_empty():
        return "<p>No map shows a pocket that is closed or closing.</p>"
    made = ["<h2>For civilians</h2><h3>Corridor candidates</h3><ul>"]
    for row in (
        closing.filter((pl.col("neck_m") > 0) & pl.col("narrows")).sort("neck_m", descending=True).rows(named=True)
    ):
        made.append(
            f"<li>the neck itself, {metres(row['neck_m'])} wide by {escape(row['source'])} ({row['treatment']})</li>"
        )
    for way in (
        ways.filter(pl.col("state") != "cut").sort("least_m", descending=True, nulls_last=False).rows(named=True)
    ):
        near = f"; comes to {metres(way['least_m'])} of the other side" if way["least_m"] is not None else ""
        made.append(f"<li>road {escape(', '.join(way['roads']))} ({way['state'].replace('_', ' ')}{near})</li>")
    made.append("</ul><p>Candidates are measured on maps alone: mines, bridges and consent are not in them.</p>")
    pockets = [shapely.from_wkb(raw) for raw in closing["pocket"].drop_nulls()]
    inside = sorted({name for name, spot in places if any(shapely.intersects(p, spot) for p in pockets)})
    told = escape(", ".join(inside)) or "none were given, or none lies inside"
    made.append(f"<h3>Civilians' places inside</h3><p>{told}</p>")
    made.append(
        "<h3>Duties</h3><p>Whatever the agreement says: civilians may not be starved as a method of war, and parties "
        "endeavour to agree on the removal of wounded, sick, children and aged from besieged areas, and on passage of "
        "relief (Geneva Convention IV, article 17; Additional Protocol I, articles 54 and 70).</p>"
    )
    listed = "".join(f"<li>{escape(duty)}</li>" for duty in duties)
    told = "By the case's agreements (whether each is in force that day: <code>trucewatch agreement when</code>):"
    made.append(f"<p>{told}</p><ul>{listed}</ul>" if duties else "<p>The case's agreements have no term on it.</p>")
    return "\n".join(made)


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ring: {title}</title>
<style>body{{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}svg{{width:420px}}</style>
<p><strong>restricted</strong>: not to be passed on. The tool indicates; people determine.</p>
<h1>{title}: {answer}</h1>
<p>Blue: the side asked after; red: another side; grey-brown: contested or unknown. The neck is the red segment, the
pocket is outlined, the dot is the place. Each mapper's opinion stands by itself.</p>
{parts}
{civil}
</html>
"""
