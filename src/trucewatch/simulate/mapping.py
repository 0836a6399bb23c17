"""How the outlets' columns become ours: a mapping for the `table` source, one for each outlet's file."""

from __future__ import annotations

from typing import Any

from trucewatch.kinds import KINDS, TARGETS
from trucewatch.simulate.params import SimulateParams


def outlet_mapping(name: str, params: SimulateParams) -> dict[str, Any]:
    """Name of an outlet's file -> its mapping, in the form of docs/sources/table.md."""
    return {
        "mapping": name,
        "about": "What one simulated outlet published.",
        "source": name,
        "licence": "simulated",
        "zone": "UTC",
        "time": {"start": "time", "end": "until", "said": "published", "format": ["%Y-%m-%dT%H:%M:%S"]},
        "columns": {
            "key": "id",
            "lineage": {"column": "origin", "as": "list"},
            "lon": "lon",
            "lat": "lat",
            "radius_m": "radius_m",
            "place": "place",
            "killed": "killed",
            "injured": "injured",
            "says": "text",
        },
        "kinds": {"column": "kind", "rules": [{"is": [kind], "kind": kind} for kind in KINDS]},
        "targets": {"column": "target", "rules": [{"is": [target], "target": target} for target in TARGETS]},
        "stances": {
            "column": "stance",
            "rules": [{"is": [stance], "stance": stance} for stance in ("affirms", "denies")],
        },
        "by": {"column": "by", "rules": [{"is": [party], "by": party} for party in params.parties]},
    }
