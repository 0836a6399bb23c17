"""The settlement room on published scenarios: the frontier, proven, and the peer beside it.

    python bench/settle.py DOMAIN_DIR --json        one scenario: {"pareto", "nash", "proven", "seconds"}
    python bench/settle.py --data DIR --negmas PYTHON --scenario DIR --scenario DIR
                                                    all of them; freezes bench/frozen/settle.md

DOMAIN_DIR is a folder of a negotiation competition (GENIUS): a domain and two utility profiles in XML, of sums over
issues or of hyper-rectangles. As GENIUS does, utilities are capped at 1; discounts and reservation values are left out.
A domain's published points (`pareto.xml`), where there are any, are set beside ours.

PYTHON is an interpreter that has NegMAS. NegMAS is under the AGPL: it is no dependency, nothing here imports it, and it
runs in a process of its own (bench/settle_negmas.py) on scenarios small enough to go through. Without it that part is
left out, and the page says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from trucewatch.settle.frontier import Point, egalitarian, frontier, kalai_smorodinsky, most_even, nash
from trucewatch.settle.space import Space, Worth

FROZEN = Path(__file__).parent / "frozen" / "settle.md"
FINE = 10**7
"""Units of a sum over issues: weights are written with up to sixteen digits, of which seven decide."""
DRAWN, MOST_OUTCOMES = 20, 5_000


def read(folder: Path) -> tuple[Space, list[Worth], list[list[str]]]:
    """A scenario's folder -> space, the two worths, and the names of options. SystemExit says what is wrong with it."""
    if not folder.is_dir():
        raise SystemExit(f"bench/settle.py: {folder} is no folder; expected a domain and two profiles in XML")
    roots = [(path, parsed(path)) for path in sorted(folder.glob("*.xml")) if path.name != "pareto.xml"]
    profiles = [
        (path, root)
        for path, root in roots
        if root is not None and root.tag == "utility_space" and (list(root.iter("weight")) or list(root.iter("ufun")))
    ]
    if len(profiles) != 2:
        raise SystemExit(f"bench/settle.py: {folder} has {len(profiles)} utility profiles; expected two")
    issues = [list(root.iter("issue")) for _, root in profiles]
    names = [options(issue) for issue in issues[0]]
    if [options(issue) for issue in issues[1]] != names:
        raise SystemExit(f"bench/settle.py: the profiles of {folder} differ in their issues; expected one domain")
    return Space(tuple(map(len, names))), [worth(root) for _, root in profiles], names


def parsed(path: Path) -> ET.Element | None:
    """XML, also where the declaration stands below a comment; None where it is no XML."""
    try:
        return ET.fromstring(re.sub(r"<\?xml.*?\?>", "", path.read_text(encoding="utf-8", errors="replace")))
    except ET.ParseError:
        return None


def options(issue: ET.Element) -> list[str]:
    """The options of an issue."""
    if issue.get("lowerbound") is not None:
        return [str(n) for n in range(int(issue.get("lowerbound", "0")), int(issue.get("upperbound", "0")) + 1)]
    return [item.get("value", "") for item in issue.iter("item")]


def worth(root: ET.Element) -> Worth:
    """A profile -> the worth of packages in whole units."""
    issues = {int(issue.get("index", "0")): (n, issue) for n, issue in enumerate(root.iter("issue"))}
    boxes = list(root.iter("hyperRectangle"))
    if boxes:
        whole = int(next(root.iter("utility")).get("maxutility", "1"))
        parts = []
        for box in boxes:
            sides = []
            for side in box.iter("INCLUDES"):
                n, issue = issues[int(side.get("index", "0"))]
                low = int(issue.get("lowerbound", "0"))
                span = range(int(side.get("min", "0")) - low, int(side.get("max", "0")) - low + 1)
                sides.append((n, frozenset(span)))
            parts.append((int(box.get("utility", "0")), tuple(sides)))
        return Worth(tuple(parts), whole, whole)
    weights = {int(one.get("index", "0")): Fraction(one.get("value", "0")) for one in root.iter("weight")}
    parts = []
    for index, (n, issue) in issues.items():
        values = [Fraction(item.get("evaluation", "0")) for item in issue.iter("item")]
        for option, value in enumerate(values):
            units = round(weights[index] / sum(weights.values()) * value / max(values) * FINE)
            if units:
                parts.append((units, ((n, frozenset({option})),)))
    return Worth(tuple(parts), FINE, FINE)


