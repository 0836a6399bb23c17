"""Hypothesis: ways to spoil a table, in its cells and in its bytes, and the one promise that must survive them."""

from __future__ import annotations

from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.ports import Source
from trucewatch.testing import check_source

NASTY = (
    b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\x92", b"NaN", b"inf", b"-1", b"1e999", b"999999999999999999999",
    b"1753-01-01", b"9999-12-31", b"", b'""', b"'", b"2031-02-30", b"24:00", b"25:61", b"|", b";;", b"{", b"[", b"null",
    b"\xd0", b"0",
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, raw: bytes, keep: int) -> bytes:
    """A few cuts, swaps and insertions after the first `keep` bytes (the header)."""
    out = bytearray(raw)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(keep, len(out)))
        gone = draw(st.integers(0, 12))
        out[at : at + gone] = draw(st.sampled_from(NASTY) | st.binary(max_size=4))
    if draw(st.booleans()):
        del out[draw(st.integers(keep, len(out))) :]
    return bytes(out)


@st.composite
def spoilt_cells(draw: st.DrawFn, raw: bytes) -> bytes:
    """Other cells in some places of a plain table; as many rows as before."""
    lines = raw.rstrip(b"\n").split(b"\n")
    for _ in range(draw(st.integers(1, 8))):
        line = draw(st.integers(1, len(lines) - 1))
        cells = lines[line].split(b",")
        cells[draw(st.integers(0, len(cells) - 1))] = draw(
            st.sampled_from([n for n in NASTY if not set(n) & set(b'",\n\r')])
            | st.text("0123456789.-:/ aZ", max_size=12).map(str.encode)
        )
        lines[line] = b",".join(cells)
    return b"\n".join(lines) + b"\n"


def holds(source: Source, raw: bytes, **options: str) -> None:
    """Either nothing can be read and one line says so, or every row is accounted for."""
    try:
        check_source(source, raw, options=options)
    except InputError as wrong:
        assert "\n" not in str(wrong)
