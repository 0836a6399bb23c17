"""Drawn files of positions, and slow twins that go through every package and every subset by hand."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from trucewatch.settle import positions
from trucewatch.settle.model import Positions

PARTIES = ("north", "south", "west")
FIRM = ("preference", "demand", "red_line")


@st.composite
def files(draw, most_issues: int = 4, most_options: int = 3, parties: int = 2) -> str:
    """YAML with random options, acceptable sets, conditions and firmness. No ring: conditions point back only."""
    n = draw(st.integers(1, most_issues))
    sizes = [draw(st.integers(2, most_options)) for _ in range(n)]
    rows = ["positions: drawn", "title: Drawn", "source: dice", "parties:"]
    rows += [f"  - {{id: {p}, name: {p.title()}land}}" for p in PARTIES[:parties]]
    rows.append("issues:")
    for i, size in enumerate(sizes):
        rows += [f"  - id: i{i}", f"    asks: Issue {i}", "    options:"]
        rows += [f"      - {{id: o{k}, says: option {k}}}" for k in range(size)]
        rows.append("    positions:")
        for p in PARTIES[:parties]:
            for _ in range(draw(st.integers(1, 2)) if p == "north" else 1):
                takes = sorted(draw(st.sets(st.integers(0, size - 1), min_size=1)))
                where = ""
                if i and draw(st.booleans()):
                    j = draw(st.integers(0, i - 1))
                    some = sorted(draw(st.sets(st.integers(0, sizes[j] - 1), min_size=1)))
                    where = f", if: {{i{j}: [{', '.join(f'o{k}' for k in some)}]}}"
                firm = "demand" if p == "north" else draw(st.sampled_from(FIRM))
                rows.append(
                    f'      - {{party: {p}, on: "2030-01-01", accepts: [{", ".join(f"o{k}" for k in takes)}], '
                    f'firmness: {firm}, quote: "so", source: dice{where}}}'
                )
    return "\n".join(rows)


def allowed(made: Positions, held, package: tuple[int, ...]) -> bool:
    """Does a package meet every line? From the positions' own words, not from the room's clauses."""
    at = {issue.id: issue.options[o].id for issue, o in zip(made.issues, package, strict=True)}
    return all(
        at[line.position.issue] in line.position.accepts
        or any(at[name] not in options for name, options in line.position.where.items())
        for line in held
    )


def every(made: Positions):
    """Every package."""
    return list(itertools.product(*(range(len(issue.options)) for issue in made.issues)))


def by_hand(made: Positions, held) -> tuple[set[frozenset[int]], set[frozenset[int]]]:
    """All minimal conflicts and all minimal ways out, by trying every subset of the lines."""
    packages = every(made)
    met = [frozenset(n for n, line in enumerate(held) if allowed(made, [line], package)) for package in packages]
    whole = frozenset(range(len(held)))

    def holds(some: frozenset[int]) -> bool:
        return any(some <= one for one in met)

    subsets = [frozenset(c) for k in range(len(held) + 1) for c in itertools.combinations(range(len(held)), k)]
    stuck: set[frozenset[int]] = set()
    for some in subsets:
        if not holds(some) and not any(less <= some for less in stuck):
            stuck.add(some)
    out: set[frozenset[int]] = set()
    for some in subsets:
        if holds(whole - some) and not any(less <= some for less in out):
            out.add(some)
    return stuck, out


def read(text: str) -> Positions:
    made = positions(text, "drawn.yaml")
    assert made.faults == (), [str(f) for f in made.faults]
    return made
