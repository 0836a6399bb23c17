"""The page about the format cannot drift from it."""

from __future__ import annotations

import re

import pytest
from assessed import ROOT, happened, judged

from trucewatch.assess import agreement
from trucewatch.assess.ground import WHERE_FIELDS
from trucewatch.assess.model import FORMS, GRADES, STATUSES, TERM_KINDS
from trucewatch.assess.terms import TERM_FIELDS, TOP_FIELDS
from trucewatch.assess.when import WHEN_FIELDS

PAGE = (ROOT / "docs" / "agreements.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_the_example_is_an_agreement_and_uses_every_part_of_the_format():
    made = agreement(EXAMPLE, "docs/agreements.md")
    assert [term.id for term in made.terms] == ["quiet", "guns", "hospitals", "ships"]
    assert [reading.who for reading in made.terms[0].readings] == ["text", "south"]
    assert made.terms[1].readings[0].where.side_m == 15_000
    assert made.terms[2].readings[0].binds == ("north", "south")
    zones = judged(happened({}), made).terms["zone_kind"].to_list()
    assert zones == ["everywhere", "everywhere", "unknown", "polygon", "polygon", "everywhere", "everywhere"]
    # South invoked the release clause, so it is free under its own reading of what binds it.
    free = {term.id: [r.who for r in term.readings for f in r.freed if f.sure] for term in made.terms}
    assert free == {"quiet": ["south"], "guns": [], "hospitals": ["south"], "ships": ["south"]}
    used = set(re.findall(r"[a-z_]+(?=:)", EXAMPLE))
    assert set(TOP_FIELDS) <= used


@pytest.mark.parametrize("field", sorted({*TOP_FIELDS, *TERM_FIELDS, *WHERE_FIELDS, *WHEN_FIELDS}))
def test_every_field_is_described(field):
    assert f"`{field}" in PAGE.replace(EXAMPLE, "")


@pytest.mark.parametrize("word", [*FORMS, *GRADES, *STATUSES, *TERM_KINDS])
def test_every_word_that_a_field_may_hold_is_described(word):
    assert word in PAGE.replace(EXAMPLE, "")
