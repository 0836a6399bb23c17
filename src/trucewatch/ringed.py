"""Floor 4, beside the pipeline: rings, pockets and routes from the maps that a case holds. Its runs are entries too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.ports import Store, Tools
from trucewatch.ring import OPEN, Asked, Question, RingParams, answered


def ring(
    store: Store, tools: Tools, asks: Question, params: RingParams, as_of: int | None = None, workers: int = 1
) -> pipeline.Run:
    """The case, a question -> rings and routes, or pockets. With roads, the incidents of the case stand beside them.

    workers: over how many processes the maps of a span are shared; the answer is the same.
    """
    known = know(store, as_of)
    inputs: dict[str, Any] = {"areas": known.batches["areas"]}
    if not inputs["areas"]:
        raise InputError("the case holds no map of control", expected="trucewatch pull control --case CASE --file MAP")
    incidents = None
    if asks.roads is not None:
        fused = pipeline.fuse(store, tools, known.size)
        incidents = fused.tables["incidents"]
        inputs["incidents"] = fused.body["outputs"]["incidents"]

    def think() -> dict[str, Any]:
        areas = known.table(store, "areas")
        named(asks.asked, areas["held_by"].drop_nulls().unique())
        if workers == 1:
            return answered(asks, areas, incidents, params)
        return shared(asks, areas, incidents, params, workers)

    wanted = {**pipeline.identified("ring", inputs, params, tools), "given": asks.told()}
    return pipeline.remembered(store, known, wanted, tools, think)


def named(asked: Asked, holders: Iterable[str], **where: str) -> None:
    """UnknownName where a party is a holder's name in other letters: its own ground would count as hostile."""
    names = sorted(set(holders) - set(OPEN))
    folded = {name.casefold(): name for name in names}
    for option, said in (("--held-by", asked.side), ("--elsewhere", asked.elsewhere), ("--beyond", asked.beyond)):
        meant = folded.get(said.casefold()) if said else None
        if said and meant and said not in names:
            raise UnknownName("holder of ground on the map", said, names, meant=meant, field=option, **where)


def shared(asks: Question, areas: Any, incidents: Any, params: RingParams, workers: int) -> dict[str, Any]:
    """The same answer, the maps of a span shared over processes."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return answered(asks, areas, incidents, params, lambda of, maps: pool.map(of, maps, chunksize=4))
