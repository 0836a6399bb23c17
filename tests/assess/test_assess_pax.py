"""Rows of PA-X -> drafts and problems. The rows here are invented; the last tests read the real table, where it is."""

from __future__ import annotations

import re

import polars as pl
import pytest
import yaml
from assessed import DATA, ROOT

from trucewatch.assess import agreement, pax
from trucewatch.assess.model import TERM_KINDS
from trucewatch.assess.pax.codes import CODES, MEANT
from trucewatch.assess.pax.draft import NAMELESS, NOBODY, NOTHING, ONE, ROW, UNTOLD
from trucewatch.assess.pax.sides import sides
from trucewatch.sources.cells import read_sheet

TABLE = DATA / "pax_agreements_v9" / "pax_all_agreements_data_v9.csv.gz"
BARE = dict.fromkeys(pax.COLUMNS, "0") | {
    "AgtId": "7", "Ver": "9", "Con": "Fordland/(Hillia)", "Agt": "Truce at the ford", "Dat": "01/05/2020",
    "Status": "Multiparty signed/agreed", "Stage": "Cea",
    "Part": "For the Northern Front: A. Miller; For the Government of Fordland: B. Smith, Minister",
}  # fmt: skip


def table(*rows: dict[str, str | None]) -> pl.DataFrame:
    """PA-X's table with those rows, each as BARE but for what is told otherwise."""
    full = [BARE | row for row in rows]
    return pl.DataFrame({name: [row[name] for row in full] for name in BARE}, schema=dict.fromkeys(BARE, pl.String))


def drafted(**cells: str) -> pax.Draft:
    made = pax.drafts_of(table(cells), "9")
    assert not made.problems, made.problems
    return made.drafts[0]


def refused(**cells: str | None) -> pax.Problem:
    made = pax.drafts_of(table(cells), "9")
    assert not made.drafts
    return made.problems[0]


def names(part: str, title: str = "Truce at the ford", con: str = "Fordland/(Hillia)") -> tuple[str, ...]:
    made = sides(part, title, con)
    assert made.problem is None, made.problem
    return tuple(name for name, _ in made.names)


def test_a_draft_says_what_the_coding_says_and_no_more():
    made = drafted(Ce="3", CeProv="1").document
    assert made["agreement"] == "pax-7"
    assert made["title"] == "Truce at the ford"
    assert made["signed"] == "2020-05-01"
    assert made["source"] == "PA-X agreement 7, version 9"
    assert (made["grade"], made["published"], made["form"]) == ("report", True, "mutual")
    assert [party["name"] for party in made["parties"]] == ["Northern Front", "Government of Fordland"]
    assert made["when"] == {"since": "unknown", "until": "unknown"}
    (term,) = made["terms"]
    assert (term["kind"], term["bars"]) == ("barred_acts", {"acts": ["armed"]})
    assert term["where"]["unknown"] is True
    assert "Coded Ce 3: with many details." in term["says"]
    assert term["source"] == "PA-X agreement 7, version 9, coding of CeProv"
    assert made["notes"].startswith("Draft made from PA-X's coding, not from the text")


def test_a_draft_reads_as_an_agreement_and_nothing_is_surely_in_force():
    cells = {code.column: "1" for code in CODES if code.drafts} | {"CeGen": "0", "Ce": "2", "SsrDdr": "1", "Prot": "1"}
    made = drafted(**cells)
    text = yaml.safe_dump(dict(made.document), sort_keys=False, allow_unicode=True)
    agreed = agreement(text, "pax-7.yaml")
    assert {term.kind for term in agreed.terms} == set(made.kinds) == {"barred_acts", "quota", "freedom_of_movement"}
    assert len(agreed.terms) == sum(code.drafts is not None for code in CODES) - 1
    assert all(not reading.when.sure for term in agreed.terms for reading in term.readings)
    assert agreed.others


