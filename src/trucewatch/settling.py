"""Floor 4, above the pipeline: positions and stakes are entered into a case, and asked about. Its runs are entries too.

Rooms join here by their tables: what `cover` makes of the case's looks goes to `settle`.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from trucewatch import pipeline
from trucewatch.archive import Known, commit, know
from trucewatch.base.errors import InputError
from trucewatch.base.ids import canonical
from trucewatch.cover import CoverParams
from trucewatch.covering import Asked, covered, only_restricted
from trucewatch.detecting import likely, newest_watch, watching_of
from trucewatch.ports import Store, Tools
from trucewatch.positioned import edition, given_of, kept_tables, settled_tables
from trucewatch.settle import Keep, Positions, SettleParams, positions, stakes


def enter(store: Store, text: str, file: str, tools: Tools) -> Positions:
    """Enter a file of positions as it is, once for the same text, its faults with it: what they leave out stays out.

    InputError with every fault where nothing of it could be used.
    """
    made = positions(text, file)
    if not made.issues or len(made.parties) < 2:
        told = "".join(f"{fault}\n" for fault in made.faults)
        wrong = InputError("has no issue with two parties that could be used", file=file)
        wrong.args = (f"{told}{wrong}",)
        raise wrong
    _entered(store, "positions", made.id, text, tools)
    return made


def settle(
    store: Store,
    tools: Tools,
    wanted: str | None = None,
    firmness: str = "red_line",
    on: date | None = None,
    as_of: int | None = None,
) -> pipeline.Run:
    """Positions of the first `as_of` entries -> moves, crossed, held, conflicts, allowed, packages."""
    known, params = know(store, as_of), SettleParams()
    of = edition(known, wanted)
    inputs = {"positions": of.body}
    wants = {**pipeline.identified("settle", inputs, params, tools), "given": given_of(of, firmness, on)}
    return pipeline.remembered(store, known, wants, tools, lambda: settled_tables(of.made, firmness, on, params))


class Weighed(NamedTuple):
    """The stakes, the runs of cover and of keep, and where acts usually are, as the case's watch has it."""

    made: Keep
    seen: pipeline.Run
    run: pipeline.Run
    likely: dict[int, float] | None


def keep(
    store: Store,
    tools: Tools,
    stakes_text: tuple[str, str],
    asked: Asked,
    level: str,
    cover_params: CoverParams | None = None,
) -> Weighed:
    """A file of stakes (its text and name), held against what `cover` makes of the case's looks -> the stakes, the run
    of cover, and that of keepings, look_values. Both are told at one level alone, and so nothing is entered at another.

    A breach that an alarm has to tell is held against the case's newest `watch alarms` by cells, too.
    """
    only_restricted(level, "what cover makes of the looks of a case, and what a look buys,")
    made, params = stakes(*stakes_text), SettleParams()
    seen = covered(store, tools, asked, cover_params)
    body = _entered(store, "stakes", made.id, stakes_text[0], tools)
    inputs = {"exposure": seen.body["outputs"]["exposure"], "stakes": body}
    known, side = know(store, asked.as_of), (cover_params or CoverParams()).cell_m
    watch, given = None, {}
    if any(one.breach.told_by == "alarm" for one in made.obligations) and (found := newest_watch(known)) is not None:
        inputs["watched"] = found["outputs"]["watched"]
        watch = watching_of(found["given"], known.table_of(store, inputs["watched"]))
        given = {"watch": found["given"], "cover_cell_m": repr(side)}
    wants = {**pipeline.identified("keep", inputs, params, tools), **({"given": given} if given else {})}
    run = pipeline.remembered(
        store, known, wants, tools, lambda: kept_tables(made, seen.tables["exposure"], params, watch, side)
    )
    return Weighed(made, seen, run, likely(seen.tables["exposure"], watch, side, params))


def _entered(store: Store, kind: str, name: str, text: str, tools: Tools) -> str:
    """The hash of the body that holds this text; entered now where the newest edition says anything else."""
    with store.writing():
        known = know(store)
        if (body := _same(known, kind, name, text)) is not None:
            return body
        said = {kind: name, "text": text, "by": tools.by, "salt": tools.salt().hex()}
        commit(store, [(kind, canonical(said))], tools.clock, tools.maker)
        return know(store).entries[-1].body_hash


def _same(known: Known, kind: str, name: str, text: str) -> str | None:
    entry, said = (known.positions if kind == "positions" else known.stakes).get(name, (None, {}))
    return known.entries[entry].body_hash if entry is not None and said["text"] == text else None
