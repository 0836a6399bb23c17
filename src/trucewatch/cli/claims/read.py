"""trucewatch claims read"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import polars as pl
import yaml

from trucewatch import pipeline
from trucewatch.archive import Known, know
from trucewatch.assess import agreement as parsed
from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT
from trucewatch.base.plain import plain_text
from trucewatch.cli.base import PLACE, by_option, found, json_option, read_file, show, tools
from trucewatch.cli.claims.common import gazetteer_option, lines, places, zone_option
from trucewatch.ports import Capture, Fetched, Request, Store
from trucewatch.sources import source
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores import Where, open_store

_NEAR_DEG = 0.1
"""Points of one name that lie within this are one place, as the case names it; farther apart, the name is two."""
_M_PER_DEG = 111_320.0
_TOLD = 5


@click.command()
@click.argument("text")
@click.option(
    "--case", type=PLACE, default=None, help="Keep the text and its drafts in this case. Without it: only show."
)
@click.option("--language", default="en", metavar="NAME|FILE", help="Rules of drafting: a shipped language or a file.")
@click.option(
    "--agreement",
    "agreements",
    multiple=True,
    metavar="NAME|FILE",
    help="Take parties from this agreement; those of the case are known.",
)
@click.option(
    "--party",
    "named",
    multiple=True,
    metavar="PARTY=WORD,...",
    help="Words that stand for a party, as Northland=Northlander,Northlanders. May be given again.",
)
@click.option("--date", default=None, metavar="DAY", help="The text's own day, as 2025-03-14.")
@click.option("--outlet", default=None, metavar="NAME", help="Who published it: the drafts' source.")
@gazetteer_option
@zone_option
@by_option
@json_option
def read(text: str, case: Where | None, by: str | None, as_json: bool, **given: Any) -> None:
    """Draft statements from TEXT: a file, or a capture of the case by the start of its id. None counts by itself.

    Rules, and no model: quotations, attributed speech, dates, places of the gazetteer and of the case, figures. Each
    draft names its span and its rules, and waits, unreviewed, for: trucewatch claims accept.
    """
    store = None if case is None else open_store(case)
    known = None if store is None else know(store)
    name, raw = _text(text, store, known)
    options = _options(given, store, known, plain_text(raw))
    feed = source("news")
    request = Request(files=((name, raw),), options=options)
    use = tools(by)
    if store is None:
        fetched = next(iter(feed.fetch(request, PoliteTransport())))
        made = feed.read(_shown(fetched), raw)
        _show(made.drafts, as_json, "drafts, kept nowhere")
        _noted(made.problems)
        return
    pulled = pipeline.pull(store, feed, request, PoliteTransport(), use)[0]
    use.tell.done()  # type: ignore[attr-defined]
    drafts = know(store).table(store, "drafts").filter(pl.col("capture") == pulled.capture.id)
    _show(
        drafts,
        as_json,
        f"drafts of {name}, capture {pulled.capture.id[:SHORT]}{'' if pulled.new else ', held already'}",
    )
    _noted(pulled.problems)


def _shown(fetched: Fetched) -> Capture:
    """A capture that no case keeps: its salt is no secret, since nothing is committed to."""
    return replace(fetched.capture(bytes(32), "news", tools().clock.now()))


def _text(text: str, store: Store | None, known: Known | None) -> tuple[str, bytes]:
    path = Path(text)
    if path.exists() or known is None or store is None:
        return path.name, read_file(path)
    capture = known.capture_named(text)
    return known.captures[capture].name, known.captured(store, capture)[1]


def _options(given: dict[str, Any], store: Store | None, known: Known | None, text: str) -> dict[str, Any]:
    path = found("wording", "wording", given["language"])
    try:
        rules = yaml.load(read_file(path).decode(), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError("is not YAML", file=str(path), expected="rules as wording/en.yaml has them") from None
    small = text.casefold()
    told = [*places(given["gazetteers"]), *(_case_places(store, known) if store and known else [])]
    here = [place for place in told if place["name"].casefold() in small]
    made = {
        "wording": rules, "parties": _parties(given, known), "places": here or None, "date": given["date"],
        "zone": given["zone"], "outlet": given["outlet"],
    }  # fmt: skip
    return {name: value for name, value in made.items() if value}


def _parties(given: dict[str, Any], known: Known | None) -> dict[str, list[str]]:
    """Party -> its words: of the case's agreements, of those named, and of --party."""
    texts = [(raw.decode(), name) for name, (_, raw) in known.agreements.items()] if known else []
    for name in given["agreements"]:
        path = found("agreements", "agreement", name)
        texts.append((pipeline.text_of(read_file(path), str(path)), str(path)))
    made: dict[str, list[str]] = {}
    for text, file in texts:
        for party in parsed(text, file).parties:
            made[party.name] = list(dict.fromkeys([*made.get(party.name, []), party.name, *party.also]))
    for option in given["named"]:
        name, equals, more = option.partition("=")
        if not (equals and name.strip()):
            raise InputError(f"{option!r} names no party", field="--party", expected="PARTY=WORD,WORD")
        extra = [word.strip() for word in more.split(",") if word.strip()]
        made[name.strip()] = [*made.get(name.strip(), []), *extra]
    return made


def _case_places(store: Store, known: Known) -> list[dict[str, str]]:
    """Places that the case's observations name, where all points of a name lie close together."""
    seen = known.table(store, "observations").filter(pl.col("place").is_not_null() & pl.col("lon").is_not_null())
    spread = seen.group_by(name=pl.col("place")).agg(
        pl.col("lon").mean().round(5), pl.col("lat").mean().round(5),
        wide=pl.max_horizontal(pl.col("lon").max() - pl.col("lon").min(), pl.col("lat").max() - pl.col("lat").min()),
    )  # fmt: skip
    near = spread.filter(pl.col("wide") <= _NEAR_DEG).sort("name")
    radius = (pl.col("wide") * _M_PER_DEG).round(0).clip(1.0)
    kept = near.select(
        "name", pl.col("lon").cast(pl.String), pl.col("lat").cast(pl.String), radius_m=radius.cast(pl.String)
    )
    return kept.to_dicts()


def _show(drafts: pl.DataFrame, as_json: bool, head: str) -> None:
    told = [{**row, "review": None} for row in drafts.to_dicts()]
    shown = []
    for line, row in zip(lines(drafts), drafts.rows(named=True), strict=True):
        shown += [f"unreviewed  {line}", f"            {row['locator']}; {'; '.join(row['because'])}"]
    show(told, as_json, [f"{drafts.height} {head}", *shown])


def _noted(problems: pl.DataFrame) -> None:
    """What of the text was not read, and why: on standard error, so that it is in nobody's way."""
    for row in problems.head(_TOLD).rows(named=True):
        click.echo(f"trucewatch: {row['where']}: {row['message']}", err=True)
    if problems.height > _TOLD:
        click.echo(f"trucewatch: and {problems.height - _TOLD} more of that kind", err=True)
