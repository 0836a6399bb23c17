"""Step 2b: drafts -> whose standing positions each crosses, issue by issue. A draft that crosses none is not accepted
by that."""

from __future__ import annotations

from datetime import date

import polars as pl

from trucewatch.settle.lines import standing
from trucewatch.settle.model import Issue, Position, Positions, Taken
from trucewatch.tables import CROSSED


def crossed(made: Positions, on: date | None = None) -> pl.DataFrame:
    """positions -> crossed: a row for each party that said something on what the draft settles.

    Each is held against what the party had said by the day of the draft, or by `on` where that is earlier.
    """
    rows = []
    for draft in made.drafts:
        until = min((day for day in (draft.on, on) if day is not None), default=None)
        said = standing(made, until)
        for issue in made.issues:
            for taken in issue.drafts:
                if taken.draft == draft.id:
                    rows += [_row(made, issue, taken, one) for one in said if one.issue == issue.id and not one.where]
    return CROSSED.check(pl.DataFrame(rows, schema=CROSSED.schema, orient="row"))


def _row(made: Positions, issue: Issue, taken: Taken, one: Position) -> tuple[object, ...]:
    within = taken.option in one.accepts
    option = next(option for option in issue.options if option.id == taken.option)
    draft = next(draft for draft in made.drafts if draft.id == taken.draft)
    says = (
        f"{draft.title}: on {issue.asks!r} {option.says}; that is {'within' if within else 'outside'} what "
        f'{made.name(one.party)} said on {one.on.isoformat()} ({one.firmness}: "{one.quote}")'
    )
    return (taken.draft, issue.id, taken.option, one.party, one.on, one.firmness, within, says)
