"""The page about the format cannot drift from it."""

from __future__ import annotations

import re

import pytest
from assessed import ROOT, happened, judged

from trucewatch.assess import agreement
from trucewatch.assess.terms import _TERM, _TOP, _WHERE

PAGE = (ROOT / "docs" / "agreements.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_the_example_is_an_agreement_and_uses_every_part_of_the_format():
    made = agreement(EXAMPLE, "docs/agreements.md")
    assert [term.id for term in made.terms] == ["quiet", "guns", "hospitals"]
    assert [reading.who for reading in made.terms[0].readings] == ["text", "south"]
    assert made.terms[1].readings[0].where.side_m == 15_000
    assert made.terms[2].readings[0].binds == ("north", "south")
    assert judged(happened({}), made).terms["zone_kind"].to_list() == ["everywhere", "everywhere", "unknown", "polygon"]


@pytest.mark.parametrize("field", sorted({*_TOP, *_TERM, *_WHERE}))
def test_every_field_is_described(field):
    assert f"`{field}" in PAGE.replace(EXAMPLE, "")
