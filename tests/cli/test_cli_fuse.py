"""fuse as a command and a group: learn, review, judge, each from the log and back to the same bytes."""

from __future__ import annotations

import json

import commanded
import pytest
from commanded import entries, refused, run

from trucewatch import learning
from trucewatch.archive import know
from trucewatch.stores.posix import open_case

files = commanded.files
case = commanded.case


@pytest.fixture
def pulled(case):
    """A case with four reports, two of heat and two of what was heard."""
    run("pull", "firms", "--case", case, "--file", "fires.csv")
    run("pull", "report", "--case", case, "--file", "book.csv")
    return case


def asked(case, *words):
    return json.loads(run("fuse", *words, "--case", case, "--json").stdout)


def incident(case) -> str:
    store = open_case(case)
    known = know(store)
    body = next(run for run in reversed(known.runs) if run["room"] == "fuse")
    return known.table_of(store, body["outputs"]["incidents"])["id"][0]


def p_of(case, observation: str) -> float:
    store = open_case(case)
    known = know(store)
    body = next(run for run in reversed(known.runs) if run["room"] == "fuse")
    tables = {name: known.table_of(store, sha) for name, sha in body["outputs"].items()}
    at = dict(tables["links"].select("observation", "incident").rows())[observation]
    return dict(tables["incidents"].select("id", "p").rows())[at]


def test_versions_are_entries_that_fuse_is_told_by_number_and_that_come_again_byte_for_byte(pulled):
    plain = asked(pulled)
    (pulled.parent / "who.csv").write_text("copier,original,p,because\na,b,0.5,they say so\n")
    first = asked(pulled, "learn")
    second = asked(pulled, "learn", "--dependence", pulled.parent / "who.csv")
    assert first["version"] < second["version"] and second["dependence"][0]["copier"] == "a"
    told = run("fuse", "learn", "--dependence", pulled.parent / "who.csv", "--case", pulled).stderr
    assert "there is no source in this case 'a'" in told and "does nothing yet" in told
    assert asked(pulled, "learn")["version"] == first["version"], "the very same is not learnt twice"
    assert asked(pulled, "--learnt", "none")["outputs"] == plain["outputs"]
    latest = asked(pulled)
    assert asked(pulled, "--learnt", second["version"])["outputs"] == latest["outputs"]
    assert (latest["learnt"], latest["calibrated"]) == (second["version"], False)
    assert f"by learnt version {second['version']}; chances not calibrated" in run("fuse", "--case", pulled).stdout
    assert asked(pulled, "--as-of", first["version"])["outputs"] == plain["outputs"], "it was not known yet"
    replayed = run("replay", "all", "--case", pulled).stdout
    assert replayed.count("run of learn: same bytes") == 2
    assert "differs" not in replayed


def test_a_judgement_wins_is_superseded_and_both_stay(pulled):
    asked(pulled)
    name = incident(pulled)
    store = open_case(pulled)
    links = know(store).runs[-1]["outputs"]["links"]
    seen = know(store).table_of(store, links).filter(incident=name)["observation"][0]
    first = asked(pulled, "judge", "happened", name[:8], "--by", "Ann Other", "--why", "the crater was seen")
    asked(pulled)
    assert p_of(pulled, seen) == 1.0
    told = refused("fuse", "judge", "happened", name, "--by", "Ann Other", "--why", "again", "--case", pulled)
    assert (
        told == f"--supersedes: Ann Other has judged this already, in entry {first['entry']}; expected {first['entry']}"
    )
    words = ("--by", "Ann Other", "--why", "it was a quarry", "--supersedes", first["entry"])
    later = asked(pulled, "judge", "did-not-happen", name, *words)
    asked(pulled)
    assert p_of(pulled, seen) == 0.0
    listed = run("casework", "list", "--case", pulled).stdout
    assert "whether it happened: yes" in listed and f"superseded by entry {later['entry']}" in listed
    asked(pulled, "judge", "happened", name, "--by", "Ben Else", "--why", "I saw it")
    asked(pulled)
    assert 0 < p_of(pulled, seen) < 1, "two people differ, and neither is heard"
    run("doctor", "--case", pulled)