def test_every_code_that_drafts_a_term_makes_one_that_reads():
    for code in CODES:
        if code.drafts:
            made = drafted(**{code.column: "1"}, **({code.parent: "1"} if code.parent else {}))
            agreed = agreement(yaml.safe_dump(dict(made.document)), "a.yaml")
            assert [term.id for term in agreed.terms] == [code.drafts["id"]]
            assert code.drafts["kind"] in code.kinds


def test_what_is_coded_and_not_said_by_a_term_is_told():
    made = drafted(Ce="1", CeGen="1", SsrArm="2", SsrPsf="1")
    assert made.untold == ("SsrArm", "SsrPsf")
    assert "Coded and not said by any term: SsrArm" in made.document["notes"]
    assert "SsrPsf" in made.document["notes"]
    assert "Coded and not said" not in drafted(Ce="1", CeGen="1").document["notes"]


def test_a_ceasefire_that_is_provided_for_is_not_said_twice():
    assert [t["id"] for t in drafted(Ce="3", CeProv="1", CeGen="1").document["terms"]] == ["ceasefire"]
    assert [t["id"] for t in drafted(Ce="1", CeGen="1").document["terms"]] == ["ceasefire-general"]
    assert [t["id"] for t in drafted(Ce="1").document["terms"]] == ["ceasefire-general"]


def test_signatures_by_the_un_and_structural_reform_make_no_terms():
    assert "ImUN" not in MEANT and "ImOth" not in MEANT
    assert refused(SsrArm="3").reason == NOTHING
    assert "coded: SsrArm" in refused(SsrArm="3").what


def test_rows_in_are_drafts_and_problems():
    rows = table(
        {"AgtId": "1", "CeProv": "1"}, {"AgtId": "2"}, {"AgtId": "3", "CeProv": "1", "Part": None},
        {"AgtId": "4", "CeProv": "1", "Part": "A. Miller\nB. Smith"},
        {"AgtId": "5", "CeProv": "1", "Part": "Northern Front"}, {"AgtId": "6", "CeProv": "x"}, {"AgtId": "1"},
    )  # fmt: skip
    made = pax.drafts_of(rows, "9")
    assert len(made.drafts) + len(made.problems) == rows.height
    assert [(p.agt_id, p.reason) for p in made.problems] == [
        ("2", NOTHING), ("3", NOBODY), ("4", UNTOLD), ("5", ONE), ("6", ROW), ("1", ROW),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"Dat": "31/02/2020"}, "Dat is '31/02/2020'; expected a day"),
        ({"Dat": ""}, "Dat is ''"),
        ({"Ce": "4"}, "Ce is '4'; expected a whole number from 0 to 3"),
        ({"CeProv": "2"}, "CeProv is '2'; expected a whole number from 0 to 1"),
        ({"ImPK": None}, "ImPK is ''"),
        ({"AgtId": "../x"}, "it has no AgtId"),
        ({"Agt": " "}, "it has no title"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_problem_that_says_why(cells, told):
    assert refused(**{"Part": BARE["Part"], **cells}).reason == ROW
    assert told in refused(**cells).what


def test_a_day_may_be_written_either_way():
    assert drafted(Dat="2020-05-01", ImE="1").document["signed"] == drafted(ImE="1").document["signed"]


def test_people_may_name_the_parties_that_the_signatures_do_not_tell():
    rows = table({"CeProv": "1", "Part": "A. Miller\nB. Smith"})
    made = pax.drafts_of(rows, "9", {"7": ["The Northern Front (NF)", "Fordland"]})
    assert made.drafts[0].document["parties"] == [
        {"id": "nf", "name": "Northern Front", "also": ["NF"]},
        {"id": "fordland", "name": "Fordland"},
    ]
    assert "as whoever made the draft named them" in made.drafts[0].document["notes"]
    assert pax.drafts_of(rows, "9", {"7": ["Fordland", "the Fordland"]}).problems[0].reason == ONE


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ("For the Northern Front: A. Miller\nFor the Southern Army:\nB. Smith", ("Northern Front", "Southern Army")),
        ("A. Miller, for the Northern Front; B. Smith, on behalf of: The River Clan", ("Northern Front", "River Clan")),
        ("(Signed) For NF\nA. MILLER\n\n(Signed) For SA\nB. SMITH", ("NF", "SA")),
        ("Pour le Front du Nord:\nA. B.\nPour la Garde\nC. D.", ("Front du Nord", "Garde")),
        ("Government of Fordland:\nA. Miller, Minister\n\nHill Brigade:\nB. Smith", ("Government of Fordland", "Hill Brigade")),
        ("Hill Brigade\nA. Miller\n\nRiver Army\nB. Smith", ("Hill Brigade", "River Army")),
        ("1. Hill Brigade\n2. River Army (RA)", ("Hill Brigade", "River Army")),
        ("Fordland, Hillia", ("Fordland", "Hillia")),
        ("Government of Fordland and the Hill Brigade", ("Government of Fordland", "Hill Brigade")),
        ("Signatories:\nFordland; River Army [signature illegible]", ("Fordland", "River Army")),
        ("From the River side J. Miller;\nFrom the Hill side A. B. Smith", ("River side", "Hill side")),
        ("Hill Brigade; River Army (in opposition)", ("Hill Brigade", "River Army (in opposition)")),
    ],
)  # fmt: skip
def test_parties_are_told_where_the_list_says_for_whom_each_signs(part, wanted):
    assert names(part) == wanted


