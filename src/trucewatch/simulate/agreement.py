"""The text of the simulated truce, in the form of an agreement's file."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import yaml

from trucewatch.kinds import ARMED
from trucewatch.simulate.params import SimulateParams

_FORM = "%Y-%m-%d %H:%M UTC"
_SOURCE = "simulated"
_STRIKES = ["air_strike", "missile_strike", "drone_strike", "shelling"]
_SELF_DEFENCE = {
    "article": "4",
    "says": "A party under fire may answer it where a call to the other did not end it.",
    "clears": False,  # whether a call came first is nowhere in the feeds; so it is a remark, and bounds stay bounds
}


def agreement_text(params: SimulateParams) -> str:
    """Params -> YAML of the agreement: a ceasefire, protected energy, a zone without guns."""
    begins, ends = (params.start + timedelta(days=day) for day in params.truce_days)
    in_force = {"since": begins.strftime(_FORM), "until": ends.strftime(_FORM)}
    later = begins + timedelta(hours=params.truce.later_reading_h)
    second = party_id(params.parties[1])
    width_m = round(params.truce.zone_km * 1000)
    everywhere = {"everywhere": True, "says": "the whole theatre"}
    terms: list[dict[str, Any]] = [
        {
            "id": "ceasefire", "article": "1", "says": "The parties stop every use of weapons.", "source": _SOURCE,
            "binds": "all", "bars": {"acts": list(ARMED)}, "where": everywhere, **in_force, "unless": [_SELF_DEFENCE],
            "readings": {second: {
                "since": later.strftime(_FORM), "source": _SOURCE, "says": "It reads the start as some hours later.",
            }},
        },
        {
            "id": "protected-energy", "article": "2", "says": "The parties do not strike what supplies energy.",
            "source": _SOURCE, "binds": "all", "bars": {"acts": _STRIKES, "targets": ["energy"]}, "where": everywhere,
            **in_force,
        },
        {
            "id": "security-zone", "article": "3", "says": "No guns, mortars or rockets fire in the zone at the line.",
            "source": _SOURCE, "binds": "all", "bars": {"acts": ["shelling"]},
            "where": {"line": "contact", "zone_width_m": width_m,
                      "says": f"{width_m // 1000} km wide along the line of contact, half on each side"},
            **in_force,
        },
    ]  # fmt: skip
    told = {
        "agreement": "simulated-truce",
        "title": "Simulated truce",
        "display_zone": "UTC",
        "source": "Simulated: no such agreement exists, and nobody is bound by it.",
        "parties": [{"id": party_id(name), "name": name, "also": []} for name in params.parties],
        "terms": terms,
    }
    return yaml.dump(told, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


def party_id(name: str) -> str:
    """A party's name -> its id in an agreement.

    >>> party_id("Party A")
    'party-a'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "party"


class _Plain(yaml.SafeDumper):
    """No anchors: the file is for people to read."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never an alias."""
        return True