def shares(point: Point, worths: Sequence[Worth]) -> list[float]:
    return [units / one.whole for units, one in zip(point.units, worths, strict=True)]


def answer(folder: Path) -> dict[str, Any]:
    """The frontier of one scenario, and the largest product on it."""
    space, worths, _ = read(folder)
    start = time.perf_counter()
    found, whole = frontier(space, worths)
    seconds = time.perf_counter() - start
    pareto = [shares(point, worths) for point in found]
    return {
        "pareto": pareto,
        "nash": max((a * b for a, b in pareto), default=0.0),
        "proven": whole,
        "seconds": round(seconds, 3),
    }


# All of them


def published(folder: Path) -> list[tuple[float, float]]:
    """The points that came with a scenario."""
    path = folder / "pareto.xml"
    if not path.exists():
        return []
    rows = [line.split(",") for line in path.read_text().splitlines() if line.strip()]
    return [(float(a), float(b)) for a, b in rows]


def beside(folder: Path) -> str:
    """One row of the table: ours against what was published."""
    ours, theirs = answer(folder), published(folder)
    pareto = ours["pareto"]
    same = sum(any(abs(a - x) < 1e-6 and abs(b - y) < 1e-6 for x, y in pareto) for a, b in theirs)
    beaten = sum(
        any((x > a + 1e-6 and y > b - 1e-6) or (x > a - 1e-6 and y > b + 1e-6) for x, y in pareto) for a, b in theirs
    )
    best = f"{max(a * b for a, b in theirs):.5f}" if theirs else "-"
    space, _, _ = read(folder)
    return (
        f"| {folder.name} | {len(space.sizes)} | {outcomes(space):.0e} | {len(pareto)} | {ours['seconds']:.1f} | "
        f"{len(theirs)} | {same} | {beaten} | {ours['nash']:.5f} | {best} |"
    )


def outcomes(space: Space) -> int:
    total = 1
    for size in space.sizes:
        total *= size
    return total


def drawn(seed: int) -> tuple[str, Space, list[Worth]]:
    """A scenario by the dice: three to five issues, sums over issues or boxes; the worst outcome is worth nothing."""
    dice = random.Random(seed)
    sizes = tuple(dice.randint(2, 6) for _ in range(dice.randint(3, 5)))
    worths = []
    for _ in range(2):
        parts = [(dice.randint(1, 40), ((n, frozenset({o})),)) for n, size in enumerate(sizes) for o in range(1, size)]
        if seed % 2:
            for _ in range(4):
                chosen = dice.sample(range(len(sizes)), 2)
                box = tuple((n, frozenset(range(1, dice.randint(2, sizes[n])))) for n in chosen)
                parts.append((dice.randint(5, 60), box))
        worths.append(Worth(tuple(parts), sum(value for value, _ in parts)))
    return f"drawn, seed {seed}", Space(sizes), worths


def with_peer(python: str, scenarios: Sequence[tuple[str, Space, list[Worth]]]) -> list[tuple[str, bool]]:
    """A row for each scenario: our points against the peer's, with times; and whether all are the same."""
    asked = []
    for _, space, worths in scenarios:
        packages = list(space.packages())
        utilities = [[one.of(package) / one.whole for package in packages] for one in worths]
        asked.append({"sizes": space.sizes, "utilities": utilities, "outcomes": packages})
    script = str(Path(__file__).with_name("settle_negmas.py"))
    told = subprocess.run([python, script], input=json.dumps(asked), capture_output=True, text=True, check=True)
    theirs = json.loads(told.stdout.splitlines()[-1])
    return [row_of(*scenario, peer) for scenario, peer in zip(scenarios, theirs, strict=True)]


