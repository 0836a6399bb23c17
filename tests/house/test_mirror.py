"""Neutrality is a property that a machine can refute: swap the parties' labels in everything that goes in, and
everything that comes out is the same with the labels swapped back, up to the renaming of ids."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from trucewatch import assess as assess_room
from trucewatch import pipeline, report
from trucewatch.archive import know
from trucewatch.assess import agreement, assess
from trucewatch.fuse import fuse
from trucewatch.reporting import agreed_words
from trucewatch.stores.memory import MemoryCase
from trucewatch.tables import LOOKS, PROBLEMS, STATEMENTS
from trucewatch.testing import NOON, FakeClock

sys.path.insert(0, str(Path(__file__).parents[1] / "stories"))
from mirror_ring import BESIEGED, checked, rung, said
from mirror_story import swap_of, swapped_said, swapped_table, swapped_text
from read_story import CAPTURES, Story, stories, story_called

MADE = datetime(2040, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Theatre:
    """What goes into the rooms."""

    observations: pl.DataFrame
    areas: pl.DataFrame
    agreement: str
    captures: pl.DataFrame
    statements: pl.DataFrame = field(default_factory=STATEMENTS.empty)


def mirrored(theatre: Theatre, swap: dict[str, str]) -> Theatre:
    return Theatre(
        swapped_table(theatre.observations, swap),
        swapped_table(theatre.areas, swap),
        swapped_text(theatre.agreement, swap),
        theatre.captures,
        swapped_said(theatre.statements, swap),
    )


def answers(theatre: Theatre, level: str = "restricted") -> dict[str, pl.DataFrame | str]:
    """Every room on that theatre."""
    fused = fuse(theatre.observations, theatre.captures)
    agreed = agreement(theatre.agreement, "mirror")
    judged = assess(fused.incidents, theatre.areas, agreed)
    ringed, pockets = rung(theatre.areas, agreed)
    checks = checked(theatre, fused, agreed, judged)
    material = replace(_material(theatre, fused, agreed, judged), ringed=ringed, checks=checks)
    made = report.report(material, report.ReportRequest(level, made_at=MADE))
    return {
        "rings": ringed.rings,
        "routes": ringed.routes,
        "pockets": pockets,
        "checks": checks.drop("id"),
        "incidents": fused.incidents.drop("id"),
        "links": fused.links,
        "terms": judged.terms.drop("id"),
        "findings": judged.findings.drop("id"),
        "html": made.html,
        "json": made.json,
    }


def _material(theatre, fused, agreed, judged):  # type: ignore[no-untyped-def]
    return report.Material(
        agreement=agreed_words(agreed),
        parties=pl.DataFrame(
            [(p.id, p.name, alias) for p in agreed.parties for alias in (p.id, p.name, *p.also)],
            schema={"party": pl.String, "name": pl.String, "alias": pl.String},
            orient="row",
        ),
        observations=theatre.observations,
        looks=LOOKS.empty(),
        areas=theatre.areas,
        statements=theatre.statements,
        incidents=fused.incidents,
        links=fused.links,
        terms=judged.terms,
        findings=judged.findings,
        left_out=judged.left_out,
        problems=PROBLEMS.empty(),
        captures=theatre.captures.with_columns(
            source=pl.lit("feed"), name=pl.lit("file"), licence=pl.lit("invented"), entry=pl.lit(0, pl.Int64)
        ).select("capture", "source", "name", "licence", "fetched_at", "entry"),
        quotes=pl.DataFrame(schema={"term": pl.String, "quote": pl.String, "capture": pl.String}),
        size=1,
        root="0" * 64,
    )


def difference(theatre: Theatre) -> list[str]:
    """What is not the same in the mirror. Empty where the rooms are neutral."""
    swap = swap_of(theatre.agreement)
    plain, mirror = answers(theatre), answers(mirrored(theatre, swap))
    wrong = []
    for name, there in mirror.items():
        here = plain[name]
        if isinstance(here, pl.DataFrame):
            assert isinstance(there, pl.DataFrame)
            here, there = _flat(here), _flat(there)
            texts = [c for c, kind in there.schema.items() if kind == pl.String]
            back = there.with_columns(
                pl.Series(c, [t if t is None else swapped_text(t, swap) for t in there[c]], pl.String) for c in texts
            )
            sides = [c for c in ("between",) if c in back.columns]  # sorted by name, which the swap turns about
            lists = [c for c, kind in back.schema.items() if kind == pl.List(pl.String)]
            back = back.with_columns(pl.col(c).list.eval(pl.element().replace(swap)) for c in lists)
            back = back.with_columns(pl.col(c).list.sort() for c in sides)
            same = _rows(here) == _rows(back)
        else:
            same = _nameless(here) == _nameless(swapped_text(str(there), swap))
        if not same:
            wrong.append(name)
    return wrong


def _flat(table: pl.DataFrame) -> pl.DataFrame:
    """Lists of parts (exceptions, releases) as text, so that the names in them are turned back too."""
    parts = [c for c, kind in table.schema.items() if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct)]
    return table.with_columns(pl.Series(c, [repr(v) for v in table[c].to_list()], pl.String) for c in parts)


def _rows(table: pl.DataFrame) -> list[str]:
    """Rows as a bag: the order may follow the renaming, since parties' labels are the last thing that sorts."""
    return sorted(repr(row) for row in table.rows())