def test_a_name_in_the_title_is_a_party_and_a_name_that_is_nowhere_is_not():
    assert names("Al Tabt\nAl Faras", "Agreement between Al Tabt and Al Faras") == ("Al Tabt", "Al Faras")
    assert "is no party by its own words" in str(sides("Al Tabt\nAl Faras", "Truce", "").problem)


@pytest.mark.parametrize(
    "part",
    [
        "A. Miller; B. Smith",
        "A. Miller, President of Fordland; B. Smith, Leader of the Hill Brigade",
        "A. Miller of the Hill Brigade\nB. Smith of the River Army",
        "For the Northern Front: A. Miller\n\nThe Hill Brigade\nB. Smith",
        "For the Northern Front: A. Miller\nFor the President of the Republic\nB. Smith",
        "A. Miller, for the Northern Front; B. Smith",
        "For the Republic of Fordland, and for the Federation: A. Miller; For the Hill Brigade: B. Smith",
        "Movement for Union and Progress Party\nHill Brigade",
        "Side one: A. Miller\nSide two: B. Smith",
        "Joint Forum (Government of Fordland; Hill Brigade)",
        "Hill Brigade; River Army [unsigned]",
        "Hill Brigade; River Army; witnesses: the Elders",
        "Hill Brigade; River Army and other groups",
        "Representatives of five villages",
        "For NF Adam MILLER\nFor SA Berta SMITH",
        "Hill Brigade " * 12 + "; River Army",
    ],
)
def test_a_list_of_which_one_part_is_not_understood_is_not_split_at_all(part):
    made = sides(part, "Truce at the ford", "Fordland/(Hillia)")
    assert made.problem is not None, made.names


def test_a_place_whose_name_has_an_and_is_one_party():
    assert names("For Ford and Hill: A. Miller\nFor the River Clan: B. Smith", con="Ford and Hill") == (
        "Ford and Hill",
        "River Clan",
    )


def test_no_two_parties_share_an_id_and_none_is_a_word_of_the_format():
    part = "For All: A. Miller\nFor the Núrth Army: B.\nFor the Nurth Army: C."
    made = drafted(CeProv="1", Part=part).document["parties"]
    assert [party["id"] for party in made] == ["all-2", "nurth-army", "nurth-army-2"]
    agreement(yaml.safe_dump(dict(drafted(CeProv="1", Part=part).document), allow_unicode=True), "a.yaml")


