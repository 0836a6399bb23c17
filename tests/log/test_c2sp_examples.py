"""The worked examples of the C2SP specifications: read, printed back to the byte, and verified where a key is told."""

from __future__ import annotations

import pytest
from logkit import DATA, swapped

from trucewatch.base.errors import VerificationError
from trucewatch.log.checkpoint import Head, plain
from trucewatch.log.cosign import by_kind, opened, time_of
from trucewatch.log.note import Note, VKey, signed

EXAMPLES = DATA / "c2sp_examples"
pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the C2SP examples are not here: set TRUCEWATCH_DATA")

NAMES = ("signed-note-1", "signed-note-2", "tlog-checkpoint-1", "tlog-cosignature-1")


def example(name: str) -> bytes:
    return (EXAMPLES / f"{name}.txt").read_bytes()


def vkey() -> VKey:
    return VKey.decode((EXAMPLES / "signed-note-2.vkey").read_text().strip())


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_read_and_printed_back_to_the_byte(name):
    assert Note.decode(example(name)).encode() == example(name)


def test_every_example_that_is_there_is_tried():
    assert {at.stem for at in EXAMPLES.glob("*.txt")} - {"SOURCE"} == set(NAMES)


def test_the_example_with_a_key_verifies_and_with_another_text_it_does_not():
    note = Note.decode(example("signed-note-2"))
    assert vkey().encode() == (EXAMPLES / "signed-note-2.vkey").read_text().strip()
    assert [key for key, _ in signed(note, [vkey()], by_kind)] == [vkey()]
    for bit in range(len(note.text) * 8):
        wrong = Note(swapped(note.text, bit), note.signatures)
        assert not plain(vkey(), wrong, note.signatures[0])
        with pytest.raises(VerificationError, match="does not verify"):
            signed(wrong, [vkey()], by_kind)


def test_the_note_that_has_empty_lines_in_its_text_keeps_them():
    note = Note.decode(example("signed-note-1"))
    assert note.text.count(b"\n\n") == 1 and note.text.endswith(b"sera.\n")
    assert [line.name for line in note.signatures] == ["quasimodo.example/salvatore"]


@pytest.mark.parametrize("name", ["tlog-checkpoint-1", "tlog-cosignature-1"])
def test_the_checkpoints_head_is_read_and_printed_back(name):
    text = Note.decode(example(name)).text
    head = Head.decode(text)
    assert (head.origin, head.size, head.extensions) == ("example.com/behind-the-sofa", 20852163, ())
    assert head.encode() == text
    with pytest.raises(VerificationError, match="no known key"):
        opened(example(name), [vkey()])


def test_the_time_in_the_cosignature_is_the_one_that_the_specification_spells():
    line = Note.decode(example("tlog-cosignature-1")).signatures[1]
    assert line.name == "witness.example.com/w1"
    assert time_of(line).timestamp() == 1679315147
