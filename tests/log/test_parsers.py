"""Whatever the bytes, a reader of the log reads them or raises its one error; and what it reads prints back the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parsers import PARSERS, Parser

from trucewatch.base.errors import Unreadable

PIECES = [b"\n", b"\n\n", b"\r\n", b" ", b"\t", b"+", b"=", b"0", b"-1", b"\x00", b"\x1b[2J", b"\xff", b"\xc3\xa9", b"\xe2\x80\xa8",
          b"\xd9\xa3", "— ".encode(), b"\\ud800", b'"', b"{}", b"[]", b"null", b"A" * 43 + b"=", b"index ", b"extra ", b"old ",
          b"x001/", b".p/", b"9" * 25, b"9" * 5000, b"[" * 3000, b"1e5"]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """Valid bytes with a few things done to them: a bit flipped, a part lost, doubled, moved, something put in."""
    raw = valid
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(st.integers(0, len(raw)), st.integers(0, len(raw)))))
        how = draw(st.integers(0, 5))
        if how == 0 and start < len(raw):
            raw = raw[:start] + bytes([raw[start] ^ 1 << draw(st.integers(0, 7))]) + raw[start + 1 :]
        elif how == 1:
            raw = raw[:start] + raw[end:]
        elif how == 2:
            raw = raw[:end] + raw[start:end] + raw[end:]
        elif how == 3:
            raw = raw[end:] + raw[start:end] + raw[:start]
        else:
            raw = raw[:start] + draw(st.sampled_from(PIECES) | st.binary(max_size=6)) + raw[start:]
    return raw


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_valid_is_read(name):
    parser = PARSERS[name]
    assert all(parser.check(raw) for raw in parser.valid) and parser.valid


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=150)
@given(data=st.data())
def test_whatever_is_done_to_valid_bytes_they_are_read_or_refused_with_the_one_error(name, data):
    parser = PARSERS[name]
    parser.check(data.draw(st.sampled_from(parser.valid).flatmap(mutated)))


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60)
@given(raw=st.binary(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join))
@example(b"")
@example(b"[" * 100_000)
@example(b"9" * 10_000)
@example(b"tile/0/" + b"x999/" * 2000 + b"999")
@example(b"\xed\xa0\x80+00000000+AQ==")
def test_whatever_the_bytes_they_are_read_or_refused_with_the_one_error(name, raw):
    PARSERS[name].check(raw)


def test_a_reader_that_lets_another_error_out_or_prints_back_something_else_is_seen():
    """Plant the fault, and it has to show."""
    with pytest.raises(KeyError):
        Parser({}.__getitem__, None, Unreadable, ()).check(b"a")
    with pytest.raises(AssertionError, match="printed as"):
        Parser(bytes.strip, bytes, Unreadable, ()).check(b" a")

    def two_lines(raw: bytes) -> None:
        raise Unreadable("one\nanother")

    with pytest.raises(AssertionError, match="more or less than one line"):
        Parser(two_lines, None, Unreadable, ()).check(b"a")
