"""A monitor's own report: what was heard or seen, from where, or that nothing was. One's own bad rows are kept too."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trucewatch.base.problem import problems
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.headings import headed
from trucewatch.sources.http import given
from trucewatch.sources.report.make import looks, observations
from trucewatch.sources.report.rows import COLUMNS, flaws, lost_rows, settled, there_is
from trucewatch.sources.table.rows import rows_of


class Report:
    """CSV or JSON with the columns of docs/sources/report.md; any order, any may be absent but `time`."""

    name = "report"
    about = "a monitor's own field report (CSV or JSON): what was heard or seen, or that nothing was"
    licence = "the mission's own"
    options = {  # noqa: RUF012
        "zone": "zone of times that have no offset; without it such rows are lost and not taken as UTC",
        "feed": "name for the source column, as `report/patrols`; `report` where none is given; a team's hash follows",
        "url": "an address to get the report from, in place of --file",
    }
    default_mapping = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files that the door has read, and the answer of `url` where one is given."""
        there_is(request.options.get("zone"))
        yield from given(request, transport, "text/csv", self.licence, ("zone", "feed"))

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Rows -> observations; and looks, where `nothing` was heard or seen or the ground looked at is told."""
        rows = rows_of(raw, capture.name)
        frame, noted = headed(rows.frame, capture.name, COLUMNS, "time", "report")
        zone = capture.options.get("zone")
        table = settled(frame.with_columns(rows.number), str(zone) if zone else None)
        kept = table.filter(pl.col("lost").is_null()).rechunk()
        feed = str(capture.options.get("feed") or self.name)
        return Read(
            rows.count,
            observations=observations(kept.filter(~pl.col("nothing")).rechunk(), capture.id, feed),
            # Who noticed something was looking too: where the ground is told, that is a look like an empty one.
            looks=looks(kept.filter(pl.col("nothing") | _ground()).rechunk(), capture.id, feed),
            problems=pl.concat(
                [problems(rows.problems + noted), lost_rows(table, capture.name), *flaws(kept, capture.name)]
            ),
        )


def _ground() -> pl.Expr:
    return pl.col("range_km").is_not_null() & pl.col("observer_lon").is_not_null()


SOURCE = Report()
