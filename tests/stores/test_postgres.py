"""A case in a database: killed clients, a server that falls over, altered rows, wrong addresses, and no secret told."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from pgserver import PASSWORD, Server
from trucewatch.base.errors import CaseBroken, CaseBusy, CaseError, NotACase
from trucewatch.base.ids import commitment, sha256
from trucewatch.cli import main
from trucewatch.stores import open_store
from trucewatch.stores.database import Place
from trucewatch.stores.postgres import make_case, open_case

ORIGIN = "test.invalid/log"
SALT = bytes(range(32))


@pytest.fixture
def url(server) -> str:
    return server.url()


@pytest.fixture
def case(url):
    made = make_case(url, ORIGIN)
    made.log.append([b"first line", b"second line"])
    made.objects.put(b"a body")
    made.vault.put(commitment(SALT, b"raw"), SALT, b"raw")
    return made


def sql(url: str, query: str) -> None:
    """What somebody with the server's own password can do to a case."""
    place = Place.parse(url)
    with psycopg.connect(place.conninfo, autocommit=True) as session:
        session.execute(psycopg.sql.SQL("SET search_path = {}").format(psycopg.sql.Identifier(place.schema)))
        session.execute(query)


@pytest.mark.parametrize("work", ["append", "append of 600", "checkpoint", "publish", "drop"])
def test_a_client_killed_at_any_statement_leaves_all_of_its_work_or_none_and_no_lock(work, url):
    program = Path(__file__).parent / "killed_client.py"
    ran = subprocess.run([sys.executable, str(program), work, url], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) >= 4
    print(f"{work}: killed at {ran.stdout.strip()} points")


APPENDER = """
import sys
from trucewatch.stores.postgres import open_case
case = open_case(sys.argv[1])
with case.writing():
    for n in range(100_000):
        case.log.append([b"%d.%d" % (n, k) for k in range(3)])
        print(n, flush=True)
"""


