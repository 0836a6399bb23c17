"""The pipeline: what goes into the log, what is remembered, what can be replayed, and what an interruption leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import polars as pl
import pytest

from trucewatch import custody, pipeline
from trucewatch.archive import batch, commit, know, named, salt_of_inputs
from trucewatch.base.errors import AgreementError, CaseBroken, CaseBusy, FetchError, InputError, UnknownName
from trucewatch.base.ids import canonical
from trucewatch.base.problem import problems
from trucewatch.fuse import FuseParams
from trucewatch.log.entry import Entry
from trucewatch.ports import Fetched, Read, Request
from trucewatch.report import ReportRequest
from trucewatch.stores.memory import MemoryCase
from trucewatch.stores.posix import make_case, open_case
from trucewatch.tables import OBSERVATIONS
from trucewatch.testing import NOON, FakeClock, FakeTransport, check_source
from trucewatch.withhold import withhold

AGREEMENT = """\
agreement: test-truce
title: Truce of a test
display_zone: UTC
source: invented
parties:
  - {id: aa, name: Aaland, also: []}
  - {id: bb, name: Beeland, also: []}
terms:
  - id: ceasefire
    article: "1"
    says: Nobody uses weapons.
    source: invented
    binds: all
    bars: {acts: [armed]}
    where: {everywhere: true, says: everywhere}
    since: "2026-01-01 00:00 UTC"
    until: "2026-01-20 00:00 UTC"
