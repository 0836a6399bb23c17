from __future__ import annotations

import functools
import importlib
import json
from contextlib import ExitStack

import commanded
import pytest
from commanded import entries, refused, run, tree

from authority import authority, needs_openssl, serving
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.entry import Entry
from trucewatch.log.note import Signer
from trucewatch.log.timestamp import Stamped, head_of, request
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores.posix import open_case
from trucewatch.testing import no_network

pytestmark = needs_openssl
files = commanded.files
case = commanded.case
door = importlib.import_module("trucewatch.cli.log.timestamp")


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch):
    hurried = functools.partial(PoliteTransport, interval_s=0.0, sleep=lambda _: None, connect_s=2.0)
    monkeypatch.setattr(door, "PoliteTransport", hurried)


@pytest.fixture
def note(case, files):
    """The head of a case with a few entries, signed, in a file."""
    run("pull", "firms", "--case", case, "--file", "fires.csv")
    log = open_case(case).log
    head = log.head()
    path = files / "checkpoint"
    path.write_bytes(_signed(Head(log.origin, head.size, head.root)))
    return path


def _signed(head: Head) -> bytes:
    return checkpoint(head, Signer(head.origin, bytes(32))).encode()


@pytest.fixture
def two(files):
    """Two authorities that answer on the net, and the files of their roots -> [(authority, address, root's file)]."""
    with ExitStack() as stack:
        made = []
        for name in ("One", "Two"):
            one = authority(files / name, name)
            (files / f"{name}.pem").write_bytes(one.root.pem)
            made.append((one, stack.enter_context(serving(one.answer)), files / f"{name}.pem"))
        yield made


def stamped(case) -> list[Stamped]:
    store = open_case(case)
    kept = [Entry.decode(line) for line in store.log.lines()]
    return [Stamped.decode(store.objects.get(entry.body_hash)) for entry in kept if entry.kind == "timestamp"]


def stamp(case, note, *urls, ok=0):
    words = [word for url in urls for word in ("--authority", url)]
    return run("log", "timestamp", "--case", case, "--checkpoint", note, *words, ok=ok)


def test_several_authorities_are_asked_at_once_and_each_token_is_an_entry_that_verifies_offline(case, note, two):
    (_, a, root_a), (_, b, root_b) = two
    before = entries(case)
    said = stamp(case, note, a, b).stdout
    assert entries(case) == before + 2
    assert [(s.authority, s.checkpoint) for s in stamped(case)] == [(a, note.read_bytes()), (b, note.read_bytes())]
    assert len(said.splitlines()) == 2 and a in said and b in said

    with no_network():
        said = run("log", "timestamp", "--case", case, "--check", "--roots", root_a, "--roots", root_b).stdout
    root = open_case(case).log.head().root  # of the log as it is now; the stamp is of the log as it was
    assert root.hex()[:12] not in said
    assert [line.split(":")[0] for line in said.splitlines()] == [f"entry {before}, http", f"entry {before + 1}, http"]
    assert "verified, signed by CN=One authority" in said and "verified, signed by CN=Two authority" in said


def test_the_latest_signed_checkpoint_of_the_case_is_stamped_where_no_other_is_given(case, files, two):
    (_, a, root), _ = two
    assert "no signed checkpoint yet" in refused("log", "timestamp", "--case", case, "--authority", a)
    run("log", "key", "--case", case, "--out", files / "key")
    for name in ("fires.csv", "book.csv"):
        run("pull", "firms" if name == "fires.csv" else "table", "--case", case, "--file", name, ok=None)
        run("log", "checkpoint", "--case", case, "--key", files / "key")
    run("log", "timestamp", "--case", case, "--authority", a)
    latest = open_case(case).log.checkpoint()
    assert latest is not None and [s.checkpoint for s in stamped(case)] == [latest]
    assert "verified" in run("log", "timestamp", "--case", case, "--check", "--roots", root).stdout
    assert run("log", "fsck", "--case", case).exit_code == 0


def test_an_authority_is_sent_a_hash_under_a_new_nonce_and_nothing_else(case, note, two):
    (one, a, _), _ = two
    stamp(case, note, a)
    stamp(case, note, a)
    first, second = one.asked
    same = request(note.read_bytes(), 2**63)[2:56]  # version and hash: all but the length, the nonce and a yes
    assert first != second and first[2:56] == second[2:56] == same
    assert max(len(first), len(second)) <= len(same) + 2 + 11 + 3


