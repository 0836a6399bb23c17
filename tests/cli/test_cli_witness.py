"""The witness as a program: made, shown, asked by hand and over HTTP, by our own client."""

from __future__ import annotations

import http.client
import importlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commanded import refused, run

from trucewatch.base.errors import FetchError, InputError, TrucewatchError, VerificationError
from trucewatch.base.ids import sha256
from trucewatch.cosigning import ask, last_cosigned, request
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.note import Note, Signer, VKey
from trucewatch.log.policy import Policy
from trucewatch.log.split import verify_split
from trucewatch.ports import Response
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores.witness import make_witness, open_witness
from trucewatch.testing import FakeClock

served = importlib.import_module("trucewatch.cli.witness.serve")  # the package has a command of that name

ORIGIN = "test.invalid/log"
LOG = Signer(ORIGIN, bytes(range(32)))
LEAVES = {
    name: [merkle.leaf(b"%d" % n if n < 3 else b"%s %d" % (name.encode(), n)) for n in range(40)] for name in "AB"
}
TREES = {name: merkle.in_memory(leaves) for name, leaves in LEAVES.items()}


def note_of(size: int, history: str = "A") -> bytes:
    return checkpoint(Head(ORIGIN, size, merkle.hash_of(TREES[history], 0, size)), LOG).encode()


def body_of(old: int, size: int, history: str = "A") -> bytes:
    return request(note_of(size, history), old, TREES[history]).encode()


@pytest.fixture
def folder(tmp_path) -> Path:
    run("witness", "init", tmp_path / "w", "--name", "test.invalid/w")
    run("witness", "trust", tmp_path / "w", LOG.vkey.encode())
    return tmp_path / "w"


def asking(tmp_path: Path, body: bytes) -> Path:
    path = tmp_path / "request"
    path.write_bytes(body)
    return path


# By hand


def test_init_prints_the_line_for_a_policy_and_again_the_same(tmp_path):
    line = run("witness", "init", tmp_path / "w", "--name", "test.invalid/w").stdout
    word, name, key = line.split()
    assert (word, name) == ("witness", "test.invalid/w") and VKey.decode(key).kind == 0x04
    assert run("witness", "init", tmp_path / "w", "--name", "test.invalid/w").stdout == line
    assert "other keys" in refused("witness", "init", tmp_path / "w", "--name", "test.invalid/x")


def test_two_keys_are_one_voice_in_the_lines_for_a_policy(tmp_path):
    lines = run("witness", "init", tmp_path / "w", "--name", "test.invalid/w", "--ml-dsa").stdout
    policy = Policy.decode(f"log {LOG.vkey.encode()}\n{lines}quorum test.invalid/w.any\n".encode())
    assert [key.kind for key in policy.witnesses.values()] == [0x04, 0x06]
    run("witness", "trust", tmp_path / "w", LOG.vkey.encode())
    cosigned = run("witness", "cosign", tmp_path / "w", asking(tmp_path, body_of(0, 5))).stdout
    assert len(policy.open(note_of(5) + cosigned.encode()).witnesses) == 2


def test_a_policy_names_the_logs_to_trust_and_twice_is_once(tmp_path, folder):
    other = Signer("test.invalid/other", bytes(32)).vkey
    (tmp_path / "policy").write_text(f"log {LOG.vkey.encode()}\nlog {other.encode()}\nquorum none\n")
    said = run("witness", "trust", folder, tmp_path / "policy").stdout.splitlines()
    assert ["already" in line for line in said] == [True, False]
    assert set(open_witness(folder).logs()) == {ORIGIN, other.name}


def test_a_request_carried_by_hand_is_cosigned_and_the_policy_is_met(tmp_path, folder):
    shown = run("witness", "show", folder).stdout
    policy = Policy.decode(f"log {LOG.vkey.encode()}\n{shown.splitlines()[0]}\nquorum test.invalid/w\n".encode())
    out = tmp_path / "cosignature"
    assert run("witness", "cosign", folder, asking(tmp_path, body_of(0, 5)), "--out", out).stdout == ""
    assert policy.open(note_of(5) + out.read_bytes()).head.size == 5
    assert "is there already" in refused("witness", "cosign", folder, asking(tmp_path, body_of(5, 7)), "--out", out)
    assert json.loads(run("witness", "show", folder, "--json").stdout)["logs"][0]["size"] == 5


