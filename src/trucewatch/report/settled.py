"""Step 3b, beside what was said: which red lines collide and why, and what every line allows. No point of theory.

Whether obligations are worth keeping, and what a look buys, would show where nobody looks: at one level alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from trucewatch.report.params import LevelParams, ReportParams

_FIRM = {
    "red_line": "what was said to be a condition without which there is nothing",
    "demand": "demands and firmer",
    "preference": "preferences and firmer",
    "open": "everything that was said",
}


@dataclass(frozen=True)
class Settled:
    """What one run made of a file of positions; entry: where they stand in the log; faults: what could not be used; hidden:
    are there positions that are told at a narrower level alone?"""

    title: str
    source: str
    entry: int
    firmness: str
    on: str | None
    faults: int
    hidden: bool
    held: pl.DataFrame
    conflicts: pl.DataFrame
    allowed: pl.DataFrame
    packages: pl.DataFrame


@dataclass(frozen=True)
class Kept:
    """What one run made of a file of stakes."""

    title: str
    entry: int
    keepings: pl.DataFrame
    look_values: pl.DataFrame


def settled(made: Sequence[Settled], params: ReportParams) -> list[dict[str, Any]]:
    """Runs -> what the page says of each, in the order of the log; quotes and sources are told at every level, since a
    line without its words is somebody's claim about a party."""
    return [_block(one, params.most_conflicts) for one in made]


def _block(of: Settled, most: int) -> dict[str, Any]:
    says = dict(of.held.select("id", "says").rows())
    kinds = {kind: of.conflicts.filter(pl.col("kind") == kind) for kind in ("conflict", "way_out")}
    sets = {kind: [_set(row, says) for row in rows.head(most).rows(named=True)] for kind, rows in kinds.items()}
    return {
        "title": of.title,
        "source": of.source,
        "entry": of.entry,
        "held": _FIRM[of.firmness],
        "as_of": of.on,
        "faults": of.faults,
        "hidden": of.hidden,
        "n_held": of.held.height,
        "conflicts": sets["conflict"],
        "ways_out": sets["way_out"],
        "more": {kind: max(0, rows.height - most) for kind, rows in kinds.items()},
        "whole": bool(of.conflicts["whole"].all()),
        "allowed": _allowed(of.allowed),
        "packages": of.packages.head(most).select("part", "says").rows(named=True),
        "more_packages": max(0, of.packages.height - most),
    }


def _set(row: dict[str, Any], says: dict[str, str]) -> dict[str, Any]:
    return {"rank": row["rank"], "knot": row["knot"], "lines": [says[line] for line in row["lines"]]}


def _allowed(allowed: pl.DataFrame) -> list[dict[str, Any]]:
    of_issue = allowed.group_by("issue", "asks", maintain_order=True).agg(
        takes=pl.col("says").filter(pl.col("allowed")), n=pl.len()
    )
    return [
        {"asks": asks, "takes": takes, "all": len(takes) == n}
        for asks, takes, n in of_issue.select("asks", "takes", "n").rows()
    ]


def kept(made: Sequence[Kept], level: LevelParams) -> list[dict[str, Any]]:
    """Runs -> what the page says of each, where the level tells of coverage; nothing at all where it does not."""
    if not level.coverage:
        return []
    return [
        {
            "title": one.title,
            "entry": one.entry,
            "rows": [
                {**row, "answer": row["answer"].replace("_", " ")}
                for row in one.keepings.select("obligation", "party", "game", "answer", "says").rows(named=True)
            ],
            "looks": one.look_values.select("obligation", "look", "kind", "rank", "says").rows(named=True),
        }
        for one in made
    ]