def test_an_address_is_kept_without_its_keys(case, note, two):
    (_, a, _), _ = two
    stamp(case, note, a.replace("http://", "http://me:s3cret@") + "?key=s3cret")
    assert [s.authority for s in stamped(case)] == [a]
    assert not any(b"s3cret" in raw for raw in tree(case).values())


def test_one_that_is_given_twice_is_asked_once(case, note, two):
    (one, a, _), _ = two
    stamp(case, note, a, a)
    assert len(one.asked) == 1 == len(stamped(case))


BAD = {
    "answered 500, 3 times": lambda good, query: (500, "text/plain", b"down"),
    "answered 404; is that the address of a timestamp authority?": lambda good, query: (404, "text/plain", b""),
    "answered 302; is that the address of a timestamp authority?": lambda good, query: (302, "text/plain", b""),
    "(1) the bytes are not a timestamp reply": lambda good, query: (200, "text/html", b"<html>Log in</html>"),
    "(1) the authority did not grant it: status 2": lambda good, query: good(query[:3] + b"\x07" + query[4:]),
    "(2) the token is about other bytes": lambda good, query: good(request(b"another checkpoint", 5)),
    "(2) the token answers another request": lambda good, query: good(query[:-4] + bytes([query[-4] ^ 1]) + query[-3:]),
}


@pytest.mark.parametrize("why", BAD)
def test_one_that_fails_is_told_in_a_line_and_the_others_are_kept(case, note, two, why):
    (one, a, _), _ = two
    with serving(lambda query: BAD[why](one.answer, query)) as bad:
        said = stamp(case, note, bad, a)
    assert [s.authority for s in stamped(case)] == [a] and len(said.stdout.splitlines()) == 1
    (line,) = said.stderr.splitlines()
    assert line.startswith("trucewatch: 127.0.0.1:") and why in line


def test_where_none_answers_nothing_is_kept_and_the_status_is_2(case, note):
    before = tree(case)
    with serving(lambda query: (503, "text/plain", b"")) as bad:
        pass
    line = refused("log", "timestamp", "--case", case, "--checkpoint", note, "--authority", bad)
    assert "did not answer" in line and tree(case) == before


def test_the_result_can_be_had_as_json(case, note, two):
    (_, a, root), _ = two
    with serving(lambda query: (404, "text/plain", b"")) as bad:
        words = (
            "log",
            "timestamp",
            "--case",
            case,
            "--checkpoint",
            note,
            "--authority",
            a,
            "--authority",
            bad,
            "--json",
        )
        made = json.loads(run(*words).stdout)
    assert [row["authority"] for row in made["stamps"]] == [a]
    assert [row["authority"] for row in made["failed"]] == [bad]
    (row,) = json.loads(run("log", "timestamp", "--case", case, "--check", "--roots", root, "--json").stdout)
    assert (
        row["verified"] and row["size"] == head_of(note.read_bytes()).size and row["time"] == made["stamps"][0]["time"]
    )


