"""Step 2: an agreement and the maps at hand -> a row per term and reading."""

from __future__ import annotations

from typing import Any

import polars as pl
import shapely

from trucewatch.assess.model import Agreement, Reading, Requirement, Span, Term
from trucewatch.assess.params import AssessParams
from trucewatch.assess.zones import Zone, zone_of
from trucewatch.tables import TERMS


def terms_table(agreement: Agreement, areas: pl.DataFrame, params: AssessParams) -> pl.DataFrame:
    """agreement, areas -> terms, one row per term and reading, in the order of the agreement.

    A ground is worked out once, however many readings and terms share it.
    """
    zones: dict[object, Zone] = {}
    rows = []
    for term in agreement.terms:
        for reading in term.readings:
            key = (reading.where, reading.when.since, reading.when.starts, reading.when.actual)
            if key not in zones:
                zones[key] = zone_of(reading, areas, params)
            rows.append(_row(agreement, term, reading, zones[key]))
    return TERMS.check(pl.DataFrame(rows, schema=TERMS.schema, orient="row"))


def _row(agreement: Agreement, term: Term, reading: Reading, zone: Zone) -> dict[str, Any]:
    return {
        "id": f"{agreement.id}/{term.id}/{reading.who}",
        "agreement": agreement.id,
        "term": term.id,
        "article": term.article,
        "kind": term.kind,
        "says": reading.says,
        "source": reading.source,
        "grade": reading.grade,
        "reading": reading.who,
        "differs": reading.differs,
        "binds": list(reading.binds),
        "toward": list(reading.toward) or None,
        "acts": list(reading.acts or (reading.requires.of if reading.requires else ())),
        "targets": list(reading.targets) or None,
        "weapons": list(reading.weapons) or None,
        "calibre_from_mm": reading.calibre_mm[0],
        "calibre_below_mm": reading.calibre_mm[1],
        "requires": None if reading.requires is None else owed_in_words(reading.requires),
        "sure": _spans(reading.when.sure),
        "may": _spans(reading.when.may),
        "since": reading.when.since,
        "until": reading.when.until,
        "ends": reading.when.ends,
        "where_says": reading.where.says,
        "zone": None if zone.shape is None else shapely.to_wkb(zone.shape),
        "zone_kind": zone.kind,
        "edge_m": reading.where.edge_m,
        "hole_edge_m": reading.where.hole_edge_m,
        "standard": reading.standard,
        "unless": reading.unless,
        "exempt": [
            {
                "says": x.says, "article": x.article, "clears": x.clears, "acts": list(x.acts),
                "parties": list(x.parties), "within_s": x.within_s, "within_m": x.within_m, "needs": list(x.needs),
            }
            for x in reading.exemptions
        ],
        "freed": [{"party": x.party, "at": x.at, "sure": x.sure} for x in reading.freed],
        "clears": None if reading.unless is None else reading.clears,
        "lacks": zone.lacks,
    }  # fmt: skip


def _spans(spans: tuple[Span, ...]) -> list[dict[str, Any]]:
    return [{"from": span.start, "until": span.end} for span in spans]


def owed_in_words(owed: Requirement) -> str:
    """What is owed, for people.

    >>> owed_in_words(Requirement("fuel ships", "ships", at_least=18, each="2 months"))
    'fuel ships: at least 18 ships each 2 months'
    >>> owed_in_words(Requirement("tanks in the area", "tanks", at_most=50, at_once=True))
    'tanks in the area: at most 50 tanks at any one time'
    """
    parts = [f"{owed.what}:"]
    parts += [f"at least {owed.at_least:g} {owed.unit}"] if owed.at_least is not None else []
    parts += [f"at most {owed.at_most:g} {owed.unit}"] if owed.at_most is not None else []
    if owed.of:
        parts.append(f"before {', '.join(owed.of)}")
        parts += [f"at least {owed.before_s / 3600:g} h beforehand"] if owed.before_s else []
    parts += [f"each {owed.each}"] if owed.each else []
    parts += ["at any one time"] if owed.at_once else []
    return " ".join(parts)