SECTION = """{% for s in settled %}<section><h2>What was demanded, and what collides: {{ s.title }}</h2>
<p>{{ s.n_held|counted('position') }} held: {{ s.held }}{% if s.as_of %}, as of {{ s.as_of }}{% endif %}. Typed in by people from what parties said (entry {{ s.entry }}{% if s.source %}; source: {{ (s.source or '').rstrip('.') }}{% endif %}); how firm words are, a person read out of them.{% if s.hidden %} What may be told at a narrower level alone is left out, as if it had not been said.{% endif %}{% if s.faults %} {{ s.faults|counted('fault') }} of that file left something out.{% endif %} Ordered by firmness, then by how many lines; no side counts, and nothing here is recommended. What a party would take is not what it says.</p>
{% if s.conflicts %}<table class="annex"><caption>Lines that cannot all hold, while without any one of them the others can. The same rank: as firm and as many.</caption><thead><tr><th>Rank</th><th>Knot</th><th>Who said what, when, how firmly, in which words</th></tr></thead><tbody>
{% for c in s.conflicts %}<tr><td>{{ c.rank }}</td><td>{{ c.knot }}</td><td>{% for line in c.lines %}{{ line }}{% if not loop.last %}<br>{% endif %}{% endfor %}</td></tr>
{% endfor %}</tbody></table>{% if s.more.conflict %}<p class="quiet">And {{ s.more.conflict }} more.</p>{% endif %}
<table class="annex"><caption>The smallest sets that open a knot once they are softened, on whichever side, the softest words first. Every knot needs one.</caption><thead><tr><th>Rank</th><th>Knot</th><th>Were this softened, all other lines of the knot can hold</th></tr></thead><tbody>
{% for c in s.ways_out %}<tr><td>{{ c.rank }}</td><td>{{ c.knot }}</td><td>{% for line in c.lines %}{{ line }}{% if not loop.last %}<br>{% endif %}{% endfor %}</td></tr>
{% endfor %}</tbody></table>{% if s.more.way_out %}<p class="quiet">And {{ s.more.way_out }} more.</p>{% endif %}{% if not s.whole %}<p class="quiet">The search was cut short: there are more than were found.</p>{% endif %}{% else %}<p>All of these can hold together.</p>{% endif %}
<table><caption>What every line allows: the options that some package takes which crosses none</caption><thead><tr><th>On</th><th>Open</th></tr></thead><tbody>
{% for a in s.allowed %}<tr><td>{{ a.asks }}</td><td>{% if not a.takes %}nothing: the lines collide here{% else %}{{ a.takes|join('; ') }}{% if a.all %} <span class="quiet">(every option)</span>{% endif %}{% endif %}</td></tr>
{% endfor %}</tbody></table>
{% if s.packages %}<table class="annex"><caption>Of these packages, those that no other is known to better for all, by the order of options alone. One of each part makes a whole; what a party never compared rules nothing out.</caption><thead><tr><th>Part</th><th>Package</th></tr></thead><tbody>
{% for p in s.packages %}<tr><td>{{ p.part }}</td><td>{{ p.says }}</td></tr>
{% endfor %}</tbody></table>{% if s.more_packages %}<p class="quiet">And {{ s.more_packages }} more.</p>{% endif %}{% endif %}</section>{% endfor %}
{% for k in kept %}<section><h2>Would it be kept (restricted): {{ k.title }}</h2>
<p class="quiet">Stakes typed in by people (entry {{ k.entry }}), held against coverage as it is. It weighs what was typed in, and predicts nobody.</p>
<table class="annex"><thead><tr><th>Obligation</th><th>Party</th><th>Game</th><th>Answer</th><th>Because</th></tr></thead><tbody>
{% for r in k.rows %}<tr><td>{{ r.obligation }}</td><td>{{ r.party }}</td><td>{{ r.game }}</td><td>{{ r.answer }}</td><td>{{ r.says }}</td></tr>
{% endfor %}</tbody></table>
{% if k.looks %}<table class="annex"><caption>What each look buys</caption><thead><tr><th>Obligation</th><th>Look</th><th>Rank</th><th>Says</th></tr></thead><tbody>
{% for r in k.looks %}<tr><td>{{ r.obligation }}</td><td>{{ r.look }}{% if r.kind == 'could_add' %} <span class="quiet">(could be added)</span>{% endif %}</td><td>{{ r.rank }}</td><td>{{ r.says }}</td></tr>
{% endfor %}</tbody></table>{% endif %}</section>{% endfor %}
"""
"""The page's part for it; nothing where no positions were entered."""
