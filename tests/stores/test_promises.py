"""What every store promises, whatever it is made of. One class over all of them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgserver import Server
from trucewatch.base.errors import CaseBroken, CaseBusy, VerificationError
from trucewatch.base.ids import commitment, sha256
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import cosign
from trucewatch.log.note import COSIGNED, Note, Signature, Signer
from trucewatch.stores import make_store, open_store
from trucewatch.stores.memory import MemoryCase

ORIGIN = "test.invalid/log"
SALT = bytes(range(32))
SIGNER = Signer(ORIGIN, bytes(32))
LINES = st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=5)
SAME_CASE = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLACES: dict[int, str] = {}


@pytest.fixture(params=["memory", "posix", "postgres"])
def new_store(request, tmp_path):
    """Each call makes another empty store of the kind; `again` opens it a second time."""
    count = iter(range(10_000))

    def make():
        if request.param == "memory":
            return MemoryCase(ORIGIN)
        server: Server | None = request.getfixturevalue("server") if request.param == "postgres" else None
        where = str(tmp_path / f"case{next(count)}") if server is None else server.url()
        store = make_store(where, ORIGIN)
        PLACES[id(store)] = where
        return store

    return make


@pytest.fixture
def store(new_store):
    return new_store()


def again(store):
    """The same store as another process would open it."""
    return store if isinstance(store, MemoryCase) else open_store(PLACES[id(store)])


def lines_of(*sizes: int) -> list[list[bytes]]:
    """Batches of so many lines, each line its own number."""
    count = iter(range(10_000))
    return [[b"line %d" % next(count) for _ in range(size)] for size in sizes]


def signed(size: int, lines: list[bytes], *, origin: str = ORIGIN, more: tuple[str, ...] = ()) -> bytes:
    """A checkpoint of the first `size` of these lines."""
    head = Head(origin, size, merkle.root([merkle.leaf(line) for line in lines[:size]]), more)
    return checkpoint(head, Signer(origin, bytes(32))).encode()


class TestAnyStore:
    def test_a_new_store_is_empty(self, store):
        assert (list(store.vault.ids()), list(store.objects.ids()), store.log.lines()) == ([], [], [])

    def test_captured_bytes_come_back_with_their_salt(self, store):
        name = commitment(SALT, b"raw")
        store.vault.put(name, SALT, b"raw")
        assert again(store).vault.get(name) == (SALT, b"raw")
        assert list(again(store).vault.ids()) == [name]

    def test_putting_the_same_twice_is_putting_it_once(self, store):
        name = commitment(SALT, b"raw")
        for _ in range(2):
            store.vault.put(name, SALT, b"raw")
            assert store.objects.put(b"body") == sha256(b"body")
        assert (list(store.vault.ids()), list(store.objects.ids())) == ([name], [sha256(b"body")])

    def test_objects_come_back_under_their_hash_in_sorted_order(self, store):
        names = [store.objects.put(bytes([n])) for n in range(9)]
        assert list(again(store).objects.ids()) == sorted(names)
        assert [again(store).objects.get(name) for name in names] == [bytes([n]) for n in range(9)]

    def test_empty_bytes_are_bytes_too(self, store):
        assert again(store).objects.get(store.objects.put(b"")) == b""

    def test_what_is_not_there_is_a_key_error(self, store):
        with pytest.raises(KeyError):
            store.vault.get("0" * 64)
        with pytest.raises(KeyError):
            store.objects.get("0" * 64)

    def test_what_was_dropped_is_gone_and_the_rest_stays(self, store):
        names = [commitment(SALT, raw) for raw in (b"one", b"two")]
        for name, raw in zip(names, (b"one", b"two"), strict=True):
            store.vault.put(name, SALT, raw)
            store.objects.put(raw)
        store.vault.drop(names[0])
        store.objects.drop(sha256(b"one"))
        assert (list(again(store).vault.ids()), list(again(store).objects.ids())) == ([names[1]], [sha256(b"two")])
        assert again(store).vault.get(names[1]) == (SALT, b"two") and again(store).objects.get(sha256(b"two")) == b"two"
        with pytest.raises(KeyError):
            store.vault.get(names[0])
        with pytest.raises(KeyError):
            store.objects.get(sha256(b"one"))

    def test_dropping_twice_or_what_never_was_there_is_no_error(self, store):
        name = commitment(SALT, b"raw")
        store.vault.put(name, SALT, b"raw")
        for _ in range(2):
            store.vault.drop(name)
            store.objects.drop(sha256(b"raw"))
        store.vault.drop("0" * 64)
        assert (list(store.vault.ids()), list(store.objects.ids())) == ([], [])

    def test_what_was_dropped_can_be_put_again(self, store):
        name = commitment(SALT, b"raw")
        for _ in range(2):
            store.vault.put(name, SALT, b"raw")
            store.objects.put(b"raw")
            assert (list(store.vault.ids()), list(store.objects.ids())) == ([name], [sha256(b"raw")])
            store.vault.drop(name)
            store.objects.drop(sha256(b"raw"))

    def test_a_salt_or_bytes_that_a_crash_left_alone_can_be_dropped(self, store):
        """Killed in the middle of a drop, or of a put: what is left is listed where it is bytes, and goes."""
        if not hasattr(store, "folder"):
            pytest.skip("only files have halves")
        name = commitment(SALT, b"raw")
        for left in ("bytes", "salt"):
            store.vault.put(name, SALT, b"raw")
            path = store.vault.path(name)
            (path if left == "salt" else path.with_name(path.name + ".salt")).unlink()
            assert list(store.vault.ids()) == ([name] if left == "bytes" else [])
            store.vault.drop(name)
            assert list(path.parent.iterdir()) == []

    @SAME_CASE
    @given(batches=st.lists(LINES, max_size=5))
    def test_lines_stay_in_the_order_in_which_they_were_appended(self, store, batches):
        before = store.log.lines()
        for batch in batches:
            assert store.log.append(batch) == len(before)
            before = before + batch
        assert again(store).log.lines() == before

    def test_lines_that_were_handed_out_are_not_the_log_itself(self, store):
        store.log.append([b"a"])
        store.log.lines().append(b"b")
        assert store.log.lines() == [b"a"]

    def test_an_entry_that_is_not_one_line_is_refused_and_nothing_is_appended(self, store):
        # Found by this test: the folder took it, and could never be read again.
        store.log.append([b"a"])
        with pytest.raises(ValueError, match="one line"):
            store.log.append([b"b", b"c\nd"])
        assert again(store).log.lines() == [b"a"]

    def test_two_cannot_write_at_once_and_the_error_is_one_line(self, store):
        with store.writing(), pytest.raises(CaseBusy) as wrong, again(store).writing():
            pass
        assert len(str(wrong.value).splitlines()) == 1

    def test_the_lock_is_let_go_when_the_work_is_done_or_fails(self, store):
        with pytest.raises(ZeroDivisionError), store.writing():
            _ = 1 / 0
        with store.writing():
            pass

    def test_an_error_of_the_work_is_not_taken_for_an_error_of_the_lock(self, store):
        # Found by this test: any full disk inside the block was told as a fault of the lock file.
        with pytest.raises(PermissionError, match="mine"), store.writing():
            raise PermissionError(13, "mine")

    def test_finished_files_replace_their_elders(self, store):
        store.publish({"report/report.html": b"old", "report/findings.csv": b"x"})
        store.publish({"report/report.html": b"new"})
        wanted = {"report/report.html": b"new", "report/findings.csv": b"x"}
        assert dict(again(store).published) == wanted and len(again(store).published) == 2
        with pytest.raises(KeyError):
            again(store).published["report/other.html"]


class TestAnyLog:
    def test_a_new_log_has_the_head_of_an_empty_tree_and_no_file(self, store):
        head = store.log.head()
        assert (head.origin, head.size, head.root) == (ORIGIN, 0, merkle.empty())
        assert (list(store.log.files()), store.log.checkpoints(), store.log.checkpoint()) == ([], [], None)

    def test_after_each_append_the_files_are_those_of_a_log_made_at_once(self, store, new_store):
        lines: list[bytes] = []
        for batch in lines_of(1, 254, 1, 1, 600, 0, 168, 255, 1):
            assert store.log.append(batch) == len(lines)
            lines += batch
            twin = new_store()
            twin.log.append(lines)
            held = {path: again(store).log.file(path) for path in again(store).log.files()}
            assert held == {path: twin.log.file(path) for path in twin.log.files()}
            assert sorted(held) == sorted(tile.path for tile in tiles.tiles_of(len(lines)))
            head = again(store).log.head()
            assert (head.size, head.root) == (len(lines), merkle.root([merkle.leaf(line) for line in lines]))
        assert again(store).log.lines() == lines

    def test_a_log_grown_line_by_line_across_a_tile_is_the_log_grown_at_once(self, store, new_store):
        (lines,) = lines_of(259)
        store.log.append(lines[:250])
        for line in lines[250:]:
            store.log.append([line])
        twin = new_store()
        twin.log.append(lines)
        assert [store.log.file(path) for path in store.log.files()] == [
            twin.log.file(path) for path in twin.log.files()
        ]

    def test_the_files_prove_every_entry_to_whoever_has_nothing_but_them_and_the_head(self, store):
        (lines,) = lines_of(300)
        store.log.append(lines)
        head, subtree = store.log.head(), tiles.subtrees(300, store.log.file)
        for n, line in enumerate(lines):
            assert merkle.climb(merkle.leaf(line), n, 300, merkle.path(subtree, n, 300)) == head.root
            assert tiles.entry(n, 300, store.log.file) == line

    def test_appending_nothing_writes_nothing(self, store):
        assert store.log.append([]) == 0
        store.log.append([b"a"])
        assert store.log.append([]) == 1
        assert list(again(store).log.files()) == ["tile/0/000.p/1", "tile/entries/000.p/1"]

    def test_an_entry_may_be_as_long_as_its_length_can_be_told_and_no_longer(self, store):
        longest = b"x" * 65_535
        store.log.append([longest, b""])
        with pytest.raises(ValueError, match="at most 65535 bytes"):
            store.log.append([b"y", longest + b"x"])
        assert again(store).log.lines() == [longest, b""]
        assert list(again(store).log.files()) == ["tile/0/000.p/2", "tile/entries/000.p/2"]

    @pytest.mark.parametrize("path", ["", "head", "checkpoint", "../trucewatch.json", "tile/0/999", "tile/0/0", "tile"])
    def test_what_is_no_file_of_the_log_is_a_key_error(self, store, path):
        store.log.append([b"a"])
        with pytest.raises(KeyError):
            store.log.file(path)

    def test_a_checkpoint_comes_back_as_it_was_kept(self, store):
        (lines,) = lines_of(5)
        store.log.append(lines)
        notes = {size: signed(size, lines) for size in (5, 3, 0)}
        for size, note in notes.items():
            store.log.keep_checkpoint(note)
            assert again(store).log.checkpoint(size) == note
            assert again(store).log.checkpoint() == notes[5], "an older one came in, the latest stays the latest"
        assert again(store).log.checkpoints() == [0, 3, 5]
        assert again(store).log.checkpoint(4) is None

    def test_a_checkpoint_with_more_cosignatures_takes_the_place_of_its_elder(self, store):
        store.log.append([b"a"])
        note = signed(1, [b"a"])
        store.log.keep_checkpoint(note)
        read = Note.decode(note)
        more = Note(read.text, (*read.signatures, cosign(read, Signer("witness.invalid/w", bytes(32), COSIGNED), 1)))
        store.log.keep_checkpoint(more.encode())
        assert again(store).log.checkpoint() == again(store).log.checkpoint(1) == more.encode() != note
        assert again(store).log.checkpoints() == [1]

    def test_two_who_add_cosignatures_at_once_lose_none_and_a_key_has_one_line(self, store):
        # Found in review: each wrote over what the other had just kept.
        store.log.append([b"a"])
        note = signed(1, [b"a"])
        store.log.keep_checkpoint(note)
        read = Note.decode(note)
        one, other = (Signer(f"witness.invalid/{n}", bytes([n]) * 32, COSIGNED) for n in (1, 2))
        early, late, beside = cosign(read, one, 5), cosign(read, one, 9), cosign(read, other, 7)
        for line in (late, beside, early):
            store.log.keep_checkpoint(Note(read.text, (*read.signatures, line)).encode())
            store.log.keep_checkpoint(note)
        for size in (None, 1):
            kept = Note.decode(again(store).log.checkpoint(size))
            assert set(kept.signatures) == {*read.signatures, late, beside} and len(kept.signatures) == 3

    def test_lines_of_another_text_and_more_lines_than_a_note_may_have_are_not_carried_on(self, store):
        store.log.append([b"a", b"b"])
        note, lines = Note.decode(signed(2, [b"a", b"b"])), [b"a", b"b"]
        store.log.keep_checkpoint(signed(1, lines))
        many = tuple(Signature("x", bytes([n]) * 4, b"made") for n in range(1, 100))
        store.log.keep_checkpoint(Note(note.text, (*note.signatures, *many)).encode())
        new = Signer("witness.invalid/w", bytes(32), COSIGNED)
        store.log.keep_checkpoint(Note(note.text, (*note.signatures, cosign(note, new, 1))).encode())
        kept = Note.decode(again(store).log.checkpoint())
        assert len(kept.signatures) == 100 and {note.signatures[0], cosign(note, new, 1)} <= set(kept.signatures)
        assert again(store).log.checkpoint(1) == signed(1, lines)

    def test_what_the_log_is_not_is_never_published(self, store):
        (lines,) = lines_of(300)
        store.log.append(lines)
        forged = [*lines[:7], b"forged", *lines[8:]]
        for note, why in (
            (signed(300, forged), "root is not that of the log's first 300"),
            (signed(200, forged), "root is not that of the log's first 200"),
            (signed(301, [*lines, b"next"]), "speaks of 301 entries, the log has 300"),
            (signed(300, lines, origin="other.invalid/log"), "of the log other.invalid/log"),
            (signed(300, lines, more=("another line",)), "lines behind its root"),
            (checkpoint(Head(ORIGIN, 0, bytes(32)), SIGNER).encode(), "root is not that of the log's first 0"),
            (b"no note", "blank line"),
            (signed(300, lines).replace(b"300", b"0300", 1), "plain digits"),
        ):
            with pytest.raises(VerificationError, match=why):
                store.log.keep_checkpoint(note)
        assert (again(store).log.checkpoints(), again(store).log.checkpoint()) == ([], None)

    def test_partial_files_of_a_signed_size_stay_and_the_others_go(self, store):
        lines: list[bytes] = []
        kept = []
        for n, batch in enumerate(lines_of(3, 2, 250, 1, 1, 343, 1, 424, 100)):
            store.log.append(batch)
            lines += batch
            if n % 2 == 0:
                store.log.keep_checkpoint(signed(len(lines), lines))
                kept.append(len(lines))
        wanted = {tile.path for size in (*kept, len(lines)) for tile in tiles.tiles_of(size)}
        assert set(again(store).log.files()) == wanted
        for size in kept:
            head = Head.decode(Note.decode(again(store).log.checkpoint(size)).text)
            assert tiles.root_of(size, again(store).log.file) == head.root
            assert list(tiles.entries(size, again(store).log.file)) == lines[:size]

    def test_a_checkpoint_of_an_earlier_size_brings_the_partial_files_back_that_its_readers_need(self, store):
        (lines,) = lines_of(600)
        store.log.append(lines)
        for size in (1, 255, 256, 257, 513, 600):
            store.log.keep_checkpoint(signed(size, lines))
            assert {tile.path for tile in tiles.tiles_of(size)} <= set(again(store).log.files())
            assert list(tiles.entries(size, again(store).log.file)) == lines[:size]
            assert tiles.root_of(size, again(store).log.file) == merkle.root([merkle.leaf(x) for x in lines[:size]])

    @SAME_CASE
    @given(data=st.data())
    def test_any_order_of_appends_and_checkpoints_leaves_a_log_that_holds(self, new_store, data):
        store, lines, kept = new_store(), [], set()
        for size in data.draw(st.lists(st.sampled_from([0, 1, 2, 100, 255, 256, 257, 300]), max_size=5)):
            store.log.append([b"%d" % n for n in range(len(lines), len(lines) + size)])
            lines = store.log.lines()
            for old in data.draw(st.lists(st.integers(0, len(lines)), max_size=2)):
                store.log.keep_checkpoint(signed(old, lines))
                kept.add(old)
        assert again(store).log.checkpoints() == sorted(kept)
        assert {t.path for size in (*kept, len(lines)) for t in tiles.tiles_of(size)} <= set(store.log.files())
        assert all(list(tiles.entries(size, store.log.file)) == lines[:size] for size in kept)

    def test_a_log_that_others_go_on_writing_is_read_whole_by_who_holds_no_lock(self, store, monkeypatch):
        """Between two files that we read, ten appends: what we read of the old edge is gone, and we begin again."""
        store.log.append([b"0"])
        reader, real, left = again(store), type(store.log).head, [3]

        def head(log):
            found = real(log)
            if log is reader.log and left[0]:
                left[0] -= 1
                for _ in range(10):
                    store.log.append([b"%d" % store.log.head().size])
            return found

        if isinstance(store, MemoryCase):
            pytest.skip("memory has one thread of hands")
        monkeypatch.setattr(type(store.log), "head", head)
        lines = reader.log.lines()
        assert lines == [b"%d" % n for n in range(len(lines))] and len(lines) % 10 == 1

    def test_a_wrong_edge_is_not_built_upon(self, store, monkeypatch):
        store.log.append([b"a", b"b"])
        held, real = list(store.log.files()), type(store.log).file
        for path in held:
            with monkeypatch.context() as patch:
                patch.setattr(type(store.log), "file", lambda log, at, path=path: real(log, at)[:-1] + b"x")
                with pytest.raises(CaseBroken, match="tile/"):
                    store.log.append([b"c"])
        assert list(again(store).log.files()) == held and again(store).log.lines() == [b"a", b"b"]
