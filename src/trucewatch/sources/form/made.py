"""Submissions -> what servers say of them, as problems; gaps of restricted patrols; statements of what was counted."""

from __future__ import annotations

import polars as pl

from trucewatch.base.problem import problems_where
from trucewatch.sources.form.questions import CHOSEN, RECORDS, RESTRICTIONS
from trucewatch.sources.report.make import looks
from trucewatch.sources.table import cells
from trucewatch.sources.table.mapping import INSTANTS
from trucewatch.tables import LOOKS, STATEMENTS

APPROVED = ("validation_status_approved", "approved")
REFUSED = ("validation_status_not_approved", "not approved", "rejected")
HELD = ("validation_status_on_hold", "on hold", "hasissues")
UNREVIEWED = ("", "received", "null")
EDITED = ("edited",)
"""ODK's own word for a submission that was changed after it had been reviewed."""
_COUNTED = ("tally", "weapons", "ordnance", "facilitation")
VISIT_M = 250.0
"""Who went to see damage stands before it, or in the same street."""
SIGHT_M = 2000.0
"""Weapons and mines that are told without a bearing were seen from where the monitors stood, with the naked eye."""
POOR_FIX_M = 100.0
"""A phone under open sky fixes to some 10 m; one worse than this stands indoors, or was told where it is."""


