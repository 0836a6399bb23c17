"""Run by an interpreter that has NegMAS (AGPL-3.0, no dependency of ours): outcomes and utilities on standard input as
JSON -> the frontier of each scenario, its Nash, Kalai and Kalai-Smorodinsky points, and the seconds, as JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from negmas import make_issue, make_os  # type: ignore[import-not-found]
from negmas.preferences import MappingUtilityFunction  # type: ignore[import-not-found]
from negmas.preferences.ops import (  # type: ignore[import-not-found]
    kalai_points,
    ks_points,
    nash_points,
    pareto_frontier,
)


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """One scenario."""
    issues = [make_issue(size, f"i{n}") for n, size in enumerate(asked["sizes"])]
    outcomes = [tuple(one) for one in asked["outcomes"]]
    ufuns = [
        MappingUtilityFunction(
            dict(zip(outcomes, told, strict=True)), outcome_space=make_os(issues), reserved_value=0.0
        )
        for told in asked["utilities"]
    ]
    start = time.perf_counter()
    frontier, _ = pareto_frontier(ufuns, outcomes=outcomes)
    found = {
        "pareto": frontier,
        "nash": [one for one, _ in nash_points(ufuns, frontier, outcomes=outcomes)],
        "kalai": [one for one, _ in kalai_points(ufuns, frontier, outcomes=outcomes)],
        "ks": [one for one, _ in ks_points(ufuns, frontier, outcomes=outcomes)],
    }
    seconds = time.perf_counter() - start
    return {**{key: [list(map(float, one)) for one in value] for key, value in found.items()}, "seconds": seconds}


print(json.dumps([answer(one) for one in json.load(sys.stdin)]))