def test_a_request_comes_from_standard_input_too(folder):
    ran = subprocess.run(
        [sys.executable, "-m", "trucewatch", "witness", "cosign", folder, "-"], input=body_of(0, 5), capture_output=True
    )
    assert ran.returncode == 0 and ran.stdout.startswith("— test.invalid/w ".encode())


def test_a_refusal_is_one_line_and_status_1_and_says_from_which_size_to_ask(tmp_path, folder):
    run("witness", "cosign", folder, asking(tmp_path, body_of(0, 5)))
    said = refused("witness", "cosign", folder, asking(tmp_path, body_of(3, 7)), status=1)
    assert "cosigned 5 entries" in said and "--request-for 5" in said
    stranger = Signer("test.invalid/stranger", bytes(32))
    note = checkpoint(Head(stranger.name, 0, merkle.empty()), stranger).encode()
    assert "not known here" in refused("witness", "cosign", folder, asking(tmp_path, b"old 0\n\n" + note), status=1)


def test_a_second_history_is_refused_shown_and_proved_to_anyone(tmp_path, folder):
    run("witness", "cosign", folder, asking(tmp_path, body_of(0, 5)))
    ran = run("witness", "cosign", folder, asking(tmp_path, body_of(5, 5, "B")), ok=1)
    assert ran.stdout == "" and "two different roots" in ran.stderr and "Traceback" not in ran.stderr
    assert "SHOWN TWO HISTORIES" in run("witness", "show", folder, ok=1).stdout
    proof = json.loads(run("witness", "show", folder, "--json", ok=1).stdout)["logs"][0]["split"]
    assert verify_split(proof.encode(), [LOG.vkey])[0].size == 5


@pytest.mark.parametrize("body", [b"", b"old 3\n", b"\xff\xff", b"old x\n\n" + note_of(5), b"old 5\n\nhello\n\n\n"])
def test_what_is_no_request_is_status_2(tmp_path, folder, body):
    refused("witness", "cosign", folder, asking(tmp_path, body))


def test_what_cannot_be_is_one_line_and_status_2(tmp_path, folder):
    refused("witness", "cosign", folder, tmp_path / "none")
    refused("witness", "cosign", tmp_path / "none", asking(tmp_path, body_of(0, 5)))
    refused("witness", "trust", folder, "nonsense")
    refused("witness", "trust", folder, open_witness(folder).vkeys[0].encode())
    refused("witness", "show", tmp_path)
    refused("witness", "init", tmp_path, "--name", "test.invalid/x")
    refused("witness", "init", tmp_path / "x", "--name", "two words")
    refused("witness", "serve", tmp_path / "none")


def test_a_state_that_is_gone_is_shown_and_refused(tmp_path, folder):
    run("witness", "cosign", folder, asking(tmp_path, body_of(0, 5)))
    (folder / "state" / sha256(ORIGIN.encode())).unlink()
    assert "REFUSED" in run("witness", "show", folder, ok=1).stdout
    assert "is gone" in refused("witness", "cosign", folder, asking(tmp_path, body_of(0, 7)))


# Over HTTP


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The server in this process -> its address."""
    with served.Server(("127.0.0.1", 0), open_witness(folder), FakeClock()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def url(folder) -> Iterator[str]:
    with serving(folder) as at:
        yield at


def raw_of(url: str, sent: bytes) -> bytes:
    """Bytes on the wire -> all that comes back."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


def connection(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)