def audited(told: pl.DataFrame, file: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """rows -> problems, and the rows that go on: all but what a reviewer refused or is no record of ours."""
    state = pl.col("state").str.to_lowercase().fill_null("")
    submitted = server_time("submitted")
    changed = (server_time("edited_at") > _unix("state_at")).fill_null(False) & state.is_in(APPROVED)
    edited = changed | state.is_in(EDITED)
    strange = ~pl.col("record").is_in(list(RECORDS)).fill_null(False)
    again = pl.col("key").is_not_null() & ~pl.col("key").is_last_distinct()
    known = (*APPROVED, *REFUSED, *HELD, *EDITED, *UNREVIEWED)
    began = cells.sane(cells.moment(pl.col("time"), INSTANTS, None))
    opened = cells.sane(cells.moment(pl.col("start"), INSTANTS, None))
    faults: list[tuple[pl.Expr, str, str, str, bool]] = [
        (strange, "unknown_record", "record", "is no record of this form", True),
        (again & ~strange, "twice", "record", "the same submission stands further down again; the last is used", True),
        (state.is_in(REFUSED) & ~strange & ~again, "not_approved", "review", "a reviewer did not approve it", True),
        (~state.is_in(known), "unknown_review", "review", "is reviewed with a word that is not known; kept", False),
        (state.is_in(HELD), "on_hold", "review", "a reviewer put it on hold; kept", False),
        (edited, "edited_after_approval", "review", "was changed after it had been reviewed; kept, unreviewed", False),
        (began > submitted, "after_submission", "time", "begins after the server had it; kept", False),
        (began > opened + pl.duration(days=1), "after_entry", "time", "begins a day after it was typed; kept", False),
        (cells.real(pl.col("accuracy")) > POOR_FIX_M, "poor_fix", "position",
         f"the fix is worse than {POOR_FIX_M:.0f} m; kept", False),
    ]  # fmt: skip
    noted = [
        problems_where(told, bad, file=file, code=code, subject=subject, message=pl.lit(why), lost=lost)
        for bad, code, subject, why, lost in faults
    ]
    return pl.concat(noted), told.filter(~strange & ~again & ~state.is_in(REFUSED)).rechunk()


def unchosen(kept: pl.DataFrame, file: str) -> pl.DataFrame:
    """Notes: of what the form asks of a record, what is none of its choices, is missing, or is no figure."""
    noted = []
    for record, name, choices, needed in CHOSEN:
        here, told = pl.col("record") == record, pl.col(name)
        bad = here & (~told.is_in(list(choices)) if not needed else ~told.is_in(list(choices)).fill_null(False))
        said = pl.when(told.is_null()).then(pl.lit("is not told")).otherwise(
            pl.format("'{}' is none of the form's choices", told.str.slice(0, 40)))  # fmt: skip
        message = pl.format("{}, expected {}; kept", said, pl.lit(", ".join(choices)))
        noted.append(
            problems_where(kept, bad, file=file, code="unknown_choice", subject=name, message=message, lost=False)
        )
    tally, figure = pl.col("record") == "tally", cells.real(pl.col("tally_figure"))
    faults = (
        (pl.col("tally_about").is_null(), "unknown_choice", "tally_about", "does not tell what was counted; kept"),
        (~(figure >= 0).fill_null(False), "bad_number", "tally_figure", "is no count from 0 on; kept without a figure"),
        (pl.col("told_until").is_not_null() & ~(pl.col("stop") >= pl.col("start")).fill_null(False), "bad_time",
         "until", "is no time after the start; the span is one minute"),
    )  # fmt: skip
    for bad, code, subject, why in faults:
        noted.append(
            problems_where(kept, tally & bad, file=file, code=code, subject=subject, message=pl.lit(why), lost=False)
        )
    return pl.concat(noted)


def visited(kept: pl.DataFrame) -> pl.DataFrame:
    """Rows -> harm that monitors went to see is where they stood; other harm, told to them elsewhere, has no place."""
    there = (
        (pl.col("record") == "harm")
        & pl.col("at_lon").is_null()
        & pl.col("corroborated").fill_null("").str.to_lowercase().str.contains(r"\bvisit\b")
    )
    return kept.with_columns(
        at_lon=pl.when(there).then("observer_lon").otherwise("at_lon"),
        at_lat=pl.when(there).then("observer_lat").otherwise("at_lat"),
        at_radius_m=pl.when(there & pl.col("observer_lon").is_not_null()).then(VISIT_M).otherwise("at_radius_m"),
    )


def server_time(name: str) -> pl.Expr:
    """Text -> instant. The server's own times are UTC where they say nothing else: both servers document it."""
    return cells.sane(cells.moment(pl.col(name), INSTANTS, "UTC"))


def _unix(name: str) -> pl.Expr:
    return (
        pl.from_epoch(cells.whole(pl.col(name)), time_unit="s")
        .dt.replace_time_zone("UTC")
        .cast(pl.Datetime("us", "UTC"))
    )


def gaps(away: pl.DataFrame, capture: str, feed: str) -> pl.DataFrame:
    """Restrictions -> gaps of the patrol with their cause, over the ground that it was kept from, where it is told."""
    if away.is_empty():
        return LOOKS.empty()
    made = looks(away, capture, feed)
    # Whatever kept it away, it did not look.
    cause = pl.when(pl.col("restriction").is_in(list(RESTRICTIONS))).then("restriction").otherwise(
        pl.lit("other_impediment"))  # fmt: skip
    return made.with_columns(away.select(gap=cause).to_series(), pl.lit(None, pl.Float64).alias("p_seen_if_there"))


def statements(kept: pl.DataFrame, capture: str, feed: str) -> pl.DataFrame:
    """Tallies; weapons against lines and sites; ordnance; what was facilitated. A team's name is no speaker: it stays
    behind its hash."""
    rows = kept.filter(pl.col("record").is_in(_COUNTED)).rechunk()
    if rows.is_empty():
        return STATEMENTS.empty()
    tally = pl.col("record") == "tally"
    row = pl.col("row").cast(pl.String)
    counted = pl.when(cells.real(pl.col("tally_figure")) >= 0).then(cells.real(pl.col("tally_figure")))
    what = pl.coalesce("weapons_where", "ordnance", "facilitation", pl.lit("not told"))
    about = pl.concat_str(
        [pl.col("record"), what, pl.coalesce("again", "outcome")], separator=": ", ignore_nulls=True
    ).str.replace_all("_", " ")
    return STATEMENTS.fit(
        rows.select(
            id=pl.format("{}#{}", pl.lit(capture), row),
            capture=pl.lit(capture),
            locator=pl.format("row {}", row),
            source=pl.lit(feed),
            speaker=pl.coalesce("tally_speaker", pl.lit("the mission")),
            about=pl.when(tally).then("tally_about").otherwise(about),
            place="place",
            t0="start",
            t1="end",
            figure=pl.when(tally).then(counted).otherwise(pl.col("count").cast(pl.Float64)),
            unit=pl.when(tally).then("tally_unit").otherwise("weapon"),
            quote="words",
            key="id",
            lon=pl.when(~tally).then(pl.coalesce("at_lon", "observer_lon")),
            lat=pl.when(~tally).then(pl.coalesce("at_lat", "observer_lat")),
            radius_m=pl.when(~tally & pl.col("observer_lon").is_not_null()).then(
                pl.coalesce("at_radius_m", pl.lit(SIGHT_M))
            ),
        )
    )