def row_of(name: str, space: Space, worths: Sequence[Worth], theirs: dict[str, Any]) -> tuple[str, bool]:
    start = time.perf_counter()
    found, _ = frontier(space, worths)
    none = [Fraction(0)] * 2
    ours = {
        "pareto": found,
        "nash": nash(found, worths, none),
        "kalai": egalitarian(found, worths, none),
        "ks": most_even(found, worths, none),
    }
    seconds = time.perf_counter() - start
    same = {key: rounded([shares(p, worths) for p in mine]) == rounded(theirs[key]) for key, mine in ours.items()}
    words = " | ".join("same" if same[key] else "differs" for key in ours)
    defined = kalai_smorodinsky(found, worths, none)
    words += " | same" if {p.units for p in defined} == {p.units for p in ours["ks"]} else " | another point"
    row = f"| {name} | {outcomes(space)} | {len(found)} | {words} | {seconds:.2f} | {theirs['seconds']:.2f} |"
    return row, all(same.values())


def rounded(points: list[list[float]]) -> list[tuple[float, ...]]:
    return sorted({tuple(round(value, 9) for value in point) for point in points})


HEAD = """# Settlement: frontiers, proven

{machine}, {cores} cores, load {load:.1f} at the start, Python {python}.
`python bench/settle.py --data DIR --negmas PYTHON --scenario DIR ...`

Scenarios of the Automated Negotiating Agents Competition 2014, utilities capped at 1, discounts and reservation values
left out. *Same*: published points that are on the frontier; *bettered*: published points that some package betters for
one side without harming the other. The frontier is whole: each step was proven.

| scenario | issues | outcomes | points | seconds | published | same | bettered | Nash product | best published |
|---|---|---|---|---|---|---|---|---|---|
"""
PEER = """
## Beside NegMAS

The same scenarios in one run. NegMAS goes through every outcome, of which it is given a table of utilities; ours is
asked without one. *Kalai*: the egalitarian point of Kalai (1977). *Kalai-Smorodinsky*: NegMAS takes the point of the
frontier whose shares differ least (`most_even`), and so it is compared. The room tells the one whose least share is
largest, as the solution is defined for sets with gaps; the last column but two says where that is another point.

Frontier, Nash, Kalai and, by its definition, Kalai-Smorodinsky points are the same in {same} of {n}.

| scenario | outcomes | points | frontier | Nash | Kalai | Kalai-Smorodinsky | by the least share | ours s | NegMAS s |
|---|---|---|---|---|---|---|---|---|---|
"""
NO_PEER = "\n## Beside NegMAS\n\nLeft out: no interpreter with NegMAS was given (`--negmas`).\n"


def page(arguments: argparse.Namespace) -> str:
    """The whole page."""
    machine, cores, python = platform.machine(), os.cpu_count(), platform.python_version()
    text = HEAD.format(machine=machine, cores=cores, load=os.getloadavg()[0], python=python)
    for folder in sorted(path for path in Path(arguments.data).iterdir() if path.is_dir()):
        text += beside(folder) + "\n"
    if not arguments.negmas:
        return text + NO_PEER
    every = [(Path(one).name, *read(Path(one))[:2]) for one in arguments.scenario]
    every += [drawn(seed) for seed in range(DRAWN)]
    rows = with_peer(arguments.negmas, [one for one in every if outcomes(one[1]) <= MOST_OUTCOMES])
    text += PEER.format(same=sum(ok for _, ok in rows), n=len(rows))
    return text + "\n".join(row for row, _ in rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("domain", nargs="?", type=Path, help="a scenario's folder")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument("--data", help="a folder of scenarios with published points")
    parser.add_argument("--negmas", help="an interpreter that has NegMAS")
    parser.add_argument("--scenario", action="append", default=[], help="a published scenario to set beside NegMAS")
    arguments = parser.parse_args()
    if arguments.domain:
        told = answer(arguments.domain)
        if arguments.json:
            print(json.dumps(told))
        else:
            n, product, seconds = len(told["pareto"]), told["nash"], told["seconds"]
            print(f"{n} points, Nash product {product:.5f}, {seconds} s, proven: {told['proven']}")
        return 0
    if not arguments.data:
        parser.error("say a scenario's folder, or --data")
    text = page(arguments)
    print(text)
    FROZEN.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