"""
START = datetime(2026, 1, 2, tzinfo=UTC)


class Told:
    """A feed of lines `hours lon lat kind`; from files, or from one address. `bad` cannot be read at all."""

    name, about, licence = "told", "a feed for tests", "free"
    default_mapping = None

    def __init__(self, breaks: BaseException | None = None, at: str = "", after: int = 1) -> None:
        self.options = {"tag": "a word"}
        self.breaks, self.at, self.left = breaks, at, after

    def _step(self, where: str) -> None:
        if self.at == where and self.breaks:
            self.left -= 1
            if self.left < 0:
                raise self.breaks

    def fetch(self, request, transport):
        for path, raw in request.files:
            self._step("fetch")
            yield Fetched(raw, path, "text/plain", self.licence, dict(request.options))
        if not request.files and request.since:
            answer = transport.get("https://told.invalid/" + request.since.date().isoformat())
            yield Fetched(answer.body, "https://told.invalid/day", "text/plain", self.licence)

    def read(self, capture, raw):
        self._step("read")
        rows, lost = [], []
        lines = raw.decode().splitlines()
        for n, line in enumerate(lines, 1):
            words = line.split()
            if len(words) != 4:
                lost.append((f"{capture.name}, row {n}", "short", "row", f"{len(words)} words", True))
                continue
            t0 = START + timedelta(hours=float(words[0]))
            rows.append(
                {"id": f"{capture.id}#{n}", "capture": capture.id, "locator": f"row {n}", "source": "told",
                 "kind": words[3], "stance": "affirms", "t0": t0, "t1": t0 + timedelta(minutes=1),
                 "lon": float(words[1]), "lat": float(words[2]), "radius_m": 300.0}
            )  # fmt: skip
        times = {"t0": pl.Datetime("us", "UTC"), "t1": pl.Datetime("us", "UTC")}
        table = OBSERVATIONS.fit(pl.DataFrame(rows, schema_overrides=times)) if rows else OBSERVATIONS.empty()
        return Read(len(lines), observations=table, problems=problems(lost))


A = b"1 10 50 shelling\n2 11 50 shelling\n3 12 50 small_arms\n"
B = b"30 20 40 shelling\n31 21 40 shelling\nbroken\n"
ASK = ReportRequest("restricted", made_at=datetime(2026, 6, 1, tzinfo=UTC))


class Salts:
    """Salts in a known order: another `seed`, other salts."""

    def __init__(self, seed: int = 0) -> None:
        self.seed, self.n = seed, 0

    def __call__(self) -> bytes:
        self.n += 1
        return sha256(f"{self.seed}/{self.n}".encode()).digest()


def tools(seed: int = 0, code: str = "test 1") -> pipeline.Tools:
    return pipeline.Tools(FakeClock(NOON, timedelta(seconds=1)), Salts(seed), code)


@pytest.fixture(params=["memory", "posix"])
def store(request, tmp_path):
    return MemoryCase() if request.param == "memory" else make_case(tmp_path / "case", "test.invalid/log")


def pull(store, *raws: bytes, use=None, source=None, **options):
    files = tuple((f"file{n}.txt", raw) for n, raw in enumerate(raws))
    return pipeline.pull(
        store, source or Told(), Request(files=files, options=options), FakeTransport({}), use or tools()
    )


def log(store) -> list[tuple[str, dict]]:
    entries = [Entry.decode(line) for line in store.log.lines()]
    bodies = [store.objects.get(entry.body_hash) for entry in entries]
    return [
        (e.kind, json.loads(b) if e.kind != "agreement" else {"text": b.decode()})
        for e, b in zip(entries, bodies, strict=True)
    ]


def size(store) -> int:
    return len(store.log.lines())


def test_the_feed_of_these_tests_keeps_a_sources_promises():
    check_source(Told(), A + B)


class TestPull:
    def test_a_capture_its_batch_and_how_we_came_by_it_are_three_entries(self, store):
        done = pull(store, B)
        (kind, capture), (kind2, batch), (kind3, custody) = log(store)
        assert (kind, kind2, kind3) == ("capture", "observations", "custody")
        assert capture["id"] == batch["capture"] == done[0].capture.id
        told = {"act": "imported", "captures": [capture["id"]], "by": None, "to": None, "why": None}
        assert {name: custody[name] for name in told} == told and set(custody) == {*told, "salt"}
        assert (capture["size"], batch["rows"], set(batch["tables"])) == (len(B), 3, {"observations", "problems"})
        assert (done[0].rows, done[0].counts["observations"], done[0].problems["lost"].sum()) == (3, 2, 1)

    def test_the_bytes_lie_beside_the_salt_that_opens_the_commitment(self, store):
        capture = pull(store, A)[0].capture
        salt, raw = store.vault.get(capture.id)
        assert raw == A and sha256(salt + raw).hexdigest() == capture.id

    def test_the_same_bytes_twice_are_kept_once(self, store):
        first, again = pull(store, A)[0], pull(store, A, use=tools(9))[0]
        assert (again.new, again.capture.id) == (False, first.capture.id)
        assert (size(store), len(list(store.vault.ids()))) == (3, 1)

    def test_the_same_bytes_with_other_options_are_another_capture(self, store):
        pull(store, A)
        assert pull(store, A, use=tools(9), tag="x")[0].new
        assert size(store) == 6

    def test_the_same_bytes_read_otherwise_take_the_place_of_the_earlier_reading(self, store):
        """A wrong zone must be mendable: nothing is taken out of the log, and nothing is counted twice."""
        first = pull(store, A)[0]
        second = pull(store, A, use=tools(9), tag="right")[0]
        assert second.replaces == (first.capture.id,)
        known = know(store)
        assert known.table(store, "observations")["capture"].unique().to_list() == [second.capture.id]
        assert set(known.captures) == {first.capture.id, second.capture.id}
        assert know(store, 3).table(store, "observations")["capture"].unique().to_list() == [first.capture.id]
        back = pull(store, A, use=tools(11))[0]
        assert back.new and back.replaces == (second.capture.id,)

    def test_one_file_given_twice_in_one_pull_is_read_once(self, store):
        assert [p.rows for p in pull(store, A, A)] == [3]

    def test_several_files_of_one_pull_go_in_together(self, store):
        assert [p.new for p in pull(store, A, B)] == [True, True]
        assert [kind for kind, _ in log(store)] == [*["capture", "observations"] * 2, "custody"]

    def test_the_network_is_only_reached_through_the_transport(self, store):
        way = FakeTransport({"https://told.invalid/2026-01-02": (200, A)})
        done = pipeline.pull(store, Told(), Request(since=START), way, tools())
        assert way.asked == ["https://told.invalid/2026-01-02"] and done[0].counts["observations"] == 3

    def test_a_feed_that_brings_nothing_says_so(self, store):
        with pytest.raises(InputError, match="told: brought nothing"):
            pull(store)
        assert size(store) == 0

    def test_who_made_an_entry_and_when_is_in_it(self, store):
        pull(store, A)
        entry = Entry.decode(store.log.lines()[0])
        assert entry.maker == "trucewatch" and entry.made_at >= NOON


class TestInterruptedPull:
    @pytest.mark.parametrize(
        "breaks", [KeyboardInterrupt(), FetchError("503"), InputError("is empty"), OSError(28, "full")]
    )
    @pytest.mark.parametrize("at", ["fetch", "read"])
    def test_nothing_is_in_the_log_and_the_case_is_whole(self, store, at, breaks):
        pull(store, A)
        before = store.log.lines()
        with pytest.raises(type(breaks)):
            pull(store, B, B + A, use=tools(5), source=Told(breaks, at))
        assert store.log.lines() == before
        assert know(store).table(store, "observations").height == 3

    def test_it_can_be_done_again(self, store):
        with pytest.raises(KeyboardInterrupt):
            pull(store, A, B, source=Told(KeyboardInterrupt(), "read"))
        assert [p.new for p in pull(store, A, B, use=tools(2))] == [True, True]
        assert size(store) == 5

    def test_the_lock_is_free_again(self, store):
        with pytest.raises(KeyboardInterrupt):
            pull(store, A, source=Told(KeyboardInterrupt(), "fetch", after=0))
        with store.writing():
            pass

    def test_a_pull_while_somebody_writes_is_refused(self, store):
        with store.writing(), pytest.raises(CaseBusy):
            pull(store, A)
        assert size(store) == 0

    def test_a_crash_between_the_bodies_and_the_entries_leaves_the_log_as_it_was(self, store, monkeypatch):
        pull(store, A)
        monkeypatch.setattr(store.log, "append", lambda lines: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pull(store, B, use=tools(3))
        monkeypatch.undo()
        assert size(store) == 3 and know(store).table(store, "observations").height == 3


class TestRemembered:
    def test_a_second_run_of_fuse_is_the_first_one(self, store):
        pull(store, A)
        first, again = pipeline.fuse(store, tools()), pipeline.fuse(store, tools())
        assert (first.new, again.new, size(store)) == (True, False, 4)
        assert again.body == first.body
        assert all(again.tables[name].equals(table) for name, table in first.tables.items())

    def test_a_second_run_of_assess_is_the_first_one(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        first = pipeline.assess(store, tools())
        held = size(store)
        assert not pipeline.assess(store, tools()).new
        assert (size(store), first.new) == (held, True)

    def test_other_code_other_params_and_other_rows_are_another_run(self, store):
        pull(store, A)
        pipeline.fuse(store, tools())
        assert pipeline.fuse(store, tools(code="test 2")).new
        assert pipeline.fuse(store, tools(), params=FuseParams(place_sd_m=123.0)).new
        pull(store, B, use=tools(1))
        assert pipeline.fuse(store, tools()).new

    def test_a_run_as_of_an_earlier_entry_is_remembered_too(self, store):
        pull(store, A)
        pull(store, B, use=tools(1))
        assert pipeline.fuse(store, tools(), as_of=3).new
        held = size(store)
        assert not pipeline.fuse(store, tools(), as_of=3).new
        assert size(store) == held

    def test_a_run_says_what_it_was_made_from_and_by(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        made = pipeline.assess(store, tools())
        fused, judged = [body for kind, body in log(store) if kind == "run"]
        batch = next(body for kind, body in log(store) if kind == "observations")
        assert fused["inputs"] == {"observations": [batch["tables"]["observations"]]}
        assert judged["inputs"]["incidents"] == fused["outputs"]["incidents"]
        assert judged["inputs"]["agreement"] == sha256(AGREEMENT.encode()).hexdigest()
        assert (fused["room"], judged["room"], fused["code"]) == ("fuse", "assess", "test 1")
        assert (fused["tree_size"], judged["tree_size"]) == (4, 4)  # one state of the log for both
        assert set(fused["params"]) >= {"place_sd_m"} and set(made.tables) == {
            "terms",
            "findings",
            "left_out",
            "owed",
            "ground",
        }
        for body in (fused, judged):
            for sha in body["outputs"].values():
                assert sha256(store.objects.get(sha)).hexdigest() == sha

    def test_a_result_that_is_gone_is_said_in_one_line(self, tmp_path):
        store = make_case(tmp_path / "case", "test.invalid/log")
        pull(store, A)
        made = pipeline.fuse(store, tools())
        store.objects.path(made.body["outputs"]["incidents"]).unlink()
        with pytest.raises(CaseBroken, match=r"the table [0-9a-f]{12} .* is gone"):
            pipeline.fuse(store, tools())

    def test_a_batch_that_is_gone_is_said_in_one_line(self, tmp_path):
        store = make_case(tmp_path / "case", "test.invalid/log")
        pull(store, A)
        store.objects.path(log(store)[1][1]["tables"]["observations"]).unlink()
        with pytest.raises(CaseBroken, match="is gone"):
            pipeline.fuse(store, tools())

    def test_captured_bytes_that_are_gone_are_said_in_one_line(self, tmp_path):
        store = make_case(tmp_path / "case", "test.invalid/log")
        store.vault.path(pull(store, A)[0].capture.id).unlink()
        with pytest.raises(CaseBroken, match=r"bytes of capture .* are gone"):
            pull(store, A, use=tools(4))


class TestAsOf:
    def whole(self, store, as_of=None) -> dict[str, bytes]:
        return pipeline.report(store, tools(), ASK, as_of=as_of)

    def test_what_was_known_then_is_byte_for_byte_what_it_was(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        then = size(store)
        fused, judged, files = pipeline.fuse(store, tools()), pipeline.assess(store, tools()), self.whole(store, then)
        pull(store, B, use=tools(1))
        assert pipeline.fuse(store, tools()).body["outputs"] != fused.body["outputs"]
        assert pipeline.fuse(store, tools(), then).body["outputs"] == fused.body["outputs"]
        assert pipeline.assess(store, tools(), as_of=then).body["outputs"] == judged.body["outputs"]
        assert self.whole(store, then) == files
        assert self.whole(store)["report.json"] != files["report.json"]

    def test_it_holds_where_nothing_was_remembered_either(self, store):
        """Thought afresh: the replay does not lean on the first run's result."""
        pull(store, A)
        then = size(store)
        alone = pipeline.fuse(store, tools()).tables
        pull(store, B, use=tools(1))
        fresh = pipeline.fuse(store, tools(code="test 2"), then)
        assert fresh.new and all(fresh.tables[name].equals(table) for name, table in alone.items())

    def test_nothing_was_known_at_the_start(self, store):
        pull(store, A)
        assert pipeline.fuse(store, tools(), 0).tables["incidents"].height == 0

    @pytest.mark.parametrize("as_of", [-1, 4, 10**9])
    def test_a_length_that_the_log_has_not_is_refused(self, store, as_of):
        pull(store, A)
        with pytest.raises(
            InputError, match=f"--as-of: there are no first {as_of} entries; expected a number from 0 to 3"
        ):
            pipeline.fuse(store, tools(), as_of)

    def test_an_agreement_entered_later_was_not_known(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        with pytest.raises(InputError, match="no agreement was entered among the first 3 entries"):
            pipeline.assess(store, tools(), as_of=3)


def everything(store, seed: int) -> list[dict]:
    use = tools(seed)
    pull(store, A, B, use=use)
    pipeline.run(store, use, AGREEMENT, "a.yaml", ASK)
    return [body for _, body in log(store)]


class TestReplay:
    def test_the_same_inputs_and_salts_give_the_same_log_and_the_same_objects(self, tmp_path):
        one, two = make_case(tmp_path / "a", "x.invalid/log"), MemoryCase()
        assert everything(one, 1) == everything(two, 1)
        assert one.log.lines() == two.log.lines()
        assert list(one.objects.ids()) == list(two.objects.ids())
        assert list(one.vault.ids()) == list(two.vault.ids())
        assert {name: (one.folder / name).read_bytes() for name in two.published} == two.published

    def test_other_salts_give_other_names_for_the_very_same_rows(self):
        """Otherwise a name in the log would let anyone confirm a guess at what was captured."""
        one, two = MemoryCase(), MemoryCase()
        first, second = everything(one, 1), everything(two, 2)

        def names(bodies) -> set[str]:
            batches = [sha for body in bodies for sha in body.get("tables", {}).values()]
            captures = [body["id"] for body in bodies if "id" in body]
            results = [
                sha for body in bodies if body.get("room") in ("fuse", "assess") for sha in body["outputs"].values()
            ]
            return {*batches, *captures, *results}

        assert names(first).isdisjoint(names(second))
        rows = [know(case).table(case, "observations").drop("id", "capture") for case in (one, two)]
        assert rows[0].equals(rows[1])


class TestAgreements:
    def test_the_same_file_twice_is_one_entry(self, store):
        for _ in range(2):
            pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        assert size(store) == 1

    def test_the_next_edition_counts_and_the_earlier_one_stays(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        first = pipeline.assess(store, tools())
        edition = AGREEMENT.replace("acts: [armed]", "acts: [small_arms]")
        pipeline.agree(store, edition, "a.yaml", tools())
        second = pipeline.assess(store, tools())
        assert (first.tables["findings"].height, second.tables["findings"].height) == (3, 1)
        assert [body["text"] for kind, body in log(store) if kind == "agreement"] == [AGREEMENT, edition]
        assert pipeline.assess(store, tools(), as_of=4).tables["findings"].height == 3

    def test_going_back_to_an_earlier_edition_is_an_edition(self, store):
        edition = AGREEMENT.replace("Nobody uses", "No one uses")
        for text in (AGREEMENT, edition, AGREEMENT):
            pipeline.agree(store, text, "a.yaml", tools())
        assert size(store) == 3

    def test_a_bad_file_is_not_entered(self, store):
        for bad in ("", "a: [", AGREEMENT.replace('article: "1"', ""), AGREEMENT.replace("since: ", "since: never # ")):
            with pytest.raises(AgreementError):
                pipeline.agree(store, bad, "a.yaml", tools())
        assert size(store) == 0

    def test_of_several_one_has_to_be_named(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        pipeline.agree(store, AGREEMENT.replace("test-truce", "other-truce"), "b.yaml", tools())
        with pytest.raises(
            InputError, match="--agreement: the case has several agreements; expected one of other-truce, test-truce"
        ):
            pipeline.assess(store, tools())
        with pytest.raises(UnknownName, match="did you mean 'test-truce'"):
            pipeline.assess(store, tools(), "test-truc")
        assert pipeline.assess(store, tools(), "other-truce").tables["findings"]["agreement"].unique().to_list() == [
            "other-truce"
        ]

    def test_bytes_that_are_not_utf_8_are_one_clear_line(self):
        with pytest.raises(InputError, match=r"a\.yaml: is not text in UTF-8"):
            pipeline.text_of(b"\xff\xfe", "a.yaml")


DOCUMENT = "Preamble\nArticle 1.\nNobody shall <use> weapons.\nThe end — ende.\n".encode()


class TestAttach:
    def attach(self, store, raw=DOCUMENT, span=(2, 3), term="ceasefire", agreement=None):
        return pipeline.attach(store, agreement, term, Fetched(raw, "text.txt", "text/plain", "free"), span, tools(7))

    @pytest.fixture
    def ready(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        return store

    def test_the_report_quotes_the_lines(self, ready):
        capture = self.attach(ready)
        files = pipeline.report(ready, tools(), ASK)
        quote = json.loads(files["report.json"])["articles"][0]["quote"]
        assert quote == {"term": "ceasefire", "quote": "Article 1.\nNobody shall <use> weapons.", "capture": capture.id}
        assert "Nobody shall &lt;use&gt; weapons." in files["report.html"].decode()

    def test_without_it_nothing_is_quoted(self, ready):
        assert json.loads(pipeline.report(ready, tools(), ASK)["report.json"])["articles"][0]["quote"] is None

    def test_the_last_one_counts_and_as_of_before_it_none(self, ready):
        self.attach(ready)
        then = size(ready)
        self.attach(ready, span=(4, 4))
        told = [json.loads(pipeline.report(ready, tools(), ASK, as_of=n)["report.json"]) for n in (4, then, None)]
        quotes = [t["articles"][0]["quote"] and t["articles"][0]["quote"]["quote"] for t in told]
        assert quotes == [None, "Article 1.\nNobody shall <use> weapons.", "The end — ende."]

    def test_the_document_is_kept_once(self, ready):
        assert self.attach(ready).id == self.attach(ready, span=(1, 1)).id
        assert [kind for kind, _ in log(ready)][4:] == ["capture", "custody", "attachment", "attachment"]

    @pytest.mark.parametrize("span", [(0, 1), (3, 2), (1, 5), (5, 5), (-1, 2)])
    def test_lines_that_are_not_there_are_refused(self, ready, span):
        held = size(ready)
        with pytest.raises(
            InputError, match=f"text.txt: there are no lines {span[0]} to {span[1]}; expected lines between 1 and 4"
        ):
            self.attach(ready, span=span)
        assert size(ready) == held

    def test_an_empty_document_has_no_lines(self, ready):
        with pytest.raises(InputError, match="expected a file that is not empty"):
            self.attach(ready, raw=b"", span=(1, 1))

    def test_what_is_not_utf_8_is_refused(self, ready):
        with pytest.raises(InputError, match=r"text\.txt: is not text; expected a plain text file in UTF-8"):
            self.attach(ready, raw=b"\xff\xfe\x00")

    def test_an_unknown_term_names_those_there_are(self, ready):
        with pytest.raises(InputError, match="has no term 'ceasfire'; expected ceasefire"):
            self.attach(ready, term="ceasfire")


class TestReport:
    def test_four_files_are_published_and_entered_with_their_hashes(self, store):
        pull(store, A)
        files = pipeline.run(
            store,
            tools(),
            AGREEMENT,
            "a.yaml",
            ReportRequest("parties", recipient="the commission", made_at=ASK.made_at),
        )
        assert list(files) == ["report.html", "report.json", "incidents.parquet", "findings.csv"]
        kind, body = log(store)[-1]
        assert (kind, body["room"], body["level"]) == ("run", "report", "parties")
        assert know(store).runs[-1]["for"] == "the commission"
        assert body["outputs"] == {name: sha256(raw).hexdigest() for name, raw in files.items()}
        if isinstance(store, MemoryCase):
            assert store.published == {f"report/parties/{name}": raw for name, raw in files.items()}
        else:
            assert {name: (store.folder / "report" / "parties" / name).read_bytes() for name in files} == files
            assert know(open_case(store.folder)).size == size(store)

    def test_the_clock_is_asked_where_no_time_is_given(self, store):
        pull(store, A)
        files = pipeline.run(store, tools(), AGREEMENT, "a.yaml", ReportRequest("restricted"))
        assert json.loads(files["report.json"])["head"]["made"].startswith("2026-01-02 12:00:")

    def test_every_csv_row_says_the_level(self, store):
        pull(store, A)
        raw = pipeline.run(store, tools(), AGREEMENT, "a.yaml", ASK)["findings.csv"]
        assert set(pl.read_csv(raw)["level"]) == {"restricted"}

    def test_a_case_of_nothing_with_an_agreement_that_has_dates(self, store):
        files = pipeline.run(store, tools(), AGREEMENT, "a.yaml", ASK)
        assert json.loads(files["report.json"])["summary"][0]["now"] == 0

    def test_a_report_that_cannot_be_made_publishes_nothing(self, store):
        text = AGREEMENT.replace('until: "2026-01-20 00:00 UTC"', "until: open")
        with pytest.raises(InputError, match="there is nothing to report on"):
            pipeline.run(store, tools(), text, "a.yaml", ASK)
        assert not getattr(store, "published", None)


class TestEditions:
    """The file that a user has is the file that is judged, whatever editor wrote it."""

    @pytest.mark.parametrize(
        "form",
        [
            lambda text: "\ufeff" + text,
            lambda text: text.replace("agreement: test-truce", '"agreement": test-truce'),
            lambda text: text.replace("agreement: test-truce", "agreement : test-truce"),
            lambda text: text.replace("agreement: test-truce", "agreement: >-\n  test-truce"),
            lambda text: text.replace("agreement: test-truce", 'agreement: "test-truce"  # the second'),
        ],
    )
    def test_any_yaml_that_is_agreed_to_can_be_read_again(self, store, form):
        raw = form(AGREEMENT).encode()
        agreed = pipeline.agree(store, pipeline.text_of(raw, "a.yaml"), "a.yaml", tools())
        assert list(know(store).agreements) == [agreed.id] == ["test-truce"]

    def test_an_earlier_state_is_judged_by_the_edition_that_it_held(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        later, before = AGREEMENT.replace("Nobody uses weapons.", "Nobody fires."), size(store)
        assert pipeline.run(store, tools(), AGREEMENT, "a.yaml", ASK, as_of=before)
        grown = size(store)
        with pytest.raises(InputError, match="is not the edition of test-truce that the first 4 entries hold"):
            pipeline.run(store, tools(), later, "b.yaml", ASK, as_of=before)
        assert size(store) == grown

    def test_a_report_is_entered_before_it_lies_there(self, store, monkeypatch):
        """Whatever breaks while files are written, none lies there that the log does not know."""
        pull(store, A)
        seen = []
        monkeypatch.setattr(store, "publish", lambda files: seen.append(log(store)[-1][1]["room"]))
        pipeline.run(store, tools(), AGREEMENT, "a.yaml", ASK)
        assert seen == ["report"]


def test_only_public_reports_can_be_read_by_others(tmp_path):
    case = make_case(tmp_path / "case", "test.invalid/log")
    pull(case, A)
    pipeline.run(case, tools(), AGREEMENT, "a.yaml", ReportRequest("restricted", made_at=ASK.made_at))
    pipeline.run(case, tools(), AGREEMENT, "a.yaml", ReportRequest("public", made_at=ASK.made_at))
    open_to = {
        path.relative_to(case.folder).as_posix()
        for path in case.folder.rglob("*")
        if path.is_file() and path.stat().st_mode & 0o077
    }
    assert open_to <= {
        f"report/{name}" for name in ("report.html", "report.json", "incidents.parquet", "findings.csv")
    } | {"lock"}


class TestSecrets:
    """What goes out of a case, or may, lets nobody confirm a guess at what stays in it."""

    def whole(self, store):
        pull(store, A, B)
        ask = ReportRequest("public", recipient="Ana M.", made_at=ASK.made_at, remark="for the hearing")
        pipeline.run(store, tools(3), AGREEMENT, "a.yaml", ask)
        return [body for kind, body in log(store) if kind == "run"]

    def test_the_salt_of_a_result_cannot_be_made_from_what_its_entry_says(self, store):
        # Found by a reviewer: it was a hash of the run's inputs, which stand in the bodies of runs.
        for body in self.whole(store)[:2]:
            open_to_all = sha256(b"trucewatch/run\x00" + canonical(body["inputs"])).digest()
            for name, sha in body["outputs"].items():
                table = know(store).table_of(store, sha)
                assert sha256(batch(table, name, body["room"], open_to_all)).hexdigest() != sha
                ours = batch(table, name, body["room"], salt_of_inputs(store, body["inputs"]))
                assert sha256(ours).hexdigest() == sha

    def test_it_hangs_on_the_secret_salt_of_every_table_in_the_inputs(self):
        names, salts = {"observations": ["1" * 64, "2" * 64], "agreement": "3" * 64}, set()
        for ours in (b"ab", b"ac", b"bb", b"ba"):
            store = MemoryCase()
            tables = [batch(OBSERVATIONS.empty(), "observations", "x", bytes([n]) * 32) for n in ours]
            store.objects._held.update(zip(names["observations"], tables, strict=True))
            store.objects._held["3" * 64] = AGREEMENT.encode()
            salts.add(salt_of_inputs(store, names))
        assert len(salts) == 4

    def test_an_input_that_is_gone_is_a_broken_case_in_one_line(self):
        with pytest.raises(CaseBroken, match="the table 111111111111 that the log speaks of is gone"):
            salt_of_inputs(MemoryCase(), {"observations": ["1" * 64]})

    def test_the_body_of_a_reports_run_says_no_more_than_its_files_do(self, store):
        body = self.whole(store)[-1]
        assert set(body) == {"room", "level", "code", "outputs", "tree_size", "detail"}
        raw = canonical(body)
        assert b"Ana" not in raw and b"hearing" not in raw
        detail = json.loads(store.objects.get(body["detail"]))
        assert set(detail) == {"agreement", "inputs", "params", "request", "for", "salt"}
        known = know(store).runs[-1]
        assert (known["for"], known["request"]["remark"]) == ("Ana M.", "for the hearing")
        assert known["inputs"] == detail["inputs"] and len(bytes.fromhex(detail["salt"])) == 32

    @pytest.mark.parametrize(
        ("detail", "says"),
        [
            (None, r"^the detail of entry {n} \(run\) is gone from the case$"),
            (b"[]", r"^the body of entry {n} \(run\) cannot be understood$"),
            (b"PAR1", r"^the body of entry {n} \(run\) cannot be understood$"),
            (b'{"inputs":"x"}', r"^the body of entry {n} \(run\) cannot be understood$"),
        ],
    )
    def test_a_detail_that_is_gone_or_is_none_is_a_broken_case(self, store, detail, says):
        body = {**self.whole(store)[-1], "detail": "0" * 64 if detail is None else store.objects.put(detail)}
        with store.writing():
            commit(store, [("run", canonical(body))], FakeClock(), "x")
        with pytest.raises(CaseBroken, match=says.format(n=size(store) - 1)):
            know(store)

    def test_every_object_is_one_that_an_entry_names_or_its_body(self, store):
        self.whole(store)
        known = know(store)
        assert named(known) | {entry.body_hash for entry in known.entries} == set(store.objects.ids())

    def test_bodies_that_could_be_guessed_carry_a_salt_of_their_own(self, store):
        self.whole(store)
        text = Fetched(b"one\ntwo\n", "text.txt", "text/plain", "free")
        document = pipeline.attach(store, None, "ceasefire", text, (1, 2), tools(5))
        custody.record(store, tools(6), "handed", [document.id], "Side B liaison", "hearing")
        use = tools(7)
        withhold(store, document.id, "why", pipeline.Tools(use.clock, use.salt, use.code, by="the bench"))
        told = [(kind, body) for kind, body in log(store) if kind in ("capture", "custody", "attachment", "withheld")]
        assert {kind for kind, _ in told} == {"capture", "custody", "attachment", "withheld"}
        salts = [bytes.fromhex(body["salt"]) for _, body in told]
        assert {len(salt) for salt in salts} == {32} and len(set(salts)) == len(salts)
        assert not {store.vault.get(capture)[0] for capture in store.vault.ids()} & set(salts)


class TestFirstStands:
    """What was entered of a capture is not rewritten by a later entry."""

    def again(self, store, n: int, **changed) -> int:
        entry = know(store).entries[n]
        body = {**json.loads(store.objects.get(entry.body_hash)), **changed}
        with store.writing():
            commit(store, [(entry.kind, canonical(body))], FakeClock(), "somebody")
        return size(store) - 1

    def test_a_capture_that_is_entered_twice_is_a_broken_case_that_names_both_entries(self, store):
        capture = pull(store, A)[0].capture
        n = self.again(store, 0, fetched_at="2019-01-01T00:00:00+00:00", url="https://court.example/official.txt")
        with pytest.raises(CaseBroken, match=f"^entry {n} enters capture {capture.id[:12]} again; entry 0 stands$"):
            know(store)
        assert know(store, n).captures[capture.id] == capture

    def test_a_second_reading_of_a_capture_is_a_broken_case_that_names_both_entries(self, store):
        capture = pull(store, A)[0].capture
        tables = {"observations": store.objects.put(batch(OBSERVATIONS.empty(), "observations", capture.id, bytes(32)))}
        n = self.again(store, 1, tables=tables, code="other code")
        with pytest.raises(CaseBroken, match=f"^entry {n} reads capture {capture.id[:12]} again; entry 1 stands$"):
            know(store)

    def test_a_reading_of_a_capture_that_no_entry_enters_is_a_broken_case(self, store):
        pull(store, A)
        n = self.again(store, 1, capture="0" * 64)
        with pytest.raises(CaseBroken, match=f"^entry {n} reads capture 000000000000, which no entry before it enters"):
            know(store)
