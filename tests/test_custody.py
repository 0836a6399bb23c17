"""The chain of custody: every hand that a capture went through is an entry, in order, and each is verified."""

from __future__ import annotations

import pytest

from test_pipeline import AGREEMENT, START, A, B, Told, log, pull, size, tools
from trucewatch import custody, pipeline
from trucewatch.archive import commit, know
from trucewatch.base.errors import CaseBroken, CaseBusy, InputError, UnknownName, VerificationError
from trucewatch.base.ids import canonical
from trucewatch.ports import Fetched, Request
from trucewatch.stores.memory import MemoryCase
from trucewatch.stores.posix import make_case
from trucewatch.testing import FakeClock, FakeTransport
from trucewatch.withhold import withhold


@pytest.fixture(params=["memory", "posix"])
def store(request, tmp_path):
    return MemoryCase() if request.param == "memory" else make_case(tmp_path / "case", "test.invalid/log")


def by(name: str | None, seed: int = 0) -> pipeline.Tools:
    use = tools(seed)
    return pipeline.Tools(use.clock, use.salt, use.code, by=name)


def acts(store) -> list[dict]:
    return [body for kind, body in log(store) if kind == "custody"]


class TestComingIn:
    def test_a_given_file_is_imported_by_whoever_says_so(self, store):
        done = pull(store, A, B, use=by("Ada, monitor"))
        assert [{**body, "salt": ""} for body in acts(store)] == [
            {
                "act": "imported", "captures": [p.capture.id for p in done], "by": "Ada, monitor", "to": None,
                "why": None, "salt": "",
            }
        ]  # fmt: skip

    def test_what_the_network_brings_is_fetched(self, store):
        way = FakeTransport({"https://told.invalid/2026-01-02": (200, A)})
        pipeline.pull(store, Told(), Request(since=START), way, by(None))
        assert [(body["act"], body["by"]) for body in acts(store)] == [("fetched", None)]

    def test_what_is_held_already_is_not_imported_again(self, store):
        pull(store, A)
        entered = size(store)
        pull(store, A, use=by("Ada", 9))
        assert size(store) == entered
        pull(store, A, B, use=by("Ada", 9))
        assert acts(store)[-1]["captures"] == [
            next(c.id for c in know(store).captures.values() if c.name == "file1.txt")
        ]

    def test_an_attached_document_is_imported_once(self, store):
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        text = Fetched(b"one\ntwo\n", "text.txt", "text/plain", "free")
        for line in (1, 2):
            pipeline.attach(store, None, "ceasefire", text, (line, line), by("Ada", 5))
        assert [(body["act"], body["by"]) for body in acts(store)] == [("imported", "Ada")]

    def test_the_act_and_the_capture_are_entered_together_or_not_at_all(self, store):
        with pytest.raises(KeyboardInterrupt):
            pull(store, A, B, source=Told(KeyboardInterrupt(), "read"))
        assert size(store) == 0


class TestChain:
    def told(self, store, wanted, as_of=None):
        return [(link.entry, link.what) for link in custody.chain(store, wanted, as_of)[1]]

    def test_every_link_in_the_logs_order_with_its_proof(self, store):
        capture = pull(store, A, use=by("Ada"))[0].capture
        pull(store, B, use=by("Ben", 1))
        custody.record(store, by("Cy"), "read", [capture.id], why="drafting")
        custody.record(store, by("Cy"), "exported", [capture.id], to="the commission")
        custody.record(store, by("Cy"), "handed", [capture.id], to="the court", why="order 7")
        withhold(store, capture.id, "it names a witness", by("the bench"))
        item, links = custody.chain(store, capture.id[:12])
        assert item == capture
        assert [(link.entry, link.what) for link in links] == [
            (0, f"captured from file0.txt by the feed told, {len(A)} bytes, by trucewatch"),
            (1, "3 rows read into observations by test 1"),
            (2, "imported by Ada"),
            (6, "read by Cy: drafting"),
            (7, "exported to the commission by Cy"),
            (8, "handed over to the court by Cy: order 7"),
            (9, "withheld by the bench: it names a witness"),
        ]
        assert all(f"entry {link.entry} is in the tree of 10" in link.verified for link in links)
        assert all(link.when.startswith("2026-01-02 12:00:") for link in links)

    def test_a_document_says_which_lines_are_the_text_of_what(self, store):
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        text = Fetched(b"one\ntwo\n", "text.txt", "text/plain", "free")
        document = pipeline.attach(store, None, "ceasefire", text, (1, 2), by(None))
        assert [what for _, what in self.told(store, document.id)] == [
            "captured from text.txt by the feed document, 8 bytes, by trucewatch",
            "imported by somebody who is not named",
            "attached: lines 1 to 2 as the text of ceasefire in test-truce",
        ]

    def test_a_later_reading_of_the_same_bytes_is_a_link(self, store):
        first = pull(store, A)[0].capture
        second = pull(store, A, use=tools(9), tag="right")[0].capture
        assert (
            f"the same bytes were read in another way, as capture {second.id[:12]}" in self.told(store, first.id)[-1][1]
        )

    def test_nothing_read_is_said_to_be_nothing(self, store):
        capture = pull(store, b"")[0].capture
        assert self.told(store, capture.id)[1][1] == "0 rows read into no table by test 1"

    def test_as_of_tells_what_was_done_until_then(self, store):
        capture = pull(store, A)[0].capture
        custody.record(store, by("Cy"), "read", [capture.id])
        assert len(self.told(store, capture.id)) == 4 and len(self.told(store, capture.id, 3)) == 3
        _, links = custody.chain(store, "0", 3)
        assert all("is in the tree of 3 " in link.verified for link in links)
        with pytest.raises(InputError, match="there is no capture"):
            custody.chain(store, capture.id, 0)

    def test_a_body_that_was_changed_does_not_verify(self):
        store = MemoryCase()
        capture = pull(store, A)[0].capture
        name = know(store).entries[2].body_hash
        store.objects._held[name] = store.objects._held[name].replace(b"imported", b"fetched!")
        with pytest.raises(VerificationError, match=r"^\(2\) line 2 commits to other bytes"):
            custody.chain(store, capture.id)


