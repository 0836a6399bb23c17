"""Learning and judging in a case: versions in the log, judgements that win, and the same bytes when done again."""

from __future__ import annotations

import polars as pl
import pytest

from trucewatch import learning
from trucewatch.base.errors import InputError
from trucewatch.learning import written_dependence

HEAD = "copier,original,p,because\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "a,b,1.5,they say so\n", "row 1, p: is '1.5'; expected a chance from 0 to 1"),
        (HEAD + "a,a,0.5,they say so\n", "row 1, original: repeats itself"),
        (HEAD + "a,b,0.5,\n", "row 1, because: is not told"),
        (HEAD + "a,b,nan,x\n", "row 1, p: is 'nan'"),
        (HEAD + "a,b,0.5,x\na,b,0.6,y\n", "names two sources twice"),
    ],
)
def test_a_written_table_that_is_wrong_says_which_row(text, says):
    with pytest.raises(InputError) as wrong:
        written_dependence(text, "who.csv")
    assert says in str(wrong.value)


def test_a_table_written_as_yaml_is_the_same_as_one_in_csv():
    one = written_dependence(HEAD + "a,b,0.5,they say so\n", "who.csv")
    two = written_dependence("- {copier: a, original: b, p: 0.5, because: they say so}\n", "who.yaml")
    assert one.rows() == two.rows() == [("a", "b", 0.5, "they say so")]
    assert written_dependence("", "who.yaml").is_empty()


def test_what_a_person_wrote_stands_before_what_is_learnt_either_way_round():
    learnt = pl.DataFrame(
        [("a", "b", 0.9, "learnt"), ("c", "d", 0.4, "learnt")],
        schema=written_dependence("", "x.csv").schema,
        orient="row",
    )
    written = written_dependence(HEAD + "b,a,0.3,known\nd,c,0,no copying\n", "who.csv")
    assert learning._with_written(learnt, written).rows() == [("b", "a", 0.3, "known")]