class TestACheck:
    @pytest.fixture
    def held(self, case, note, two):
        """A case that holds one token, and the root that it leads to."""
        (_, a, root), (_, _, other) = two
        stamp(case, note, a)
        return case, root, other

    def test_without_roots_says_that_the_signer_is_unverified(self, held):
        said = refused("log", "timestamp", "--case", held[0], "--check", status=1)
        assert "who signed it is unverified" in said and "checkpoint of" in said

    def test_under_another_root_names_the_step(self, held):
        said = refused("log", "timestamp", "--case", held[0], "--check", "--roots", held[2], status=1)
        assert "(3) CN=One authority does not vouch for it under the roots given" in said

    def test_with_no_token_at_all_is_none(self, case, two):
        assert "no timestamp" in refused("log", "timestamp", "--case", case, "--check", "--roots", two[0][2], status=1)

    def test_tells_the_tokens_that_hold_beside_those_that_do_not(self, held, note, two):
        case, _, other = held
        stamp(case, note, two[1][1])
        said = run("log", "timestamp", "--case", case, "--check", "--roots", other, ok=1)
        assert len(said.stdout.splitlines()) == len(said.stderr.splitlines()) == 1
        assert "CN=Two authority" in said.stdout and "CN=One authority" in said.stderr
        rows = json.loads(run("log", "timestamp", "--case", case, "--check", "--roots", other, "--json", ok=1).stdout)
        assert [row["verified"] for row in rows] == [False, True]

    def test_of_a_log_that_does_not_begin_with_what_was_stamped_names_the_step(self, case, files, two):
        (_, a, root), _ = two
        origin = open_case(case).log.origin
        (files / "forged").write_bytes(_signed(Head(origin, 700, bytes(32))))
        stamp(case, files / "forged", a)
        said = refused("log", "timestamp", "--case", case, "--check", "--roots", root, status=1)
        assert "(5) the checkpoint is of 700 entries, the log has " in said

    def test_of_another_logs_checkpoint_names_that_log(self, case, files, two):
        (_, a, root), _ = two
        (files / "other").write_bytes(_signed(Head("example.org/other", 7, bytes(32))))
        stamp(case, files / "other", a)
        said = run("log", "timestamp", "--case", case, "--check", "--roots", root).stdout
        assert "checkpoint of example.org/other, 7 entries" in said

    def test_of_a_file_needs_no_case_and_no_network(self, held, note, files):
        case, root, _ = held
        (files / "reply.tsr").write_bytes(stamped(case)[0].token)
        words = ("log", "timestamp", "--check", "--token", "reply.tsr", "--roots", root, "--case", files / "nowhere")
        with no_network():
            assert "reply.tsr: 20" in run(*words, "--checkpoint", note).stdout
            (files / "other").write_bytes(_signed(Head("example.org/other", 7, bytes(32))))
            assert "reply.tsr: (2)" in refused(*words, "--checkpoint", files / "other", status=1)
            (files / "reply.tsr").write_bytes(b"<html>Log in</html>")
            assert "reply.tsr: (1) the bytes are not" in refused(*words, "--checkpoint", note, status=2)

    def test_can_be_of_the_tokens_about_one_checkpoint(self, held, note, files):
        case, root, _ = held
        (files / "other").write_bytes(_signed(Head("example.org/other", 7, bytes(32))))
        words = ("log", "timestamp", "--case", case, "--check", "--roots", root, "--checkpoint")
        assert len(run(*words, note).stdout.splitlines()) == 1
        assert "no timestamp" in refused(*words, files / "other", status=1)


@pytest.mark.parametrize(
    "words, said",
    [
        ((), "--authority: nobody is to be asked"),
        (("--authority", "not-a-url"), "no http or https address"),
        (("--authority", "ftp://tsa.invalid"), "no http or https address"),
        (("--check", "--authority", "http://tsa.invalid"), "--authority: --check asks nobody"),
        (("--roots", "fires.csv", "--authority", "http://tsa.invalid"), "--roots: is for --check only"),
        (("--token", "fires.csv", "--authority", "http://tsa.invalid"), "--token: is for --check only"),
        (("--check", "--roots", "fires.csv"), "fires.csv, --roots: there is no certificate"),
        (("--check", "--roots", "none.pem"), "none.pem: there is no such file"),
        (("--authority", "http://tsa.invalid", "--checkpoint", "fires.csv"), "fires.csv: is no checkpoint"),
        (("--authority", "http://tsa.invalid", "--checkpoint", "none"), "none: there is no such file"),
        (("--check", "--token", "none", "--checkpoint", "checkpoint"), "none: there is no such file"),
        (("--check", "--token", "fires.csv"), "--checkpoint: what is the token about?"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_status_2(case, note, words, said):
    words = (*words,) if "--checkpoint" in words or "--token" in words else (*words, "--checkpoint", note)
    assert said in refused("log", "timestamp", "--case", case, *words)


def test_an_entry_whose_body_was_changed_is_a_broken_case(case, note, two):
    (_, a, root), _ = two
    stamp(case, note, a)
    store = open_case(case)
    entry = Entry.decode(store.log.lines()[-1])
    path = store.objects.path(entry.body_hash)
    path.write_bytes(path.read_bytes() + b" ")
    assert "does not hold the bytes" in refused("log", "timestamp", "--case", case, "--check", "--roots", root)
    path.unlink()
    assert "has no body in the case" in refused("log", "timestamp", "--case", case, "--check", "--roots", root)