def test_coverage_counts_each_provision_and_each_row_once():
    rows = table(
        {"AgtId": "1", "CeProv": "1", "Ce": "2"}, {"AgtId": "2", "SsrGua": "1"},
        {"AgtId": "3", "CeProv": "1", "CeGen": "1", "Ce": "2", "Part": "A. Miller", "Stage": "Pre"},
    )  # fmt: skip
    made = pax.drafts_of(rows, "9")
    told = pax.coverage(made.drafts, made.problems, made.coded)
    assert sum(told["columns"].values()) == len(CODES) == len(told["provisions"])
    assert told["codings"]["all"] == {"yes": 2, "partly": 1, "no": 1, "drafted": 3}
    assert told["codings"]["Pre"] == {"yes": 1, "partly": 1, "no": 0, "drafted": 2}
    assert told["rows"]["Cea"] == {"rows": 2, "drafts": 1, "problems": 1, "reasons": {NOTHING: 1}}
    assert told["rows"]["all"]["rows"] == told["rows"]["all"]["drafts"] + told["rows"]["all"]["problems"] == 3
    assert "weapon_withdrawal" in told["kinds_never_drafted"]


def test_what_is_not_said_whole_is_said_to_lack_something():
    for code in CODES:
        assert code.fits in ("yes", "partly", "no")
        assert bool(code.lacks) == (code.fits != "yes"), code.column
        assert bool(code.kinds) == (code.fits != "no"), code.column
        assert set(code.kinds) <= set(TERM_KINDS)


@pytest.fixture(scope="module")
def real() -> pax.Imported:
    if not TABLE.exists():
        pytest.skip(f"no real data: {TABLE} is not there (set TRUCEWATCH_DATA)")
    rows = read_sheet(TABLE.read_bytes(), TABLE.name, pax.COLUMNS, "", str).rows
    assert pax.version_of(rows) == "9"
    return pax.drafts_of(rows, "9")


def test_every_real_row_is_a_draft_that_reads_or_a_problem(real):
    assert len(real.drafts) + len(real.problems) == 2144
    assert not [problem for problem in real.problems if problem.reason == ROW]
    assert len(real.unnamed) == sum(problem.reason in NAMELESS for problem in real.problems)
    for made in (*real.drafts, *real.unnamed[::10]):
        text = yaml.safe_dump(dict(made.document), sort_keys=False, allow_unicode=True)
        assert len(agreement(text, f"{made.agreement}.yaml").parties) >= 2


def test_the_page_tells_what_the_real_table_has(real):
    told = pax.coverage(real.drafts, real.problems, real.coded, real.unnamed)
    page = (ROOT / "docs/pax.md").read_text(encoding="utf-8")
    for stage in ("all", "Cea"):
        rows, sums = told["rows"][stage], told["codings"][stage]
        wanted = [rows["rows"], rows["drafts"], rows["unnamed"], *(sums[fits] for fits in ("yes", "partly", "no"))]
        line = next(
            line for line in page.splitlines() if line.startswith(f"| {'all' if stage == 'all' else '`Cea`'} |")
        )
        assert [int(n) for n in re.findall(r"\d+", line.replace(",", ""))] == wanted
    for one in told["provisions"]:
        line = next(line for line in page.splitlines() if line.startswith(f"| `{one['column']}` |"))
        assert f"| {one['expressed']} |" in line
        assert f"| {one['by_stage']['Cea']} |" in line


@pytest.mark.parametrize(
    ("name", "missed"),
    [
        ("minsk-memorandum-2014", {"weapon_withdrawal", "no_advance", "limitation"}),
        ("minsk-protocol-2014", set()),
        ("minsk-ii-2015", {"weapon_withdrawal"}),
        (
            "south-sudan-coha-2017",
            {"no_advance", "no_reinforcement", "notification", "protected_targets", "separation"},
        ),
    ],
)
def test_coding_misses_kinds_of_term_that_the_texts_have(real, name, missed):
    path = ROOT / "agreements" / f"{name}.yaml"
    by_hand = agreement(path.read_text(encoding="utf-8"), path.name)
    row = re.search(r"PA-X agreement (\d+)", by_hand.source)
    assert row is not None
    made = next(one for one in (*real.drafts, *real.problems) if one.agt_id == row[1])
    assert {term.kind for term in by_hand.terms} - set(made.kinds) == missed
