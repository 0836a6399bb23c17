"""Linking by a window: MELTT's own rule, on its own example, in any order of the lists."""

from __future__ import annotations

import itertools

import polars as pl
import pytest
from click.testing import CliRunner
from fused import DATA, at, metres
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.cli import main
from trucewatch.fuse import FuseParams, Learnt
from trucewatch.fuse.params import RuleParams
from trucewatch.fuse.plain import Rule, fair, fuse_plain
from trucewatch.fuse.rule import TAXONOMY, read_taxonomy, ruled

# What the three lists' words for the damage come to, read by hand: one car alone, or several.
ONE = {
    "crash_data1": ["4", "6", "7"],
    "crash_data2": ["Flip", "Hit Tree", "Hit Property"],
    "crash_data3": ["Vehicle Rollover", "Object Collisions", "Liable Object Collisions"],
}
SEVERAL = {
    "crash_data1": ["1", "2", "3", "5"],
    "crash_data2": ["Mid-Rear Damage", "Front Damage", "Side Damage", "Side Damage While In Motion"],
    "crash_data3": ["Rear-End Collision", "Head-On Collision", "Side-Impact Collision", "Sideswipe Collision"],
}
DAMAGE = pl.DataFrame(
    [
        ("damage_tax", source, word, 1, means)
        for means, words in (("one", ONE), ("several", SEVERAL))
        for source, each in words.items()
        for word in each
    ],
    schema=list(TAXONOMY),
    orient="row",
)


def lists(order: tuple[int, ...] = (1, 2, 3)) -> pl.DataFrame:
    """The three lists one after another, as a bare file: days become spans, ids are those of the rows."""
    read = []
    for n in order:
        path = DATA / f"meltt_crash_example/crash_data{n}.csv"
        if not path.is_file():
            pytest.skip(f"no real data: {path} is not there (set TRUCEWATCH_DATA)")
        read.append(pl.read_csv(path, infer_schema=False))
    day = pl.col("date", "enddate").str.to_datetime("%Y-%m-%d", time_unit="us").dt.replace_time_zone("UTC")
    rows = pl.concat(read).with_columns(day)
    return rows.select(
        "damage_tax", "model_tax", id=pl.col("dataset") + " " + pl.col("event"), source="dataset",
        kind=pl.lit("crash"), t0="date", t1=pl.col("enddate").dt.offset_by("1d"),
        lon=pl.col("longitude").cast(pl.Float64), lat=pl.col("latitude").cast(pl.Float64),
        radius_m=pl.lit(None, pl.Float64),
    )  # fmt: skip


def by_rule(table: pl.DataFrame, taxonomy: pl.DataFrame | None = None, params: RuleParams | None = None):
    rows, lost = fair(table, "x")
    words = table.select("id", "damage_tax") if "damage_tax" in table.columns else None
    return fuse_plain(rows, lost, FuseParams(), Learnt(), Rule(params or RuleParams(), taxonomy, words))


def figures(plain) -> tuple[int, int, int, int]:
    told = plain.summary
    return tuple(told[name] for name in ("observations", "incidents", "of_two_sources_or_more", "duplicates"))


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_the_published_example_gives_140_unique_34_matches_and_55_duplicates_in_any_order_of_the_lists(order):
    made = by_rule(lists(order), DAMAGE)
    assert figures(made) == (195, 140, 34, 55)
    assert made.links.equals(by_rule(lists(), DAMAGE).links)


def test_the_published_example_overlaps_as_published_list_by_list_and_day_by_episode():
    made = by_rule(lists(), DAMAGE)
    shares = made.incidents["sources"].list.eval(pl.element().str.tail(1)).list.join("").value_counts()
    assert dict(shares.rows()) == {"1": 41, "2": 34, "3": 31, "12": 5, "13": 4, "23": 4, "123": 21}
    long = made.links.join(lists(), left_on="observation", right_on="id").group_by("incident").agg(
        pl.len(), long=((pl.col("t1") - pl.col("t0")).dt.total_days() > 1).all()
    )  # fmt: skip
    assert long.filter(pl.col("len") > 1)["long"].value_counts().sort("long")["count"].to_list() == [26, 8]


