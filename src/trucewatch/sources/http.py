"""The one way out: HTTP with patience and manners. It retries, waits, times out, and repeats no key in an error.

And what is kept of a fetch: addresses without keys, options as JSON values. Shared by the feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from email.utils import parsedate_to_datetime
from functools import partial
from time import monotonic, sleep
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import urllib3

from trucewatch.base.errors import FetchError, InputError
from trucewatch.ports import Fetched, Request, Response, Transport

TRIES = 5
"""Times that an address is asked before we give up: with the pauses below that is about half a minute."""
FIRST_PAUSE_S = 1.0
"""Pause before the second try; each one after it is twice as long (1, 2, 4, 8)."""
LONGEST_WAIT_S = 120.0
"""A server that asks for a longer wait than this is better asked again by the user, later."""
INTERVAL_S = 1.0
"""Least time between two requests of ours, so that no public service ever has to block us."""
CONNECT_S, READ_S = 10.0, 120.0
"""Time to connect; time between two pieces of an answer. Big exports are slow to start."""
REDIRECTS = 5
"""Redirects in a row that are followed; browsers allow 20, honest services need one or two."""
BUSY = frozenset({429, 500, 502, 503, 504})
"""Answers that mean: again later."""
AGENT = "trucewatch/0.1 (ceasefire monitoring; polite client)"


@dataclass
class PoliteTransport:
    """`ports.Transport` over urllib3. `clock` and `sleep` are arguments, so that tests do not wait.

    An answer below 500 that is not 429 is handed back as it is: the feed knows what a 401 or a 404 means.
    """

    interval_s: float = INTERVAL_S
    tries: int = TRIES
    clock: Callable[[], float] = monotonic
    sleep: Callable[[float], None] = sleep
    connect_s: float = CONNECT_S
    read_s: float = READ_S
    _last: float | None = None
    _pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch one address. FetchError, one line, names the host and nothing of the path: keys stand in paths."""
        host = host_of(url)
        for _ in range(REDIRECTS + 1):
            answer = self._patiently(host, partial(self._once, "GET", url, headers))
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            there = urljoin(url, answer.headers.get("location", ""))
            if host_of(there) != host or (urlsplit(url).scheme == "https") > (urlsplit(there).scheme == "https"):
                raise FetchError(f"{host} sends us on to {host_of(there)}; not followed, since a key may go with it")
            url = there
        raise FetchError(f"{host} redirects in circles")

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """Send bytes to one address, again where it is busy. No redirect is followed: it is handed back as it is."""
        return self._patiently(host_of(url), partial(self._once, "POST", url, headers, body))

    def _patiently(self, host: str, ask: Callable[[], Response]) -> Response:
        why = ""
        for turn in range(self.tries):
            wait = FIRST_PAUSE_S * 2**turn
            try:
                answer = ask()
            except urllib3.exceptions.HTTPError as wrong:
                why = f"did not answer ({type(wrong).__name__})"
            else:
                if answer.status not in BUSY:
                    return answer
                why = f"answered {answer.status}"
                wait = max(wait, _asked_wait_s(answer.headers))
            if wait > LONGEST_WAIT_S:
                raise FetchError(f"{host} {why} and asks us to wait {wait:.0f} s; try again after that")
            if turn + 1 < self.tries:
                self.sleep(wait)
        raise FetchError(f"{host} {why}, {self.tries} times; try again later")

    def _once(self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None = None) -> Response:
        if self._last is not None and (early := self._last + self.interval_s - self.clock()) > 0:
            self.sleep(early)
        self._last = self.clock()
        got = self._pool.request(
            method,
            url,
            body=body,
            headers={"User-Agent": AGENT, "Accept-Encoding": "gzip, identity", **(headers or {})},
            timeout=urllib3.Timeout(connect=self.connect_s, read=self.read_s),
            retries=False,
            redirect=False,
        )
        return Response(got.status, got.data, {name.lower(): value for name, value in got.headers.items()})


def host_of(url: str) -> str:
    """Address -> host and port alone, fit for a message. FetchError where it is no web address.

    >>> host_of("https://someone:secret@firms.modaps.eosdis.nasa.gov/api/area/csv/SECRET/1")
    'firms.modaps.eosdis.nasa.gov'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https"):
        raise FetchError("that is no http or https address")
    return f"{host}:{port}" if port else host


def body_of(answer: Response, url: str, hint: str) -> bytes:
    """The body of a good answer; FetchError with the hint for any status but 200."""
    if answer.status != 200:
        raise FetchError(f"{host_of(url)} answered {answer.status}; {hint}")
    return answer.body


def public_url(url: str) -> str:
    """The address without name and password, query and fragment, in which keys stand; fit to be stored and shown.

    >>> public_url("https://someone:secret@example.org:8443/a/b.csv?token=SECRET#SECRET")
    'https://example.org:8443/a/b.csv'
    """
    host_of(url)
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def given(request: Request, transport: Transport, media: str, licence: str, keep: Sequence[str]) -> Iterator[Fetched]:
    """The files that the door has read, and the answer of the option `url`, whose keys are not stored."""
    options = {name: plain(value, name) for name in keep if (value := request.options.get(name))}
    for path, raw in request.files:
        yield Fetched(raw, path, media, licence, options)
    if told := request.options.get("url"):
        url = str(told)
        public, answer = public_url(url), transport.get(url)
        body = body_of(answer, url, "is the address right, and does it want a key?")
        yield Fetched(body, public, answer.headers.get("content-type", media), licence, options)


def plain(value: Any, field: str = "mapping") -> Any:
    """What YAML made -> JSON values without floats: dates, fractions and names as text. For `Fetched.options`.

    >>> plain({"at": date(2022, 8, 8), "p": 0.5, "n": [1, None], 369: "Europe/Kyiv"})
    {'at': '2022-08-08', 'p': '0.5', 'n': [1, None], '369': 'Europe/Kyiv'}
    """
    if isinstance(value, Mapping):
        made = {str(name): plain(part, field) for name, part in value.items()}
        if len(made) < len(value):
            twice = next(str(name) for name in value if not isinstance(name, str) and str(name) in value)
            raise InputError(f"names {twice!r} twice, with quotes and without", field=field)
        return made
    if isinstance(value, list | tuple):
        return [plain(part, field) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    if value is not None and not isinstance(value, str | int | float):
        raise InputError(f"holds {type(value).__name__}, which is neither text nor number", field=field)
    return str(value) if isinstance(value, float) else value


def _asked_wait_s(headers: Mapping[str, str]) -> float:
    """Retry-After, in seconds or as a date; a date is held against the server's own clock, not ours."""
    told = headers.get("retry-after", "").strip()
    if told.isdigit():
        return float(told)
    try:
        return (parsedate_to_datetime(told) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (TypeError, ValueError):
        return 0.0
