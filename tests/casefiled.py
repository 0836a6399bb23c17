"""A case with a few incidents, a report's worth of findings, and shorthand for filing case work in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from test_pipeline import AGREEMENT, A, B, Salts, pull
from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.base.ids import canonical
from trucewatch.filing import Filing, file
from trucewatch.ports import Fetched, Tools
from trucewatch.testing import NOON, FakeClock

CLOCK = FakeClock(NOON + timedelta(days=30), timedelta(seconds=1))
LATER = NOON + timedelta(days=60)


def tools(seed: int = 100, by: str | None = "the clerk") -> Tools:
    """Clock and salts for filing; another seed, other salts."""
    return Tools(FakeClock(NOON + timedelta(days=30), timedelta(seconds=1)), Salts(seed), "test 1", by=by)


def judged(store, more: bool = False):
    """Pull, agree, fuse and assess -> the case."""
    pull(store, A)
    if more:
        pull(store, B, use=pipeline.Tools(FakeClock(NOON, timedelta(seconds=1)), Salts(1), "test 1"))
    use = pipeline.Tools(FakeClock(NOON, timedelta(seconds=1)), Salts(2), "test 1")
    pipeline.agree(store, AGREEMENT, "a.yaml", use)
    pipeline.assess(store, use)
    return store


def incidents(store) -> list[str]:
    """Ids of the incidents, as the newest run has them, in order of time."""
    known = know(store)
    run = [run for run in known.runs if run["room"] == "fuse"][-1]
    return known.table_of(store, run["outputs"]["incidents"])["id"].to_list()


def findings(store):
    """The findings of the newest run."""
    known = know(store)
    run = [run for run in known.runs if run["room"] == "assess"][-1]
    return known.table_of(store, run["outputs"]["findings"])


_seed = [1000]


def filed(store, kind: str, by: str, words: str, *about: str, **fields: Any) -> int:
    """File one thing -> its entry. `more` takes the fields of its kind."""
    _seed[0] += 1
    fetched = Fetched(words.encode(), f"{kind}.txt", "text/plain", "not told")
    return file(store, tools(_seed[0]), Filing(kind, by, fetched, about, **fields))


def body(kind: str = "judgement", **over: Any) -> bytes:
    """The body of an entry as it could be written by hand."""
    about = {
        "id": "a" * 16, "is": "incident", "subject": "a" * 16, "agreement": None, "term": None, "reading": None,
        "observations": [],
    }  # fmt: skip
    said: dict[str, Any] = {
        "about": [about], "agreement": "test-truce", "term": None, "article": None, "by": "a judge",
        "on_behalf_of": None, "at": NOON.isoformat(), "text": "0" * 64, "documents": [], "public": False,
        "answers": None, "supersedes": None, "salt": "00" * 32,
    }  # fmt: skip
    more = {
        "judgement": {"doubt": "p_event", "reading": None, "call": "unsure"},
        "determination": {"outcome": "pending", "responsibility": None, "to": None},
        "corrective_action": {"whom": "aa", "due": None, "status": "asked", "confirmed_by": None},
    }
    return canonical({**said, **more.get(kind, {}), **over})
