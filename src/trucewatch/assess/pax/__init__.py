"""Rows of PA-X, the Peace Agreements Database -> drafts in our format, and problems. Rows in = drafts + problems.

PA-X codes what agreements are about, column by column, and not what they say: no place, no time, no number. A draft is
a start for people who read the text, never an agreement to judge by. docs/agreements.md says which meaning of the
columns was found where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trucewatch.assess.pax.codes import COLUMNS
from trucewatch.assess.pax.coverage import coverage, told
from trucewatch.assess.pax.draft import NAMELESS, ROW, Draft, Problem, draft, unnamed
from trucewatch.assess.pax.draft import coded_in as _coded_in

__all__ = ["COLUMNS", "ROW", "Draft", "Imported", "Problem", "coverage", "drafts_of", "told", "version_of"]
_ALSO = ("ThrdPart",)


@dataclass(frozen=True)
class Imported:
    """What came of the rows; coded: (stage, column) for every code that a readable row has.

    unnamed: drafts whose parties are placeholders, of rows that are among the problems too.
    """

    drafts: tuple[Draft, ...]
    problems: tuple[Problem, ...]
    coded: tuple[tuple[str, str], ...]
    unnamed: tuple[Draft, ...] = ()


def version_of(table: pl.DataFrame) -> str:
    """The release that the table is of: the latest in which one of its rows first stood; `unknown` where none says.

    >>> version_of(pl.DataFrame({"Ver": ["1", "9", None]})), version_of(pl.DataFrame({"Ver": ["x"]}))
    ('9', 'unknown')
    """
    latest = table["Ver"].str.strip_chars().cast(pl.Int64, strict=False).max()
    return "unknown" if latest is None else str(latest)


def drafts_of(table: pl.DataFrame, version: str, named: Mapping[str, Sequence[str]] | None = None) -> Imported:
    """PA-X's table (text cells, COLUMNS at least) -> drafts and problems, in the table's order.

    named: AgtId -> parties that somebody has read in the text; else they come from `Part`, where it can be split.

    A row that cannot be read, names fewer than two parties, or codes nothing that a term could say is a problem. Of a
    row whose parties alone are missing, and which nobody named, there is a draft among the `unnamed` too.

    >>> row = {name: ["0"] for name in COLUMNS} | {"AgtId": ["7"], "Agt": ["Truce at the ford"], "Dat": ["01/05/2020"]}
    >>> row |= {"Part": ["For the Northern Front: A.; For the Southern Army: B."], "Ce": ["2"], "CeProv": ["1"]}
    >>> made = drafts_of(pl.DataFrame(row), "9")
    >>> made.drafts[0].agreement, made.drafts[0].kinds, [p["id"] for p in made.drafts[0].document["parties"]]
    ('pax-7', ('barred_acts',), ['northern-front', 'southern-army'])
    """
    names = [*COLUMNS, *(name for name in _ALSO if name in table.columns)]
    drafts: list[Draft] = []
    problems: list[Problem] = []
    placeholders: list[Draft] = []
    coded: list[tuple[str, str]] = []
    seen: set[str] = set()
    for cells in zip(*(table[name].to_list() for name in names), strict=True):
        row = {name: cell or "" for name, cell in zip(names, cells, strict=True)}
        by_hand = (named or {}).get(row["AgtId"].strip(), ())
        made = draft(row, version, by_hand)
        if made.agt_id in seen:
            made = Problem(made.agt_id, made.title, made.stage, ROW, f"AgtId {made.agt_id} stands twice")
        seen.add(made.agt_id)
        if isinstance(made, Problem):
            problems.append(made)
            placeholders += [unnamed(row, version, made)] if made.reason in NAMELESS and not by_hand else []
        else:
            drafts.append(made)
        if not isinstance(made, Problem) or made.reason != ROW:
            coded += [(made.stage, code.column) for code in _coded_in(row)]
    return Imported(tuple(drafts), tuple(problems), tuple(coded), tuple(placeholders))
