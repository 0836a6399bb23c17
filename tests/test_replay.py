"""Replay: what the log says was done is done again, and is the same bytes, differs here first, or is withheld."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from test_pipeline import AGREEMENT, ASK, START, A, B, Told, pull, size, tools
from trucewatch import pipeline
from trucewatch.archive import batch, commit, know, salt_of_inputs
from trucewatch.assess import AssessParams
from trucewatch.base.errors import InputError
from trucewatch.base.ids import canonical, sha256
from trucewatch.fuse import FuseParams
from trucewatch.ports import Fetched, Read
from trucewatch.replay import DIFFERS, SAME, WITHHELD, Again, checked, chosen, replay
from trucewatch.report import ReportParams, ReportRequest
from trucewatch.reporting import asked_in, number, told_of
from trucewatch.sources import source
from trucewatch.stores.memory import MemoryCase
from trucewatch.stores.posix import make_case
from trucewatch.testing import FakeClock
from trucewatch.withhold import withhold

CODE = "test 1"


@pytest.fixture(params=["memory", "posix"])
def store(request, tmp_path):
    return MemoryCase() if request.param == "memory" else make_case(tmp_path / "case", "test.invalid/log")


def by(name: str = "the bench") -> pipeline.Tools:
    use = tools(70)
    return pipeline.Tools(use.clock, use.salt, use.code, by=name)


def again(store, code: str = CODE, feed=None) -> Again:
    return Again(store, know(store), lambda name: feed or Told(), code)


def entry(store, room: str) -> int:
    known = know(store)
    return next(n for n, run in zip(known.run_at, known.runs, strict=True) if run["room"] == room)


def enter(store, body: dict, kind: str = "run") -> int:
    with store.writing():
        commit(store, [(kind, canonical(body))], FakeClock(), "somebody")
    return size(store) - 1


def body_of(store, room: str) -> dict:
    found = next(run for run in know(store).runs if run["room"] == room)
    return {name: value for name, value in json.loads(json.dumps(found)).items() if name != "detail"}


@pytest.fixture
def whole(store):
    pull(store, A)
    pull(store, B, use=tools(1))
    pipeline.run(store, tools(2), AGREEMENT, "a.yaml", ASK)
    return store


class TestSame:
    @pytest.mark.parametrize("room", ["fuse", "assess", "report"])
    def test_a_run_of_each_room_gives_the_same_bytes(self, whole, room):
        done = replay(again(whole), entry(whole, room))
        assert (done.outcome, done.says, done.what) == (SAME, "", f"run of {room}")
        assert done.outputs == body_of(whole, room)["outputs"] and (done.made_by, done.by) == (CODE, CODE)

    def test_a_capture_read_again_gives_the_same_tables(self, whole):
        done = replay(again(whole), 1)
        assert (done.outcome, done.outputs) == (SAME, next(iter(know(whole).reads.values())))

    def test_it_stays_so_whatever_is_entered_later(self, whole):
        numbers = [entry(whole, room) for room in ("fuse", "assess", "report")]
        pull(whole, b"80 40 41 shelling\n", use=tools(8))
        pipeline.run(whole, tools(9), AGREEMENT.replace("Nobody uses", "No one uses"), "a.yaml", ASK)
        later = [n for n in chosen(know(whole), "all") if n > max(numbers)]
        assert {replay(again(whole), n).outcome for n in [*numbers, *later]} == {SAME}

    def test_a_run_as_of_an_earlier_entry_is_made_of_what_it_saw(self, whole):
        then = 3
        made = pipeline.fuse(whole, tools(), then)
        assert made.body["tree_size"] == then and replay(again(whole), size(whole) - 1).outcome == SAME

    def test_it_is_made_with_the_numbers_that_it_was_made_with(self, whole):
        pipeline.fuse(whole, tools(), params=FuseParams(place_sd_m=4321.0, p_statement=0.31))
        assert replay(again(whole), size(whole) - 1).outcome == SAME
        pipeline.assess(whole, tools(), params=AssessParams(zone_points=24, indicated=0.2))
        assert replay(again(whole), size(whole) - 1).outcome == SAME

    @pytest.mark.parametrize("level", ["public", "parties", "restricted"])
    def test_a_report_at_each_level_with_its_whole_request(self, store, level):
        pull(store, A, B)
        ask = ReportRequest(
            level, START, START + timedelta(days=4), "the commission", ASK.made_at, remark="a <test> of ours"
        )
        pipeline.run(store, tools(), AGREEMENT, "a.yaml", ask)
        body = body_of(store, "report")
        assert (
            body["request"]["recipient"] == "the commission" and body["request"]["since"] == "2026-01-02T00:00:00+00:00"
        )
        assert body["params"]["level"]["cell_m"] == repr(ReportParams().levels[level].cell_m)
        assert replay(again(store), entry(store, "report")).outcome == SAME

    def test_a_report_whose_time_the_clock_gave(self, store):
        pull(store, A, B)
        pipeline.run(store, tools(), AGREEMENT, "a.yaml", ReportRequest("restricted"))
        assert replay(again(store), entry(store, "report")).outcome == SAME

    def test_a_report_that_quotes(self, whole):
        text = Fetched(b"one\ntwo\n", "text.txt", "text/plain", "free")
        pipeline.attach(whole, None, "ceasefire", text, (1, 2), tools(5))
        pipeline.report(whole, tools(), ASK)
        assert replay(again(whole), size(whole) - 1).outcome == SAME

    def test_it_writes_nothing(self, whole):
        before = size(whole), list(whole.objects.ids()), dict(whole.published)
        for n in chosen(know(whole), "all"):
            replay(again(whole), n)
        assert (size(whole), list(whole.objects.ids()), dict(whole.published)) == before

    def test_other_code_is_named_and_the_outcome_stands(self, whole):
        done = replay(again(whole, "other 2"), entry(whole, "fuse"))
        assert (done.outcome, done.made_by, done.by) == (SAME, CODE, "other 2")


class TestDiffers:
    def forged(self, store, change) -> int:
        """A run as the log has it, but with other incidents."""
        body, known = body_of(store, "fuse"), know(store)
        table = change(known.table_of(store, body["outputs"]["incidents"]))
        body["outputs"]["incidents"] = store.objects.put(
            batch(table, "incidents", "fuse", salt_of_inputs(store, body["inputs"]))
        )
        return enter(store, body)

    def says(self, store, n: int) -> str:
        done = replay(again(store), n)
        assert done.outcome == DIFFERS and len(done.says.splitlines()) == 1
        return done.says

    def test_the_first_cell_that_differs_is_named(self, whole):
        n = self.forged(
            whole,
            lambda t: t.with_columns(
                kind=pl.when(pl.int_range(pl.len()) == 2).then(pl.lit("kidnapping")).otherwise("kind")
            ),
        )
        assert self.says(whole, n).startswith("incidents: row 3, column kind: the log has 'kidnapping', now it is '")

    def test_a_row_that_was_left_out(self, whole):
        assert "incidents: row 5: the log has 4 rows, now there are 5" in self.says(
            whole, self.forged(whole, lambda t: t[:-1])
        )

    def test_a_column_that_is_not_there(self, whole):
        assert self.says(whole, self.forged(whole, lambda t: t.drop("p"))).startswith(
            "incidents: column p was not there"
        )

    def test_rows_of_a_file_that_was_written_otherwise(self, whole):
        body = body_of(whole, "fuse")
        raw = batch(know(whole).table_of(whole, body["outputs"]["links"]), "links", "fuse", bytes(32))
        body["outputs"]["links"] = whole.objects.put(raw)
        assert "links: every row is the same, but the file was not written" in self.says(whole, enter(whole, body))

    def test_inputs_that_the_log_did_not_hold_then(self, whole):
        body = body_of(whole, "fuse")
        body["inputs"]["observations"] = body["inputs"]["observations"][:1]
        assert self.says(whole, enter(whole, body)).startswith("it names other batches than the first")
        body = body_of(whole, "report")
        body["inputs"]["areas"] = ["0" * 64]
        assert self.says(whole, enter(whole, body)).startswith("it names other inputs than the first")

    def test_a_table_too_many_or_too_few(self, whole):
        body = body_of(whole, "fuse")
        more = {**body, "outputs": {**body["outputs"], "ghosts": body["outputs"]["links"]}}
        assert "ghosts: the log names a table" in self.says(whole, enter(whole, more))
        fewer = {**body, "outputs": {k: v for k, v in body["outputs"].items() if k != "links"}}
        assert "links: the log names none" in self.says(whole, enter(whole, fewer))

    def test_a_capture_that_reads_otherwise(self, whole):
        class Other(Told):
            def read(self, capture, raw):
                made = Told.read(self, capture, raw)
                return Read(made.rows, observations=made.observations.with_columns(lon=pl.col("lon") + 1))

        done = replay(again(whole, feed=Other()), 1)
        assert (
            done.outcome == DIFFERS and done.says == "observations: row 1, column lon: the log has 10.0, now it is 11.0"
        )

    def test_the_first_line_of_a_report_that_was_doctored(self, whole):
        body, raw = body_of(whole, "report"), whole.published["report/restricted/report.json"]
        lines = raw.decode().splitlines(keepends=True)
        lines[6] = "MINE\n"
        doctored = "".join(lines).encode()
        body["outputs"]["report.json"] = sha256(doctored)
        n = enter(whole, body)
        assert (
            self.says(whole, n)
            == "report.json: other bytes than the log names; the file that it names is no longer in the case"
        )
        whole.publish({"report/restricted/report.json": doctored})
        assert self.says(whole, n).startswith("report.json: line 7: the log has 'MINE', now it is ")

    def test_a_table_of_a_report_that_was_doctored(self, whole):
        body, name = body_of(whole, "report"), "report/restricted/incidents.parquet"
        table = pl.read_parquet(io.BytesIO(whole.published[name]))
        doctored = io.BytesIO()
        table.with_columns(n_lineages=pl.lit(9, table.schema["n_lineages"])).write_parquet(doctored)
        whole.publish({name: doctored.getvalue()})
        body["outputs"]["incidents.parquet"] = sha256(doctored.getvalue())
        said = self.says(whole, enter(whole, body))
        assert said == "incidents.parquet: row 1, column n_lineages: the log has 9, now it is 1"

    def test_a_file_of_a_report_too_many_or_too_few(self, whole):
        body = body_of(whole, "report")
        more = {**body, "outputs": {"annex.html": "0" * 64, **body["outputs"]}}
        assert self.says(whole, enter(whole, more)) == "annex.html: no such file is made now"
        fewer = {**body, "outputs": {k: v for k, v in body["outputs"].items() if k != "findings.csv"}}
        assert self.says(whole, enter(whole, fewer)) == "findings.csv: the log names no such file"


class TestWithheld:
    @pytest.mark.parametrize("room", ["fuse", "assess", "report"])
    def test_it_says_what_is_withheld_by_whom_and_why(self, whole, room):
        one = next(iter(know(whole).captures))
        n, last = entry(whole, room), size(whole)
        withhold(whole, one, "it names a witness", by())
        done = replay(again(whole), n)
        assert done.outcome == WITHHELD and done.outputs == body_of(whole, room)["outputs"]
        assert done.says == (
            f"capture {one[:12]} is withheld by the bench since 2026-01-02 12:00 UTC (entry {last}): it names a witness"
        )

    def test_so_does_the_reading_of_it_and_the_other_one_is_the_same(self, whole):
        one = next(iter(know(whole).captures))
        withhold(whole, one, "it names a witness", by())
        assert [replay(again(whole), n).outcome for n in (1, 4)] == [WITHHELD, SAME]

    def test_a_report_that_quoted_it(self, whole):
        text = Fetched(b"one\ntwo\n", "text.txt", "text/plain", "free")
        document = pipeline.attach(whole, None, "ceasefire", text, (1, 2), tools(5))
        pipeline.report(whole, tools(), ASK)
        quoting = size(whole) - 1
        withhold(whole, document.id, "it names a witness", by())
        pipeline.report(whole, tools(), ASK)
        assert [replay(again(whole), n).outcome for n in (quoting, size(whole) - 1)] == [WITHHELD, SAME]
        assert replay(again(whole), entry(whole, "report")).outcome == SAME

    def test_what_was_made_after_it_of_the_rest_is_the_same_bytes(self, whole):
        withhold(whole, next(iter(know(whole).captures)), "it names a witness", by())
        before = size(whole)
        pipeline.run(whole, tools(), AGREEMENT, "a.yaml", ASK)
        assert [replay(again(whole), n).outcome for n in range(before, size(whole))] == [SAME] * 3


CANNOT = [
    ("fuse", lambda b: b["params"].update(warp="9"), "was made with 'warp', a number of fuse that this code does not know"),
    ("fuse", lambda b: b["params"].update(cell_m="__import__('os')"), 'says that cell_m is "__import__(\'os\')"; expected'),
    ("fuse", lambda b: b["params"].update(cell_m="'500'"), "says that cell_m is"),
    ("fuse", lambda b: b["params"].update(cell_m="(" * 5000), "says that cell_m is"),
    ("assess", lambda b: b["params"].update(zone_points="96.5"), "says that zone_points is '96.5'; expected a value such as 96"),
    ("fuse", lambda b: b.update(room="divine"), "says nothing that this code can do again"),
    ("fuse", lambda b: b.pop("params"), "says nothing that this code can do again"),
    ("fuse", lambda b: b.update(tree_size=10**6), "says that it saw 1000000 entries"),
    ("report", lambda b: b.pop("request"), "was entered before requests were kept in the log: it cannot be made again"),
    ("report", lambda b: b["request"].update(tone="grave"), "asks for 'tone', which this code does not know"),
    ("report", lambda b: b["params"].update(font="9"), "was made with 'font', a number of report"),
    ("report", lambda b: b["params"]["level"].update(delay="'x'"), "says that delay is"),
    ("report", lambda b: b["request"].update(made_at="noon"), "says nothing that this code can do again"),
]  # fmt: skip


class TestCannot:
    @pytest.mark.parametrize(("room", "change", "says"), CANNOT)
    def test_what_this_code_does_not_know_is_one_clear_line(self, whole, room, change, says):
        body = body_of(whole, room)
        change(body)
        n = enter(whole, body)
        with pytest.raises(InputError) as wrong:
            replay(again(whole), n)
        assert says in str(wrong.value) and f"entry {n}" in str(wrong.value) and len(str(wrong.value).splitlines()) == 1

    @pytest.mark.parametrize(
        ("wanted", "says"),
        [
            ("0", "0: entry 0 is of kind capture; expected an entry of kind run or observations"),
            ("999", "999: no entry"),
            ("abc", "there is no run 'abc' in this case"),
            ("zzzzzz", "there is no run 'zzzzzz' in this case"),
            ("", "there is no run ''"),
        ],
    )
    def test_what_names_no_run_is_one_clear_line(self, whole, wanted, says):
        with pytest.raises(InputError) as wrong:
            chosen(know(whole), wanted)
        assert says in str(wrong.value)

    def test_a_run_is_named_by_its_entry_or_the_start_of_its_bodys_hash(self, whole):
        known, n = know(whole), entry(whole, "assess")
        assert chosen(known, str(n)) == chosen(known, known.entries[n].body_hash[:10]) == [n]
        assert chosen(known, "all") == [n for n, e in enumerate(known.entries) if e.kind in ("observations", "run")]


class TestDoctor:
    def test_everything_is_counted(self, whole):
        assert [says for _, well, says in checked(again(whole)) if well] == [
            "2 made again, the same bytes each", "3 made again, the same bytes each"
        ]  # fmt: skip

    def test_other_code_and_what_is_withheld_are_counted_and_not_judged(self, whole):
        withhold(whole, next(iter(know(whole).captures)), "it names a witness", by())
        pipeline.fuse(whole, tools(code="other"))
        told = list(checked(again(whole)))
        assert [(well, says) for _, well, says in told] == [
            (True, "1 made again, the same bytes each; 1 are withheld"),
            (True, "0 made again, the same bytes each; 3 are withheld; 1 were made by other code"),
        ]

    def test_a_run_that_says_this_code_made_it_and_cannot_be_made_by_it_ails(self, whole):
        n = enter(whole, {**body_of(whole, "fuse"), "params": {"warp": "9"}})
        assert list(checked(again(whole)))[1][1:] == (
            False, f"entry {n} was made with 'warp', a number of fuse that this code does not know"
        )  # fmt: skip

    def test_a_reading_whose_feed_is_not_installed_is_counted(self, whole):
        told = next(checked(replace(again(whole), find=source)))
        assert told[1:] == (True, "0 made again, the same bytes each; 2 need a feed that is not installed here")

    def test_a_batch_that_was_made_up_ails_whatever_code_it_says_made_it(self):
        # Found by a reviewer: naming other code was enough to be counted, and not read again.
        class Liar(Told):
            def read(self, capture, raw):
                made = Told.read(self, capture, raw)
                return Read(made.rows, observations=made.observations.with_columns(lon=pl.col("lon") + 1))

        store = MemoryCase()
        pull(store, A, use=tools(code="other 9"), source=Liar())
        what, well, says = next(checked(again(store)))
        assert (what, well) == ("batches again", False)
        assert says.startswith("entry 1, reading of capture ")
        assert says.endswith(
            "observations: row 1, column lon: the log has 11.0, now it is 10.0"
            " (made by other code, other 9; read again by test 1: that may be the reason)"
        )

    def test_what_other_code_read_alike_is_well(self):
        store = MemoryCase()
        pull(store, A, use=tools(code="other 9"))
        assert next(checked(again(store)))[1:] == (True, "1 made again, the same bytes each")

    def test_the_same_rows_that_other_code_wrote_as_another_file_are_counted(self, monkeypatch):
        store = MemoryCase()
        with monkeypatch.context() as patch:
            plain = lambda table, *_: (table.write_parquet(out := io.BytesIO()), out.getvalue())[1]  # noqa: E731
            patch.setattr(pipeline, "batch", plain)
            pull(store, A, use=tools(code="other 9"))
            pull(store, B, use=tools(1))
        _, well, says = next(checked(again(store)))
        assert (well, "entry 4" in says, "entry 1" in says) == (False, True, False)
        store = MemoryCase()
        with monkeypatch.context() as patch:
            patch.setattr(pipeline, "batch", plain)
            pull(store, A, use=tools(code="other 9"))
        assert next(checked(again(store)))[1:] == (
            True, "0 made again, the same bytes each; 1 hold the same rows, written otherwise by other code"
        )  # fmt: skip

    def test_a_table_that_was_only_written_otherwise_hides_no_other_one(self, monkeypatch):
        class Liar(Told):
            def read(self, capture, raw):
                made = Told.read(self, capture, raw)
                return Read(made.rows, observations=made.observations, problems=made.problems[:0])

        store = MemoryCase()
        with monkeypatch.context() as patch:
            plain = lambda table, *_: (table.write_parquet(out := io.BytesIO()), out.getvalue())[1]  # noqa: E731
            patch.setattr(pipeline, "batch", plain)
            pull(store, B, use=tools(code="other 9"), source=Liar())
        _, well, says = next(checked(again(store)))
        assert not well and "problems: the log names none, now there are 1 rows" in says

    def test_a_reading_that_cannot_be_done_again_though_its_feed_is_there_ails(self, whole):
        class Blind(Told):
            def read(self, capture, raw):
                raise InputError("nothing in it can be read")

        _, well, says = next(checked(again(whole, feed=Blind())))
        assert (well, says.split("; ")[0]) == (False, "entry 1 nothing in it can be read")

    def test_a_result_that_was_made_up_ails(self, whole):
        body = body_of(whole, "fuse")
        body["outputs"]["links"] = body["outputs"]["problems"]
        n = enter(whole, body)
        told = list(checked(again(whole)))[1]
        assert told[1] is False and told[2].startswith(f"entry {n}, run of fuse: links: ")


@settings(max_examples=60)
@given(
    level=st.sampled_from(["public", "parties", "restricted"]),
    since=st.none() | st.datetimes(timezones=st.just(START.tzinfo)),
    until=st.none() | st.datetimes(timezones=st.just(START.tzinfo)),
    whom=st.none() | st.text(max_size=20),
    share=st.floats(0, 1),
)
def test_any_request_can_be_kept_and_taken_up_again(level, since, until, whom, share):
    ask = ReportRequest(level, since, until, whom, ASK.made_at, share, 0.9, None)
    body = json.loads(json.dumps(told_of(ask, "x")))
    assert asked_in(body) == (ask, ReportParams())
    canonical(told_of(replace(ask, recipient="x"), "x"))  # and holds no float


def test_the_numbers_of_each_room_are_kept_as_text_that_gives_them_back():
    for params in (FuseParams(), AssessParams()):
        for name, value in vars(params).items():
            assert number(name, repr(value), value) == value


def test_there_is_one_way_to_do_a_thing_again():
    assert not (Path(pipeline.__file__).parent / "again.py").exists()