def test_without_the_taxonomy_one_pair_more_is_near_enough():
    assert figures(by_rule(lists())) == (195, 139, 35, 56)


def one(name: str, source: str = "a", **other) -> dict:
    told = {"id": name, "source": source, "kind": "crash", "t0": at(), "t1": at(days=1), "lon": 38.0, "lat": 48.0}
    return {**told, "radius_m": None, **other}


def together(*rows: dict, taxonomy=None, params: RuleParams | None = None) -> set[frozenset[str]]:
    table = pl.DataFrame(list(rows), schema_overrides={"radius_m": pl.Float64, "lon": pl.Float64, "lat": pl.Float64})
    made = by_rule(table, taxonomy, params)
    return {frozenset(g) for g in made.links.group_by("incident").agg("observation")["observation"].to_list()}


APART = {
    "too far": {"lat": 48.0361},
    "starts too late": {"t0": at(days=2, seconds=1), "t1": at(days=3)},
    "ends too late": {"t1": at(days=3, seconds=1)},
    "an episode, and not a day": {"t1": at(days=1, seconds=1)},
    "of the same source": {"source": "a"},
    "without a point": {"lon": None, "lat": None},
}


@pytest.mark.parametrize("why", APART)
def test_apart_are_two_reports(why):
    assert together(one("x"), one("y", "b")) == {frozenset("xy")}
    assert together(one("x"), {**one("y", "b"), **APART[why]}) == {frozenset("x"), frozenset("y")}


def test_two_days_and_four_kilometres_are_still_within():
    assert together(one("x"), one("y", "b", t0=at(days=2), t1=at(days=3), lat=48.0359)) == {frozenset("xy")}


def test_the_finer_agreement_goes_before_the_nearer_report_and_a_word_that_is_not_told_agrees_with_nothing():
    words = [("kind", s, w, level, means) for s in "ab" for w, fine, wide in (("van", "van", "car"), ("suv", "suv", "car"))
             for level, means in ((1, fine), (2, wide))]  # fmt: skip
    taxonomy = pl.DataFrame(words, schema=list(TAXONOMY), orient="row")
    rows = one("x", kind="van"), one("y", "b", kind="suv"), one("z", "b", kind="van", lat=48.02)
    assert together(*rows, taxonomy=taxonomy) == {frozenset("xz"), frozenset("y")}
    assert together(*rows) == {frozenset("xy"), frozenset("z")}
    assert together(one("x", kind="van"), one("y", "b", kind="cart"), taxonomy=taxonomy) == {frozenset("x"), frozenset("y")}  # fmt: skip


def test_all_reports_of_an_incident_pass_with_each_other_and_no_chain_forms():
    rows = one("x"), one("y", "b", lat=48.03), one("z", "c", lat=48.061)
    assert together(*rows) == {frozenset("xy"), frozenset("z")}


def slowly(rows: list[dict], rule: RuleParams) -> list[int]:
    """Best first, by asking every pair of every two sets again after each link."""

    def near(i: int, j: int) -> float | None:
        x, y = rows[i], rows[j]
        late, over = (abs((x[k] - y[k]).total_seconds()) for k in ("t0", "t1"))
        d = metres(x["lon"], x["lat"], y["lon"], y["lat"])
        episodes = {(r["t1"] - r["t0"]).total_seconds() > 86_400 for r in (x, y)}
        if x["source"] == y["source"] or len(episodes) > 1 or max(late, over) > rule.within_s or d > rule.within_m:
            return None
        return d / rule.within_m + (late + over) / 2 / rule.within_s

    sets = [{n} for n in range(len(rows))]
    pairs = [(near(i, j), i, j) for i, j in itertools.combinations(range(len(rows)), 2)]
    for _, i, j in sorted(pair for pair in pairs if pair[0] is not None):
        a, b = (next(s for s in sets if n in s) for n in (i, j))
        if a is not b and all(near(*sorted(p)) is not None for p in itertools.product(a, b)):
            sets.remove(b)
            a |= b
    return [min(next(s for s in sets if n in s)) for n in range(len(rows))]