def test_one_connection_serves_many_requests_with_the_statuses_and_types_of_the_specification(url):
    name, line = sha256(ORIGIN.encode()), connection(url)
    wanted = [
        ("GET", f"/{name}/checkpoint", None, 404, "text/plain"),
        ("POST", "/add-checkpoint", body_of(0, 5), 200, "text/plain"),
        ("POST", "/some/prefix/add-checkpoint", body_of(5, 7), 200, "text/plain"),
        ("POST", "/add-checkpoint", body_of(5, 7), 409, "text/x.tlog.size"),
        ("POST", "/add-checkpoint", body_of(7, 7, "B"), 422, "text/plain"),
        ("POST", "/add-checkpoint", b"hello", 400, "text/plain"),
        ("POST", "/add-checkpoint", b"", 400, "text/plain"),
        ("POST", "/sign-subtree", b"subtree 0 1\n", 404, "text/plain"),
        ("GET", f"/{name}/checkpoint", None, 200, "text/plain"),
        ("GET", f"/prefix/{name}/checkpoint", None, 200, "text/plain"),
        ("HEAD", f"/{name}/checkpoint", None, 200, "text/plain"),
        ("GET", f"/{name.upper()}/checkpoint", None, 404, "text/plain"),
        ("GET", "/../../etc/passwd", None, 404, "text/plain"),
        ("GET", "/add-checkpoint", None, 405, "text/plain"),
        ("GET", "/", None, 404, "text/plain"),
    ]
    socket_used = None
    for method, path, body, status, kind in wanted:
        line.request(method, path, body)
        answer = line.getresponse()
        said = answer.read()
        assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (status, kind), (path, said)
        socket_used = socket_used or line.sock
        assert line.sock is socket_used, "the connection was not kept"
    assert said == b"no such address here\n"


def test_a_monitor_is_given_the_checkpoint_with_the_logs_line_and_the_witnesss(url, folder):
    cosigned = ask(PoliteTransport(interval_s=0).post, url, note_of(5), open_witness(folder).vkeys, TREES["A"])
    line = connection(url)
    line.request("GET", f"/{sha256(ORIGIN.encode())}/checkpoint")
    assert line.getresponse().read() == cosigned


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"DELETE /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"POST /add-checkpoint HTTP/x\r\n\r\n", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n", 431),
        (b"POST /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_what_is_no_request_over_http_is_told_plainly_and_the_connection_is_closed(url, sent, status, capfd):
    said = raw_of(url, sent)
    # Who names no version that there is gets the body alone, as HTTP/0.9 had it.
    assert b" %d " % status in said.split(b"\n")[0] or (status, said[:11]) == (400, b"Bad request")
    assert b"<html" not in said.lower() and b"Python" not in said
    assert capfd.readouterr().err == ""


def test_a_body_that_breaks_off_and_a_peer_that_goes_away_harm_nobody(url, capfd):
    assert raw_of(url, b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nold 0") == b""
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1]))):
        pass
    line = connection(url)
    line.request("POST", "/add-checkpoint", body_of(0, 5))
    assert line.getresponse().status == 200
    assert "Traceback" not in capfd.readouterr().err


def test_bytes_after_a_get_are_no_second_request(url):
    smuggled = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    said = raw_of(url, b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(smuggled) + smuggled)
    assert said.count(b"HTTP/1.1 ") == 1


def test_a_witness_whose_state_is_broken_says_so_to_its_owner_and_no_more_than_that_to_others(url, folder, capsys):
    (folder / "state" / sha256(ORIGIN.encode())).write_bytes(b"x")
    line = connection(url)
    line.request("POST", "/add-checkpoint", body_of(0, 5))
    answer = line.getresponse()
    said = answer.read().decode()
    assert answer.status == 500 and str(folder) not in said and len(said.splitlines()) == 1
    assert "is not what was cosigned" in capsys.readouterr().err


def test_a_fault_of_ours_is_500_and_the_next_is_served(url, monkeypatch):
    line = connection(url)
    with monkeypatch.context() as patch:
        patch.setattr(served.PosixWitness, "answer", lambda *_: 1 / 0)
        line.request("POST", "/add-checkpoint", body_of(0, 5))
        answer = line.getresponse()
        assert answer.status == 500 and b"division" not in answer.read()
    line.request("POST", "/add-checkpoint", body_of(0, 5))
    assert line.getresponse().status == 200


