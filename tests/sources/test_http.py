from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trucewatch.base.errors import FetchError
from trucewatch.ports import Transport
from trucewatch.sources.http import PoliteTransport, body_of
from trucewatch.testing import FakeTransport

SECRET = "s3cretkey"


@dataclass
class Server:
    """What it will answer, in turn; what it was asked."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            status, headers, body = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            state.sent.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    loop = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    loop.daemon_threads = True
    thread = threading.Thread(target=loop.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{loop.server_port}/api/{SECRET}/rows?token={SECRET}"
    yield state
    loop.shutdown()
    loop.server_close()
    thread.join()


@dataclass
class Patience:
    """A clock that goes on only when somebody sleeps."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def polite(patience: Patience, **settings: float) -> PoliteTransport:
    return PoliteTransport(clock=patience.clock, sleep=patience.sleep, **settings)  # type: ignore[arg-type]


def test_it_is_a_transport(server: Server) -> None:
    way: Transport = polite(Patience())
    server.answers = [(200, {"X-More": "1"}, b"rows")]
    answer = way.get(server.url, {"x-token": SECRET})
    assert (answer.status, answer.body, answer.headers["x-more"]) == (200, b"rows", "1")
    assert server.asked[0][1]["x-token"] == SECRET and "trucewatch" in server.asked[0][1]["user-agent"]


def test_what_is_posted_arrives_with_its_type(server: Server) -> None:
    server.answers = [(200, {}, b"token")]
    assert polite(Patience()).post(server.url, b"query", {"Content-Type": "application/x-query"}).body == b"token"
    assert server.sent == [b"query"] and server.asked[0][1]["content-type"] == "application/x-query"


def test_what_is_posted_to_a_busy_server_is_posted_again_after_a_pause(server: Server) -> None:
    patience = Patience()
    server.answers = [(503, {}, b""), (200, {}, b"token")]
    assert polite(patience).post(server.url, b"query").body == b"token"
    assert server.sent == [b"query"] * 2 and patience.slept == [1.0]


def test_what_is_posted_follows_no_redirect(server: Server) -> None:
    server.answers = [(307, {"Location": "/elsewhere"}, b""), (200, {}, b"token")]
    assert polite(Patience()).post(server.url, b"query").status == 307 and len(server.sent) == 1


def test_a_server_to_post_to_that_is_not_there_is_one_line_without_the_key() -> None:
    with pytest.raises(FetchError, match="did not answer") as wrong:
        polite(Patience(), tries=1, connect_s=0.5).post(f"http://127.0.0.1:9/{SECRET}", b"query")
    assert SECRET not in str(wrong.value)


def test_a_busy_server_is_asked_again_after_a_pause(server: Server) -> None:
    patience = Patience()
    server.answers = [(503, {}, b""), (500, {}, b""), (200, {}, b"rows")]
    assert polite(patience).get(server.url).body == b"rows"
    assert patience.slept == [1.0, 2.0]


def test_retry_after_is_respected(server: Server) -> None:
    patience = Patience()
    server.answers = [(429, {"Retry-After": "7"}, b""), (200, {}, b"rows")]
    polite(patience).get(server.url)
    assert patience.slept == [7.0]


def test_retry_after_as_a_date_is_held_against_the_servers_own_clock(server: Server) -> None:
    patience = Patience()
    late = "Fri, 07 Mar 2031 12:00:30 GMT"

    # BaseHTTPRequestHandler sends its own Date; ask for a wait relative to a date far past, which is no wait at all.
    server.answers = [(503, {"Retry-After": "Fri, 07 Mar 2003 12:00:30 GMT"}, b""), (200, {}, b"rows")]
    polite(patience).get(server.url)
    assert patience.slept == [1.0]
    server.answers = [(503, {"Retry-After": late}, b"")]
    with pytest.raises(FetchError, match="asks us to wait"):
        polite(patience).get(server.url)


def test_a_server_that_asks_for_too_long_a_wait_is_left_alone(server: Server) -> None:
    patience = Patience()
    server.answers = [(503, {"Retry-After": "86400"}, b"")]
    with pytest.raises(FetchError, match="asks us to wait 86400 s"):
        polite(patience).get(server.url)
    assert patience.slept == [] and len(server.asked) == 1


def test_a_server_that_stays_busy_is_given_up_without_a_word_of_the_key(server: Server) -> None:
    patience = Patience()
    server.answers = [(503, {}, SECRET.encode())]
    with pytest.raises(FetchError) as wrong:
        polite(patience).get(server.url, {"x-token": SECRET})
    assert len(server.asked) == 5 and patience.slept == [1.0, 2.0, 4.0, 8.0]
    assert SECRET not in str(wrong.value) and "\n" not in str(wrong.value) and "503" in str(wrong.value)


def test_a_server_that_is_not_there_is_one_line_without_the_key() -> None:
    with pytest.raises(FetchError) as wrong:
        polite(Patience(), tries=2, connect_s=0.5).get(f"http://127.0.0.1:9/{SECRET}")
    assert SECRET not in str(wrong.value) and "did not answer" in str(wrong.value)
    assert wrong.value.__cause__ is None


@pytest.mark.parametrize("url", [f"ftp://host/{SECRET}", SECRET, f"http://[bad/{SECRET}", f"file:///{SECRET}"])
def test_what_is_no_web_address_is_refused_without_the_key(url: str) -> None:
    with pytest.raises(FetchError) as wrong:
        polite(Patience()).get(url)
    assert SECRET not in str(wrong.value)


def test_requests_keep_their_distance(server: Server) -> None:
    patience = Patience()
    server.answers = [(200, {}, b"rows")]
    way = polite(patience, interval_s=3.0)
    way.get(server.url)
    patience.at += 1.0
    way.get(server.url)
    patience.at += 60.0
    way.get(server.url)
    assert patience.slept == [2.0]


def test_an_answer_that_trying_again_will_not_better_is_handed_back(server: Server) -> None:
    server.answers = [(401, {}, b"who are you")]
    answer = polite(Patience()).get(server.url)
    assert answer.status == 401 and len(server.asked) == 1
    with pytest.raises(FetchError, match=r"answered 401; check the key") as wrong:
        body_of(answer, server.url, "check the key")
    assert SECRET not in str(wrong.value)


def test_a_redirect_within_the_host_is_followed(server: Server) -> None:
    server.answers = [(302, {"Location": "/there"}, b""), (200, {}, b"rows")]
    assert polite(Patience()).get(server.url).body == b"rows"
    assert server.asked[1][0] == "/there"


def test_a_redirect_to_another_host_is_refused_since_a_key_may_go_with_it(server: Server) -> None:
    server.answers = [(302, {"Location": f"http://elsewhere.example/{SECRET}"}, b"")]
    with pytest.raises(FetchError, match=r"sends us on to elsewhere\.example") as wrong:
        polite(Patience()).get(server.url, {"x-token": SECRET})
    assert SECRET not in str(wrong.value)


def test_redirects_in_circles_end(server: Server) -> None:
    server.answers = [(302, {"Location": "/again"}, b"")]
    with pytest.raises(FetchError, match="circles"):
        polite(Patience()).get(server.url)


def test_the_fake_way_out_remembers_what_was_posted() -> None:
    way = FakeTransport({"https://tsa.invalid": (200, b"token")})
    assert way.post("https://tsa.invalid/a", b"query").body == b"token"
    assert (way.asked, way.sent) == (["https://tsa.invalid/a"], [b"query"])