@st.composite
def crowd(draw: st.DrawFn) -> list[dict]:
    made = []
    for n in range(draw(st.integers(1, 9))):
        t0 = at(hours=draw(st.integers(0, 100)))
        long = draw(st.sampled_from([1, 24, 30, 60]))
        made.append(one(str(n), draw(st.sampled_from("abc")), t0=t0, t1=t0.__add__(at(hours=long) - at()),
                        lon=38 + draw(st.integers(0, 60)) / 1000.7, lat=48 + draw(st.integers(0, 60)) / 1000.3))  # fmt: skip
    return made


@settings(max_examples=150, deadline=None)
@given(crowd())
def test_the_kernel_gives_what_the_slow_way_gives(rows):
    table = pl.DataFrame(rows, schema_overrides={"radius_m": pl.Float64})
    assert ruled(table, RuleParams())["cluster"].to_list() == slowly(rows, RuleParams())


BAD = {
    "a column less": (DAMAGE.drop("means"), "has no column means"),
    "a level that is a word": (DAMAGE.with_columns(level=pl.lit("fine")), "row 1: is not whole"),
    "a column that the reports do not have": (DAMAGE.with_columns(column=pl.lit("hue")), "row 1: names a column"),
    "a word told twice": (pl.concat([DAMAGE, DAMAGE.tail(1)]), "tells a word twice"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_taxonomy_that_is_none_is_one_line(fault):
    table, words = BAD[fault]
    with pytest.raises(InputError, match=words):
        read_taxonomy(table, ["id", "damage_tax"], "agree.csv")


def test_the_command_links_by_the_rule_and_says_what_belongs_to_it(tmp_path):
    file, agree, out = tmp_path / "in.parquet", tmp_path / "agree.csv", tmp_path / "out"
    lists().write_parquet(file)
    DAMAGE.write_csv(agree)
    bare = ["fuse", "--observations", str(file), "--out", str(out)]
    asked = ["--rule", "window", "--within-km", "4", "--within-days", "2", "--agree", str(agree)]
    run = CliRunner().invoke(main, [*bare, *asked])
    assert run.exit_code == 0, run.output
    assert "195 observations, 140 incidents, 34 of them from two sources or more" in run.output
    assert pl.read_parquet(out / "links.parquet")["incident"].n_unique() == 140
    run = CliRunner().invoke(main, [*bare, "--within-km", "4"])
    assert run.exit_code == 2 and "go with --rule window" in run.output
    run = CliRunner().invoke(main, [*bare, *asked[:2], "--agree", str(tmp_path / "none.csv")])
    assert run.exit_code == 2 and "there is no such file" in run.output and "Traceback" not in run.output
    run = CliRunner().invoke(main, ["fuse", "--observations", str(tmp_path), "--out", str(out)])
    assert run.exit_code == 2 and "is a folder; expected a file" in run.output and "in.parquet" not in run.output


@pytest.mark.parametrize("window", [("--within-km", "nan"), ("--within-days", "inf"), ("--within-km", "0")])
def test_a_window_that_is_no_finite_number_above_nothing_is_one_line_and_status_2(tmp_path, window):
    path = tmp_path / "a.csv"
    path.write_text(
        "id,source,kind,t0,t1,lon,lat,radius_m\n1,a,shelling,2024-01-01T10:00Z,2024-01-01T11:00Z,37,48,50\n"
    )
    words = ["fuse", "--observations", str(path), "--out", str(tmp_path / "out"), "--rule", "window", *window]
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 2 and len(ran.stderr.splitlines()) == 1 and window[0] in ran.stderr