def test_what_is_judged_of_two_becomes_pairs_that_must_or_must_not_be_one(pulled):
    asked(pulled)
    store = open_case(pulled)
    known = know(store)
    links = known.table_of(store, known.runs[-1]["outputs"]["links"])
    one, two = links["observation"].to_list()[:2]
    asked(pulled, "judge", "same", one, two, "--by", "Ann Other", "--why", "one film")
    judged = learning.judged(know(store))
    assert judged.constraints.select("left", "right", "same").rows() == [(one, two, True)]
    asked(pulled)  # the two are one incident now, with an id of its own
    merged = (
        know(store).table_of(store, know(store).runs[-1]["outputs"]["links"]).filter(observation=one)["incident"][0]
    )
    words = ("--by", "Ann Other", "--why", "two films", "--case", pulled)
    told = refused("fuse", "judge", "different", two, merged, *words)
    assert "Ann Other has said the opposite of the same observations, in entry " in told
    run("fuse", "judge", "different", two, merged, *words[:2], "--why", "seen again", "--case", pulled,
        "--supersedes", told.rsplit(" ", 1)[1])  # fmt: skip
    assert learning.judged(know(store)).constraints["same"].to_list() == [False]
    told = refused("fuse", "judge", "different", one, "--by", "Ann", "--why", "x", "--case", pulled)
    assert told == "ID: different is said of two incidents or observations; expected 2, not 1"
    told = refused("fuse", "judge", "happened", "zzzzzz", "--by", "Ann", "--why", "x", "--case", pulled)
    assert told.startswith("ID: there is no incident or observation 'zzzzzz' in this case")


def test_review_asks_of_what_is_not_sure_and_no_more_of_what_was_judged(pulled):
    asked(pulled)
    before = asked(pulled, "review")
    questions = [row for row in before if row["what"] == "incident"]
    assert questions and all(0 < row["p"] < 1 for row in questions)
    asked(pulled, "judge", "happened", questions[0]["one"], "--by", "Ann Other", "--why", "seen")
    after = [row["one"] for row in asked(pulled, "review") if row["what"] == "incident"]
    assert questions[0]["one"] not in after


def test_what_is_wrong_is_one_line(pulled):
    assert refused("fuse", "--learnt", "0", "--case", pulled) == (
        "--learnt: entry 0 keeps no learnt table; expected first: trucewatch fuse learn"
    )
    assert refused("fuse", "--case", pulled, "learn").startswith("put the options behind the command")
    before = entries(pulled)
    (pulled.parent / "who.csv").write_text("copier,original,p,because\na,b,2,x\n")
    told = refused("fuse", "learn", "--dependence", pulled.parent / "who.csv", "--case", pulled)
    assert told.endswith("row 1, p: is '2'; expected a chance from 0 to 1")
    assert entries(pulled) == before


def test_findings_and_reports_are_made_by_the_version_that_is_named(pulled):
    plain = asked(pulled)
    asked(pulled, "learn")
    latest = asked(pulled)
    assert plain["outputs"]["incidents"] != latest["outputs"]["incidents"]
    run("agree", "truce.yaml", "--case", pulled)
    for word, fused in (("none", plain), ("latest", latest)):
        run("assess", "--learnt", word, "--case", pulled)
        run("report", "--learnt", word, "--level", "restricted", "--case", pulled)
        known = know(open_case(pulled))
        judged = [body for body in known.runs if body["room"] == "assess"][-1]
        assert judged["inputs"]["incidents"] == fused["outputs"]["incidents"]
        reported = [body for body in known.runs if body["room"] == "report"][-1]
        detail = json.loads(open_case(pulled).objects.get(reported["detail"]))
        assert detail["inputs"]["incidents"] == fused["outputs"]["incidents"]
    assert refused("assess", "--learnt", "0", "--case", pulled).startswith("--learnt: entry 0 keeps no learnt table")
