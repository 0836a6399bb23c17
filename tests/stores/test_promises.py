"""What every store promises, whatever it is made of. One class over all of them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import CaseBusy
from trucewatch.base.ids import commitment, sha256
from trucewatch.stores.memory import MemoryCase
from trucewatch.stores.posix import make_case, open_case

SALT = bytes(range(32))
LINES = st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=5)
SAME_CASE = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["memory", "posix"])
def store(request, tmp_path):
    return MemoryCase() if request.param == "memory" else make_case(tmp_path / "case", "test.invalid/log")


def again(store):
    """The same store as another process would open it."""
    return store if isinstance(store, MemoryCase) else open_case(store.folder)


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
        if isinstance(store, MemoryCase):
            pytest.skip("memory has no halves")
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
        if isinstance(store, MemoryCase):
            assert store.published == {"report/report.html": b"new", "report/findings.csv": b"x"}
        else:
            assert (store.folder / "report/report.html").read_bytes() == b"new"
            assert (store.folder / "report/findings.csv").read_bytes() == b"x"
