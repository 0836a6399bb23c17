"""A denial is not an affirmation, and what may be either is neither."""

from trucewatch.sources.table import SOURCE
from trucewatch.testing import check_source

MAPPING = {
    "mapping": "told", "zone": "UTC", "time": {"day": "day"}, "columns": {"kind": "what"},
    "stances": {"column": "position", "rules": [{"starts": ["denied"], "stance": "denies"}, {"is": ["yes"], "stance": "affirms"}]},
}  # fmt: skip
ROWS = b"day,what,position\n2020-01-01,shelling,yes\n2020-01-02,shelling,denied by A\n2020-01-03,shelling,perhaps\n2020-01-04,shelling,\n"


def test_a_denial_denies_and_an_unclear_row_is_lost() -> None:
    read = check_source(SOURCE, ROWS, options={"mapping": MAPPING})
    assert read.observations["stance"].to_list() == ["affirms", "denies"]
    assert read.problems.filter("lost")["code"].to_list() == ["no_stance", "no_stance"]
    assert "'perhaps' says neither" in read.problems["message"][0]


def test_without_rules_every_row_affirms() -> None:
    plain = {key: value for key, value in MAPPING.items() if key != "stances"}
    assert check_source(SOURCE, ROWS, options={"mapping": plain}).observations["stance"].unique().to_list() == [
        "affirms"
    ]
