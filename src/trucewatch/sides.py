"""Floor 4, beside the pipeline: which side could have done it, from what the case holds. Its runs are entries too."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.assess.attribution import Evidence
from trucewatch.assess.motive import motives
from trucewatch.assess.named import speakers
from trucewatch.assess.params import AttributionParams
from trucewatch.assess.ranges import ranges
from trucewatch.assess.sides import Given, sides
from trucewatch.base.ids import sha256
from trucewatch.ports import Store, Tools


@dataclass(frozen=True)
class File:
    """A file's text, and its name for messages."""

    text: str
    name: str


@dataclass(frozen=True)
class Asked:
    """What is asked: of which agreement, with which ranges and likelihoods, who speaks for whom, as of when."""

    ranges: File
    motive: File | None = None
    speaks: dict[str, str] = field(default_factory=dict)
    agreement: str | None = None
    as_of: int | None = None

    def given(self) -> Given:
        """What a run keeps, checked. InputError names the file and its line."""
        ranges(self.ranges.text, self.ranges.name)
        if self.motive is not None:
            motives(self.motive.text, self.motive.name)
        motive = None if self.motive is None else self.motive.text
        return Given(self.ranges.text, motive, self.speaks)


def attribute(store: Store, tools: Tools, asked: Asked, params: AttributionParams | None = None) -> pipeline.Run:
    """The case, an agreement, ranges -> attributions, attributed and maybe motives. Nothing of it enters findings."""
    known, given, params = know(store, asked.as_of), asked.given(), params or AttributionParams()
    agreed = pipeline.chosen(known, asked.agreement)
    speakers(given.speaks, agreed)  # a party that there is not is told before anything is thought of
    fused = pipeline.fuse(store, tools, known.size)
    inputs = {
        "incidents": fused.body["outputs"]["incidents"],
        "links": fused.body["outputs"]["links"],
        "observations": known.batches["observations"],
        "areas": known.batches["areas"],
        "agreement": sha256(known.agreements[agreed.id][1]),
    }

    def think() -> dict[str, pl.DataFrame]:
        seen = {name: known.table(store, name) for name in ("observations", "areas")}
        return sides(Evidence(fused.tables["incidents"], links=fused.tables["links"], **seen), agreed, given, params)

    wanted = {**pipeline.identified("attribute", inputs, params, tools), "given": given.told()}
    return pipeline.remembered(store, known, wanted, tools, think)