def test_a_crowd_that_asks_for_two_histories_over_http_gets_one(url, folder):
    got: list[tuple[int, bytes]] = []

    def one(history: str, sizes: range) -> None:
        for size in sizes:
            try:
                ask(PoliteTransport(interval_s=0, tries=1).post, url, note_of(size, history), keys, TREES[history])
                got.append((size, merkle.root(LEAVES[history][:size])))
            except TrucewatchError:
                pass

    keys = open_witness(folder).vkeys
    threads = [threading.Thread(target=one, args=("AB"[n % 2], range(n, 40, 3))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) > 5
    assert any(all(merkle.root(leaves[:size]) == root for size, root in got) for leaves in LEAVES.values())


def test_as_a_program_it_prints_its_address_answers_and_stops_when_it_is_told_to(folder):
    for number in (signal.SIGTERM, signal.SIGINT):
        ran = subprocess.Popen(
            [sys.executable, "-m", "trucewatch", "witness", "serve", folder, "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert ran.stdout is not None
        at = ran.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", at)
        idle = connection(at.rstrip("/"))
        idle.request("POST", "/add-checkpoint", b"x")
        assert idle.getresponse().status == 400
        ran.send_signal(number)
        out, err = ran.communicate(timeout=20)
        assert (ran.returncode, out, err) == (0, "", "")


@contextmanager
def dripping(port: int, clients: int, head: bytes) -> Iterator[threading.Event]:
    """So many clients that never finish what they say, and never stop; -> set when the server closed one's line."""
    over, closed = threading.Event(), threading.Event()

    def drip(line: socket.socket) -> None:
        with line:
            line.settimeout(0.02)
            while not over.wait(0.03):
                try:
                    line.sendall(b"x")
                    if line.recv(1024) == b"":
                        raise ConnectionError
                except TimeoutError:
                    continue
                except OSError:
                    closed.set()
                    return

    threads = []
    for _ in range(clients):
        line = socket.create_connection(("127.0.0.1", port))
        line.sendall(head)
        threads.append(threading.Thread(target=drip, args=(line,)))
        threads[-1].start()
    try:
        yield closed
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_it_stops_though_dripping_clients_hold_every_place(folder):
    # Found by a reviewer: the loop waited for a free place, and nothing could stop it.
    server = served.Server(("127.0.0.1", 0), open_witness(folder), FakeClock(), at_once=2)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    with server, dripping(server.server_address[1], 4, b"POST /add-checkpoint HTTP/1.1\r\n"):
        while server._free.acquire(blocking=False):  # until both places are taken
            server._free.release()
        stop = threading.Thread(target=server.shutdown, daemon=True)
        stop.start()
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    "head", [b"POST /add-checkpoint HTTP/1.1\r\n", b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9000\r\n\r\n"]
)
def test_a_request_has_a_time_as_a_whole_however_busily_it_drips(folder, monkeypatch, head):
    monkeypatch.setattr(served, "REQUEST_S", 0.3)
    with serving(folder) as at, dripping(int(at.rsplit(":", 1)[1]), 2, head) as closed:
        assert closed.wait(20)
        line = connection(at)
        line.request("POST", "/add-checkpoint", body_of(0, 5))
        assert line.getresponse().status == 200


def test_a_port_that_is_taken_is_one_line_and_status_2(folder, url):
    ran = subprocess.run(
        [sys.executable, "-m", "trucewatch", "witness", "serve", folder, "--port", url.rsplit(":", 1)[1]],
        capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 2 and len(ran.stderr.splitlines()) == 1 and "in use" in ran.stderr


# The client


def answering(*answers: Response):
    """A witness that answers so, in turn; what it was asked is in `.asked`."""
    left, asked_of = list(answers), []

    def post(url, body, headers=None):
        asked_of.append((url, body))
        return left.pop(0)

    post.asked = asked_of
    return post


def conflict(body: bytes, kind: str = "text/x.tlog.size") -> Response:
    return Response(409, body, {"content-type": kind})


KEYS = [Signer("test.invalid/w", bytes([71]) * 32, 0x04).vkey]


def client(post, size: int = 7, old: int = 0) -> bytes:
    return ask(post, "https://test.invalid/prefix/", note_of(size), KEYS, TREES["A"], old)


def test_the_client_asks_at_the_prefix_and_starts_again_from_the_size_that_it_is_told(tmp_path):
    witness = make_witness(tmp_path / "w", "test.invalid/w", lambda: bytes([71]) * 32)
    witness.trust(LOG.vkey)
    asked_at = []

    def post(url, body, headers=None):
        asked_at.append(url)
        made = witness.answer(body, FakeClock())
        return Response(made.status, made.body, {"content-type": made.type})

    first = client(post, 5)
    second = client(post, 7)
    assert asked_at == ["https://test.invalid/prefix/add-checkpoint"] * 3
    assert last_cosigned([note_of(9), first, second], KEYS) == 7 and last_cosigned([note_of(9)], KEYS) == 0
    client(post, 9, old=7)
    assert len(asked_at) == 4
    assert Note.decode(second).text == Note.decode(note_of(7)).text


def test_a_witness_that_knows_more_than_we_do_is_told_of_and_not_asked_again():
    post = answering(conflict(b"9\n"))
    with pytest.raises(VerificationError, match=r"cosigned 9 entries .* is of 7: it is an old one"):
        client(post)
    assert len(post.asked) == 1


def test_a_witness_that_forgot_what_it_cosigned_is_told_of():
    with pytest.raises(VerificationError, match="it has lost what it cosigned"):
        client(answering(conflict(b"3\n")), old=5)


def test_a_witness_that_goes_on_naming_sizes_is_not_asked_for_ever():
    with pytest.raises(FetchError, match="from 0 because it knows 0"):
        client(answering(conflict(b"0\n")))
    with pytest.raises(FetchError, match="3 other sizes in a row"):
        client(answering(conflict(b"1\n"), conflict(b"2\n"), conflict(b"3\n")))


@pytest.mark.parametrize(
    "answer",
    [conflict(b"3"), conflict(b"03\n"), conflict(b"3\n3\n"), conflict(b"-3\n"), conflict(b""), conflict(b"3 \n"),
     conflict(b"\xff\n"), conflict(b"9" * 5000 + b"\n"), conflict(b"3\n", "text/plain"), Response(409, b"3\n")],
)  # fmt: skip
def test_a_409_that_names_no_size_is_no_answer_of_a_witness(answer):
    with pytest.raises(FetchError, match="without the size"):
        client(answering(answer))


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [(404, VerificationError, "does not serve"), (403, VerificationError, "does not know the key"),
     (422, VerificationError, "was not shown"), (400, FetchError, "answered 400"), (500, FetchError, "answered 500"),
     (302, FetchError, "answered 302"), (204, FetchError, "answered 204")],
)  # fmt: skip
def test_every_other_answer_is_one_line_that_says_what_it_means(status, kind, says):
    with pytest.raises(kind, match=says) as wrong:
        client(answering(Response(status, b"two\nlines \x1b[31m and more" + b"x" * 9999)))
    assert str(wrong.value).isprintable() and len(str(wrong.value)) < 300


def test_another_root_for_the_size_that_it_knows_may_be_a_split_view_and_says_how_to_compare():
    with pytest.raises(VerificationError, match=r"perhaps a split view.*trucewatch log consistency"):
        client(answering(conflict(b"7\n"), Response(422, b"")))


@pytest.mark.parametrize(
    "body", [b"", b"ok\n", b"\xff", "— test.invalid/w AAAA\n".encode(), "— other AAAAAAAAAA==\n".encode()]
)
def test_a_200_without_a_cosignature_that_holds_is_not_believed(body):
    with pytest.raises(VerificationError):
        client(answering(Response(200, body)))


def test_no_request_is_made_from_beyond_the_checkpoint():
    with pytest.raises(InputError):
        request(note_of(5), 6, TREES["A"])
