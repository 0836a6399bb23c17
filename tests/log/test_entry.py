"""An entry prints and parses to the same bytes, or is refused with a VerificationError and nothing else."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trucewatch.base.errors import VerificationError
from trucewatch.base.ids import canonical
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KIND = st.from_regex(r"[a-z][a-z_]{0,39}", fullmatch=True)
MAKER = st.text(st.characters(exclude_categories=["Cs"]).filter(str.isprintable), max_size=20)
WHEN = st.datetimes(timezones=st.just(UTC))
HASH = st.binary(min_size=32, max_size=32).map(bytes.hex)
ENTRIES = st.builds(Entry, KIND, HASH, WHEN, MAKER)
GOOD = Entry("capture", "0" * 64, datetime(2026, 1, 2, tzinfo=UTC), "trucewatch")


@given(ENTRIES)
@example(Entry("run", "0" * 64, datetime(999, 1, 1, tzinfo=UTC), ""))
def test_an_entry_reads_back_as_it_was_written(entry):
    assert Entry.decode(entry.encode()) == entry
    assert b"\n" not in entry.encode()


@given(WHEN, st.integers(-12 * 60, 12 * 60))
def test_the_zone_in_which_an_entry_was_made_does_not_show(when, minutes):
    if not 2 < when.year < 9998:
        return
    there = when.astimezone(timezone(timedelta(minutes=minutes)))
    assert Entry("run", "0" * 64, there, "a").encode() == Entry("run", "0" * 64, when, "a").encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NEAR = st.fixed_dictionaries(
    {"body_hash": HASH | JSON, "kind": TEXT | JSON, "made_at": TEXT | JSON | st.just("2026-01-02T00:00:00.000000Z"),
     "maker": TEXT | JSON}
)  # fmt: skip


@given(st.binary(max_size=60) | JSON.map(lambda v: json.dumps(v).encode()) | NEAR.map(lambda v: json.dumps(v).encode()))
@example(b"null")
@example(b"[" * 100_000)
@example(b"9" * 10_000)
@example(b"\xff\xfe" + '{"a": 1}'.encode("utf-16-le"))
def test_whatever_the_bytes_decode_gives_their_entry_or_a_verification_error(line):
    try:
        entry = Entry.decode(line)
    except VerificationError:
        return
    assert entry.encode() == line


@given(ENTRIES, st.data())
def test_a_line_with_one_bit_flipped_is_refused_or_is_another_entry(entry, data):
    line = entry.encode()
    bit = data.draw(st.integers(0, len(line) * 8 - 1))
    forged = (int.from_bytes(line) ^ (1 << bit)).to_bytes(len(line))
    with contextlib.suppress(VerificationError):
        assert Entry.decode(forged) != entry


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.replace('"kind":"capture"', '"kind":["capture"]'), "text fields"),
        (lambda s: s.replace('"kind":"capture",', ""), "text fields"),
        (lambda s: s.replace('"kind":"capture"', '"kind":"capture","mood":"bad"'), "text fields"),
        (lambda s: s.replace('"kind":"capture"', '"kind":"a","kind":"capture"'), "canonical"),
        (lambda s: s.replace('"kind":"capture"', '"kind": "capture"'), "canonical"),
        (lambda s: s + " ", "canonical"),
        (lambda s: s + "\n", "canonical"),
        (lambda s: s.replace("capture", "c\\u0061pture"), "canonical"),
        (lambda s: s.replace(".000000Z", "Z"), "made_at"),
        (lambda s: s.replace(".000000Z", ".0Z"), "canonical"),
        (lambda s: s.replace("2026-01", "2026-1"), "canonical"),
        (lambda s: s.replace("2026-01", "2026-13"), "made_at"),
        (lambda s: s.replace("capture", "\\ud800"), "printed"),
        (lambda s: s.replace("0" * 64, "0" * 63), "body_hash"),
        (lambda s: s.replace("0" * 64, "A" * 64), "body_hash"),
        (lambda s: s.replace("0" * 64, "0" * 64 + "\\n"), "body_hash"),
        (lambda s: "null", "text fields"),
        (lambda s: "{", "not JSON"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_an_entry_is_refused_with_its_reason(change, told):
    with pytest.raises(VerificationError, match=told):
        Entry.decode(change(GOOD.encode().decode()).encode())


@given(
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1),
    st.integers(0, 10**18),
    st.binary(min_size=32, max_size=32),
)
def test_a_head_reads_back_as_it_was_written(origin, size, root):
    head = Head(origin, size, root)
    assert Head.decode(head.encode()) == head


@given(st.binary(max_size=80) | st.tuples(TEXT, TEXT, TEXT).map(lambda t: "\n".join([*t, ""]).encode()))
@example(b"a\n" + b"9" * 5000 + b"\nAAAA\n")
@example("a\n1\N{ARABIC-INDIC DIGIT THREE}\nAAAA\n".encode())
def test_whatever_the_bytes_a_head_is_read_or_refused(text):
    try:
        head = Head.decode(text)
    except VerificationError:
        return
    assert head.encode() == text


@pytest.mark.parametrize(
    "text",
    [b"", b"a\n0\n", b"a\n-1\n" + b"A" * 43 + b"=\n", b"a\n00\n" + b"A" * 43 + b"=\n", b"\n0\n" + b"A" * 43 + b"=\n",
     b"a\n0\n" + b"A" * 43 + b"=\n\nsaid\n", b"a\n0\nAAAA\n", b"a\n0\n" + b"A" * 42 + b"B=\n"],
)  # fmt: skip
def test_a_head_that_could_be_printed_in_two_ways_is_refused(text):
    with pytest.raises(VerificationError):
        Head.decode(text)


@pytest.mark.parametrize("field", ["kind", "maker"])
@pytest.mark.parametrize("words", ["two\nlines", "a\x1b[2Kholds", "\u202egnp", "a\u2028b", "tab\tbed"])
def test_words_that_would_print_lines_of_their_own_are_refused(field, words):
    # Found in review: a log's operator could make a verifier print "witness A saw this history".
    said = json.loads(Entry("capture", "0" * 64, datetime(2026, 1, 2, tzinfo=UTC), "trucewatch").encode())
    with pytest.raises(VerificationError):
        Entry.decode(canonical({**said, field: words}))