class TestRecord:
    def test_an_unknown_act_names_the_nearest(self, store):
        capture = pull(store, A)[0].capture
        with pytest.raises(UnknownName, match="did you mean 'exported'"):
            custody.record(store, by("Cy"), "exportd", [capture.id])

    def test_a_capture_of_another_case_is_refused_and_nothing_is_entered(self, store):
        capture = pull(store, A)[0].capture
        entered = size(store)
        with pytest.raises(InputError, match="capture 000000000000 is not in this case"):
            custody.record(store, by("Cy"), "read", [capture.id, "0" * 64])
        assert size(store) == entered

    def test_nothing_is_nothing(self, store):
        custody.record(store, by("Cy"), "read", [])
        assert size(store) == 0

    def test_not_while_somebody_writes(self, store):
        capture = pull(store, A)[0].capture
        with store.writing(), pytest.raises(CaseBusy):
            custody.record(store, by("Cy"), "read", [capture.id])


ACT = {"act": "read", "captures": [], "by": None, "to": None, "why": None}
MADE = {"room": "fuse", "inputs": {}, "outputs": {}, "code": "x", "tree_size": 0}
BAD = [
    *(("custody", body) for body in (
        {}, [], None, 7, "x", {**ACT, "captures": "ab"}, {**ACT, "captures": [7]}, {**ACT, "by": 7}, {**ACT, "to": []},
        {**ACT, "why": {}}, {**ACT, "act": None}, {k: v for k, v in ACT.items() if k != "to"},
    )),
    *(("capture", {"size": 1, "replaces": body}) for body in (7, [7])),
    *(("attachment", {"agreement": "a", "term": "t", "capture": "c", "lines": lines}) for lines in (
        None, [], [1], [1, "2"], [1, 2, 3], "12", [True, 2],
    )),
    ("attachment", {"agreement": "a", "lines": [1, 2]}),
    *(("observations", {"capture": "x", "rows": 1, "code": "x", "tables": body}) for body in (None, [], {"a": 7})),
    ("observations", {"capture": "x", "tables": {}}),
    *(("run", {**MADE, **more}) for more in (
        {"room": 7}, {"inputs": []}, {"outputs": {"a": None}}, {"outputs": []}, {"code": None}, {"tree_size": "1"},
        {"room": "report"}, {"room": "report", "level": 7}, {"detail": 7}, {"tree_size": True},
    )),
    ("run", {k: v for k, v in MADE.items() if k != "inputs"}),
    *(("withheld", {"capture": "c", "by": "b", "why": "w", "objects": body}) for body in (None, "x", [None])),
    ("withheld", {"capture": "c", "by": None, "why": "w", "objects": []}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), BAD)
def test_a_body_of_another_shape_is_a_broken_case_that_names_the_entry(kind, body):
    store = MemoryCase()
    capture = pull(store, A)[0].capture
    with store.writing():
        commit(store, [(kind, canonical(body))], FakeClock(), "somebody")
    with pytest.raises(CaseBroken, match=rf"^the body of entry 3 \({kind}\) cannot be understood$"):
        custody.chain(store, capture.id)


def test_a_text_that_is_no_unicode_is_a_broken_case_too():
    store = MemoryCase()
    capture = pull(store, A)[0].capture
    body = canonical({**ACT, "captures": [capture.id], "by": "x?"}).replace(b"x?", b"\\uDcff")
    with store.writing():
        commit(store, [("custody", body)], FakeClock(), "somebody")
    with pytest.raises(CaseBroken, match="entry 3"):
        custody.chain(store, capture.id)