@pytest.mark.parametrize("dies", ["client", "server"])
def test_nothing_acknowledged_is_lost_when_client_or_server_dies_in_the_middle(server, url, dies):
    make_case(url, ORIGIN)
    other = subprocess.Popen([sys.executable, "-c", APPENDER, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert other.stdout is not None and other.stderr is not None
    for _ in range(100):
        confirmed = int(other.stdout.readline())
    if dies == "client":
        other.send_signal(signal.SIGKILL)
    else:
        server.stop("immediate")
    rest = other.stdout.read().split()
    told = other.stderr.read().decode()
    other.wait()
    other.stdout.close()
    other.stderr.close()
    if dies == "server":
        assert told.splitlines()[-1].endswith("what was being stored is there whole or not at all"), told
        server.start()
    lines = open_case(url).log.lines()
    assert len(lines) // 3 > (int(rest[-1]) if rest else confirmed)
    assert lines == [b"%d.%d" % (n, k) for n in range(len(lines) // 3) for k in range(3)]


HOLDER = """
import sys, time
from trucewatch.stores.postgres import open_case
case = open_case(sys.argv[1])
with case.writing():
    case.log.append([b"from the other process"])
    print("held", flush=True)
    time.sleep(60)
"""


def test_two_processes_cannot_both_write_but_one_can_read_while_the_other_writes(case, url):
    other = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    with pytest.raises(CaseBusy, match=f"process {other.pid} is writing to this case"), case.writing():
        pass
    assert open_case(url).log.lines() == [b"first line", b"second line", b"from the other process"]
    other.kill()
    other.wait()
    other.stdout.close()


def test_cases_in_one_database_do_not_lock_each_other_out(case, server):
    with case.writing(), make_case(server.url(), ORIGIN).writing():
        pass


def test_who_appends_without_the_lock_waits_and_nobody_writes_over_another(case, url):
    def add(name: str) -> None:
        mine = open_case(url)
        for n in range(40):
            mine.log.append([f"{name} {n}".encode()])

    hands = [threading.Thread(target=add, args=(name,)) for name in ("a", "b")]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    lines = case.log.lines()
    assert len(lines) == 82
    for name in (b"a", b"b"):
        assert [line for line in lines if line.startswith(name + b" ")] == [name + b" %d" % n for n in range(40)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE tile SET raw = raw || 'x' WHERE path LIKE '%entries%'", "tile/entries/000.p/2: "),
        ("UPDATE tile SET raw = set_byte(raw, 9, 1) WHERE path LIKE '%entries%'", "tile/entries/000.p/2 does not hold"),
        ("DELETE FROM tile WHERE path LIKE '%entries%'", "tile/entries/000.p/2 is gone"),
        ("UPDATE head SET size = 1", "tile/entries/000.p/1 is gone"),
        ("UPDATE head SET root = set_byte(root, 0, get_byte(root, 0) # 1)", "entries that its head commits to"),
        ("DELETE FROM head", "the log's head is gone"),
    ],
)
def test_an_altered_row_of_the_log_is_noticed_and_nothing_is_built_on_it(case, url, change, told):
    sql(url, change)
    with pytest.raises(CaseBroken, match=told) as wrong:
        open_case(url).log.lines()
    assert len(str(wrong.value).splitlines()) == 1
    with pytest.raises(CaseBroken):
        case.log.append([b"next"])


@pytest.mark.parametrize("part", ["raw", "salt"])
def test_altered_captured_bytes_or_salt_are_noticed(case, url, part):
    sql(url, f"UPDATE vault SET {part} = {part} || 'x'")
    with pytest.raises(CaseBroken, match="not what was captured"):
        open_case(url).vault.get(commitment(SALT, b"raw"))


def test_an_altered_object_is_noticed_and_putting_the_true_one_again_mends_it(case, url):
    sql(url, "UPDATE object SET raw = 'A body'")
    with pytest.raises(CaseBroken, match="named after"):
        open_case(url).objects.get(sha256(b"a body"))
    assert open_case(url).objects.get(case.objects.put(b"a body")) == b"a body"


@pytest.mark.parametrize("name", ['a"; DROP SCHEMA public; --', "{} {tile}", "Fälle 2026", "tile", "x" * 63])
def test_any_printable_name_makes_a_case_of_its_own(server, name):
    made = make_case(server.url(name), ORIGIN)
    made.log.append([b"a"])
    assert open_case(server.url(name)).log.lines() == [b"a"]


@pytest.mark.parametrize("name", ["x" * 64, "ä" * 32, "pg_case", "a%0Ab", "a%00b", "100%25"])
def test_a_name_that_the_server_would_change_or_refuse_is_refused_first(server, name):
    with pytest.raises(CaseError, match="is no case's name"):
        make_case(server.url(name), ORIGIN)


def test_a_case_is_not_made_over_other_tables_nor_opened_where_none_is(server, url):
    sql(url, f'CREATE SCHEMA "{Place.parse(url).schema}"')
    sql(url, "CREATE TABLE thesis (page int)")
    with pytest.raises(NotACase, match="holds other tables"):
        make_case(url, ORIGIN)
    with pytest.raises(NotACase, match="trucewatch init"):
        open_case(url)
    with pytest.raises(NotACase):
        open_case(server.url("nobody made it"))


def test_making_a_case_that_is_there_opens_it_also_where_many_make_it_at_once(url):
    made: list[str] = []
    hands = [
        threading.Thread(target=lambda n=n: made.append(make_case(url, f"{n}.invalid/log").log.origin))
        for n in range(6)
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert len(made) == 6 and len(set(made)) == 1


def test_a_case_of_another_form_is_refused(case, url):
    sql(url, "UPDATE about SET format = 3")
    with pytest.raises(CaseBroken, match="expected format 2"):
        open_case(url)


def test_a_lost_connection_is_told_in_one_line(case, url):
    sql(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'trucewatch%'")
    with pytest.raises(CaseError, match="the connection to the server was lost") as wrong:
        case.log.append([b"next"])
    assert len(str(wrong.value).splitlines()) == 1
    assert open_case(url).log.lines() == [b"first line", b"second line"]


def test_a_server_that_is_set_not_to_flush_is_not_written_to(case, url):
    sql(url, "ALTER SYSTEM SET fsync = off")
    sql(url, "SELECT pg_reload_conf()")
    try:
        sql(url, "SELECT pg_sleep(0.2)")
        with pytest.raises(CaseError, match="set not to flush"), open_case(url).writing():
            pass
    finally:
        sql(url, "ALTER SYSTEM RESET fsync")
        sql(url, "SELECT pg_reload_conf()")


def test_a_user_who_may_not_write_is_told_so_in_one_line(server, url):
    sql(url, "DROP ROLE IF EXISTS reader")
    sql(url, "CREATE ROLE reader LOGIN")
    with pytest.raises(CaseError, match="does not permit that to this user; nothing was stored") as wrong:
        make_case(url.replace("user=postgres", "user=reader"), ORIGIN)
    assert len(str(wrong.value).splitlines()) == 1


def addresses(server: Server) -> dict[str, tuple[str, str]]:
    """What is wrong -> the address, and what is told. The word SECRET stands for the password."""
    near = f"127.0.0.1:{server.port}/postgres"
    return {
        "password": (f"postgresql://postgres:SECRET@{near}#case", "refused the user or the password"),
        "user": (f"postgresql://SECRET:SECRET@{near}#case", "refused the user or the password"),
        "port": ("postgresql://postgres:SECRET@127.0.0.1:1/postgres#case", "no server answers there"),
        "host": ("postgresql://postgres:SECRET@nowhere.invalid/postgres#case", "no host of that name"),
        "at sign": (f"postgresql://postgres:a@SECRET@{near}#case", "no host of that name"),
        "slash": (f"postgresql://postgres:a/SECRET@{near}#case", "the case's address is not"),
        "hash": (f"postgresql://postgres:a#SECRET@{near}#case", "the case's address is not"),
        "question": (f"postgresql://postgres:a?SECRET@{near}#case", "the case's address is not"),
        "number, slash": (f"postgresql://postgres:1/SECRET@{near}#case", "the case's address is not"),
        "number, hash": (f"postgresql://postgres:1#SECRET@{near}", "the case's address is not"),
        "number, question": (f"postgresql://postgres:1?SECRET@{near}#case", "the case's address is not"),
        "colon": ("postgresql://postgres:SECRET@127.0.0.1:SECRET/postgres#case", "the case's address is not"),
        "option": (f"postgresql://{near}?password=SECRET&nonsense=SECRET#case", "no connection"),
        "query": (f"postgresql://{near}?user=postgres&password=SECRET#case", "refused the user or the password"),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "password",
        "user",
        "port",
        "host",
        "at sign",
        "slash",
        "hash",
        "question",
        "number, slash",
        "number, hash",
        "number, question",
        "colon",
        "option",
        "query",
    ],
)
def test_a_wrong_address_is_one_line_and_exit_2_and_never_repeats_the_password(server, wrong):
    address, told = addresses(server)[wrong]
    with pytest.raises(CaseError, match=told) as said:
        open_store(address)
    assert "SECRET" not in str(said.value) and len(str(said.value).splitlines()) == 1
    assert said.value.__suppress_context__ or said.value.__context__ is None, "a traceback would tell it"
    ran = CliRunner().invoke(main, ["fuse", "--case", address])
    assert (ran.exit_code, len(ran.output.splitlines())) == (2, 1) and "SECRET" not in ran.output


def test_the_right_password_opens_and_is_not_printed(server, url):
    name = Place.parse(url).schema.replace(" ", "%20")
    made = make_case(server.network_url(PASSWORD, name), ORIGIN)
    assert made.where == f"postgresql://127.0.0.1:{server.port}/postgres#{Place.parse(url).schema}"
    with made.writing(), pytest.raises(CaseBusy) as wrong, open_case(url).writing():
        pass
    assert PASSWORD not in str(wrong.value)


def test_without_psycopg_the_way_out_is_told_in_one_line(monkeypatch):
    for name in [name for name in sys.modules if name in ("trucewatch.stores.postgres", "trucewatch.stores.database")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("trucewatch.stores.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CaseError, match=r"pip install trucewatch\[postgres\]"):
        open_store("postgresql://nowhere.invalid/db")


def test_every_room_runs_on_a_case_in_a_database_and_its_report_can_be_had_as_files(url, tmp_path):
    def ran(*words: str) -> str:
        said = CliRunner().invoke(main, [*words, "--case", url])
        assert said.exit_code == 0, said.output
        return said.output

    ran("demo", "--observations", "500")
    assert "[#" not in ran("report", "--out", str(tmp_path / "out"))
    case = open_case(url)
    files = {at.name: at.read_bytes() for at in (tmp_path / "out").iterdir()}
    there = {name.removeprefix("report/"): raw for name, raw in case.published.items()}
    assert files == {name: raw for name, raw in there.items() if not name.startswith("daily-")} and len(files) == 4
    assert len(there) > len(files), "the evening's report lies in the database, too"
    assert "AILS" not in ran("doctor")
    assert "AILS" not in ran("log", "fsck")


def test_what_was_dropped_leaves_no_dead_row_behind_it(url):
    """The server keeps a deleted row until it sweeps: whoever withholds has it swept now."""
    case, raw = make_case(url, ORIGIN), random.Random(1).randbytes(1_000_000)
    name = commitment(SALT, raw)
    with case.writing():
        case.vault.put(name, SALT, raw)
        body = case.objects.put(raw)

    def size() -> int:
        query = "SELECT sum(pg_total_relation_size(oid) - pg_indexes_size(oid)) FROM pg_class WHERE relname = ANY(%s)"
        place = Place.parse(url)
        with psycopg.connect(place.conninfo, autocommit=True) as session:
            return int(session.execute(f"{query} AND relnamespace = %s::regnamespace", (
                ["vault", "object"], f'"{place.schema}"',
            )).fetchone()[0])  # fmt: skip

    held = size()
    with case.writing():
        case.vault.drop(name)
        case.objects.drop(body)
    assert size() < held / 4
    assert (case.vault.ids(), case.objects.ids()) == ([], [])