def _nameless(page: str) -> list[str]:
    """A page as a bag of lines without the ids that are made from names."""
    plain = re.sub(r"\b[0-9a-f]{12,64}\b", "id", page)
    plain = re.sub(r'(note-|#note-|ref-|"note(_before)?": |value="|">)\d+(-\d+)?', r"\1n", plain)
    return sorted(line.strip().rstrip(",") for line in re.split(r"\n|<(?=svg|tr|li|details|text|g|path)", plain))


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.name)
def test_a_story_is_the_same_with_its_parties_exchanged(story: Story) -> None:
    theatre = Theatre(story.observations, story.areas, story.agreement, CAPTURES)
    assert difference(theatre) == []


def simulated() -> Theatre:
    from trucewatch.cli.demo import play
    from trucewatch.simulate import SimulateParams, simulate

    theatre, store = simulate(SimulateParams(observations=3000, seed=5)), MemoryCase()
    salts = iter(range(10_000))
    tools = pipeline.Tools(FakeClock(NOON), lambda: next(salts).to_bytes(32, "big"), "test")
    play(store, theatre, tools)
    known = know(store)
    return Theatre(
        known.table(store, "observations"), known.table(store, "areas"), theatre.agreement, known.capture_times()
    )


def test_the_simulated_theatre_is_the_same_with_its_parties_exchanged() -> None:
    assert difference(simulated()) == []


def besieged() -> Theatre:
    """Two forces cut off, one more than the other, and what each side says of both."""
    return Theatre(
        story_called("unilateral").observations, BESIEGED, story_called("unilateral").agreement, CAPTURES, said()
    )


def test_rings_and_claims_of_encirclement_are_the_same_with_the_parties_exchanged() -> None:
    ringed, pockets = rung(BESIEGED, agreement(besieged().agreement, "mirror"))
    assert ringed.rings["rung_high"].n_unique() > 2 and ringed.routes.height and pockets.height
    assert difference(besieged()) == []


def test_a_ring_that_favours_a_side_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant the fault: a claim against one side is borne out a little sooner."""
    import mirror_ring

    real = mirror_ring.answers_of

    def favours(*given):  # type: ignore[no-untyped-def]
        found, theirs = real(*given), given[0].filter(pl.col("whom") == "Outer Side")["id"]
        return found.with_columns(high=pl.when(pl.col("statement").is_in(theirs.implode())).then(0.2).otherwise("high"))

    monkeypatch.setattr(mirror_ring, "answers_of", favours)
    assert "checks" in difference(besieged())


def test_a_room_that_favours_a_side_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant the fault: believe one side's acts a little more, and the mirror has to show it."""
    story = story_called("unilateral")
    theatre = Theatre(story.observations, story.areas, story.agreement, CAPTURES)
    real = assess_room.cases

    def favours(*given):  # type: ignore[no-untyped-def]
        pairs, left_out = real(*given)
        return pairs.with_columns(
            p_event=pl.when(pl.col("attribution") == "Outer Side").then(0.99).otherwise("p_event")
        ), left_out

    monkeypatch.setattr(assess_room, "cases", favours)
    assert "findings" in difference(theatre)
