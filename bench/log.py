"""The log: appends, proofs, verification, bytes on disk, fsck, and how a proof's cost grows; beside `pymerkle`.

    python bench/log.py                  everything; freezes its tables in bench/frozen/log.md
    python bench/log.py --small          a hundredth of it, to see that it runs; freezes nothing

`pymerkle` 7.0.0 is under the GPL and no dependency of ours: where it is not installed, pip puts it into a folder that
goes away again. Both write to the same disk in the same run, in turn. Each part runs in a process of its own.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PEER = "pymerkle==7.0.0"
FROZEN = Path(__file__).parent / "frozen" / "log.md"
ROUNDS = 3
APPENDS = {1: 1_000, 100: 20_000, 10_000: 200_000}
"""lines in one append -> lines in all."""
GROWTH = tuple(10**n for n in range(3, 8))
PEER_MOST = 10**7
ASKED = 40
"""Proofs made for each number in the table of growth."""
STEP = 65_536
LINES_SIZE = 100_000
ROWS, ENTRIES = 1_000_000, 20_000


def lines_of(count: int, start: int = 0) -> list[bytes]:
    """Lines as the log has them, of its usual length."""
    from trucewatch.log.entry import Entry

    line = Entry("observations", "0" * 64, datetime(2026, 1, 2, tzinfo=UTC), "trucewatch").encode()
    head, _, tail = line.partition(b"0" * 64)
    return [head + b"%064x" % n + tail for n in range(start, start + count)]


def on_disk(folder: Path) -> tuple[int, int]:
    """-> (bytes in files, bytes that the disk gives them)."""
    held = [at.stat() for at in folder.rglob("*") if at.is_file()]
    return sum(at.st_size for at in held), sum(at.st_blocks * 512 for at in held)


def flushes(folder: Path) -> float:
    """How often a second this disk takes a small write for good: the floor under every durable append."""
    with (folder / "probe").open("wb") as file:
        at = time.perf_counter()
        for _ in range(200):
            file.write(bytes(64))
            file.flush()
            os.fsync(file.fileno())
    return 200 / (time.perf_counter() - at)


def appends(folder: Path, small: bool) -> dict[str, Any]:
    """Durable appends: into our case's log under its write lock, and into the peer's SQLite tree."""
    from pymerkle import SqliteTree

    from trucewatch.stores.posix import make_case

    out: dict[str, Any] = {"flushes": flushes(folder), "rates": {}}
    for batch, total in APPENDS.items():
        lines = lines_of(max(batch, total // (100 if small else 1)))
        rates: dict[str, list[float]] = {"ours": [], "peer": []}
        for turn in range(ROUNDS):
            case = make_case(folder / f"ours-{batch}-{turn}", "trucewatch.case/bench")
            at = time.perf_counter()
            with case.writing():
                for n in range(0, len(lines), batch):
                    case.log.append(lines[n : n + batch])
            rates["ours"].append(len(lines) / (time.perf_counter() - at))
            tree = SqliteTree(str(folder / f"peer-{batch}-{turn}.db"))
            at = time.perf_counter()
            for n in range(0, len(lines), batch):
                if batch == 1:
                    tree.append_entry(lines[n])
                else:
                    tree.append_entries(lines[n : n + batch])
            rates["peer"].append(len(lines) / (time.perf_counter() - at))
            assert tree.get_root() == case.log.head().root
            tree.close()
        out["rates"][batch] = {who: statistics.median(found) for who, found in rates.items()}
        if batch == max(APPENDS):
            ours = on_disk(folder / f"ours-{batch}-0" / "log")
            peer = (folder / f"peer-{batch}-0.db").stat()
            said = sum(map(len, lines))
            out["disk"] = {"ours": [part / len(lines) for part in ours], "lines": said / len(lines),
                           "peer": [peer.st_size / len(lines), peer.st_blocks * 512 / len(lines)]}  # fmt: skip
    return out


def proofs(folder: Path, small: bool) -> dict[str, Any]:
    """Proofs and verifications a second, from a log on disk that is open already."""
    from pymerkle import SqliteTree, verify_consistency, verify_inclusion

    from trucewatch.log import merkle, tiles
    from trucewatch.log.checkpoint import Head
    from trucewatch.stores.posix import make_case

    size = LINES_SIZE // (100 if small else 1)
    lines, draw = lines_of(size), random.Random(1)
    case = make_case(folder / "case", "trucewatch.case/bench")
    with case.writing():
        case.log.append(lines)
    tree = SqliteTree(str(folder / "peer.db"))
    tree.append_entries(lines)
    root = case.log.head().root
    which = [draw.randrange(size) for _ in range(3_000)]
    shared = tiles.subtrees(size, case.log.file)
    made = {"ours": [(n, merkle.path(shared, n, size)) for n in which]}
    tree.prove_inclusion(1)
    peers = [(n, tree.prove_inclusion(n + 1)) for n in which]
    spans = [(n + 1, merkle.consistency(shared, n + 1, size), merkle.hash_of(shared, 0, n + 1)) for n in which]
    peer_spans = [(n + 1, tree.prove_consistency(n + 1), tree.get_root(n + 1)) for n in which[:300]]
    leaves = [merkle.leaf(line) for line in lines]

    def holds(n: int, way: list[bytes]) -> None:
        assert merkle.climb(leaves[n], n, size, way) == root

    out = {
        "prove inclusion, open": (
            rate(lambda n: merkle.path(shared, n, size), which),
            rate(lambda n: tree.prove_inclusion(n + 1), which),
        ),
        "prove inclusion, opened for it": (
            rate(lambda n: merkle.path(tiles.subtrees(size, case.log.file), n, size), which[:500]),
            rate(lambda n: opened_for(folder / "peer.db", n), which[:5]),
        ),
        "prove consistency, open": (
            rate(lambda n: merkle.consistency(shared, n + 1, size), which),
            rate(lambda n: tree.prove_consistency(n + 1), which[:300]),
        ),
        "verify inclusion": (
            rate(lambda pair: holds(*pair), made["ours"]),
            rate(lambda p: verify_inclusion(leaves[p[0]], root, p[1], index=p[0] + 1, size=size), peers),
        ),
        "verify consistency": (
            rate(lambda p: merkle.extends(p[0], p[2], size, root, p[1]), spans),
            rate(lambda p: verify_consistency(p[2], root, p[1], prior_size=p[0], later_size=size), peer_spans),
        ),
    }
    told = Head("trucewatch.case/bench", size, root)
    out["verify a proof file: signature, two of three witnesses, line, body"] = (whole(told, lines, shared), None)
    return {"size": size, "rates": out}


def rate(call: Callable[[Any], Any], over: list[Any]) -> float:
    """Calls a second, the median of three rounds."""
    found = []
    for _ in range(ROUNDS):
        at = time.perf_counter()
        for one in over:
            call(one)
        found.append(len(over) / (time.perf_counter() - at))
    return statistics.median(found)


def opened_for(path: Path, n: int) -> None:
    """One proof by the peer from a tree opened for it: nothing is cached."""
    from pymerkle import SqliteTree

    with SqliteTree(str(path)) as tree:
        tree.prove_inclusion(n + 1)


def whole(head: Any, lines: list[bytes], tree: Any) -> float:
    """Proof files verified a second, from their bytes, by someone who has nothing but keys."""
    from trucewatch.base.ids import sha256
    from trucewatch.log import merkle
    from trucewatch.log.checkpoint import Head, checkpoint
    from trucewatch.log.cosign import cosign
    from trucewatch.log.entry import Entry
    from trucewatch.log.note import COSIGNED, Note, Signer
    from trucewatch.log.policy import Policy
    from trucewatch.log.proof import Extra, Proof
    from trucewatch.log.verify import verify_evidence

    body = b'{"said":"a body"}'
    line = Entry("judgement", sha256(body), datetime(2026, 1, 2, tzinfo=UTC), "trucewatch").encode()
    leaves = [merkle.leaf(x) for x in lines[:-1]] + [merkle.leaf(line)]
    grown = merkle.in_memory(leaves)
    now = Head(head.origin, head.size, merkle.root(leaves))
    log = Signer(head.origin, bytes(32))
    by = [Signer(f"witness.example/{n}", bytes([n]) * 32, COSIGNED) for n in (1, 2, 3)]
    note = checkpoint(now, log)
    note = Note(note.text, (*note.signatures, *(cosign(note, one, 1) for one in by)))
    says = [f"log {log.vkey.encode()}", *(f"witness {n} {one.vkey.encode()}" for n, one in enumerate(by)),
            "group two 2 0 1 2", "quorum two", ""]  # fmt: skip
    policy = Policy.decode("\n".join(says).encode())
    way = tuple(merkle.path(grown, head.size - 1, head.size))
    raw = Proof(head.size - 1, way, note.encode(), Extra(line, body).encode()).encode()
    return rate(lambda proof: verify_evidence(body, proof, policy), [raw] * 300)


def growth(folder: Path, small: bool) -> list[dict[str, Any]]:
    """What one proof costs from a log on disk, at growing sizes: seconds, files read, bytes read. Each opened anew."""
    from pymerkle import SqliteTree

    from trucewatch.log import merkle, tiles

    rows, size, draw = [], 0, random.Random(2)
    base = folder / "log"
    tree = SqliteTree(str(folder / "peer.db"))

    def read(path: str) -> bytes:
        return (base / path).read_bytes()

    for wanted in GROWTH[: 3 if small else None]:
        at = time.perf_counter()
        while size < wanted:
            step = tiles.grow(size, read, lines_short(size, min(size + STEP - size % STEP, wanted)))
            for path, raw in step.files.items():
                (base / path).parent.mkdir(parents=True, exist_ok=True)
                (base / path).write_bytes(raw)
            size = step.size
        built = time.perf_counter() - at
        row: dict[str, Any] = {"size": size, "built": built}
        which = [draw.randrange(1, size) for _ in range(ASKED)]
        for name, make in (("inclusion", merkle.path), ("consistency", merkle.consistency)):
            row[name] = cost(lambda n, make=make, size=size: make(counted(size, read), n, size), which)
        if size <= PEER_MOST:
            at = time.perf_counter()
            have = tree.get_size()
            tree.append_entries(line for n in range(have, size, STEP) for line in lines_short(n, min(n + STEP, size)))
            row["peer_built"] = time.perf_counter() - at
            few = which[: 3 if size >= 10**6 else 10]
            row["peer_cold"] = median_s(lambda n: opened_for(folder / "peer.db", n - 1), few)
            row["peer_first"] = median_s(lambda n: tree.prove_inclusion(n), which)
            row["peer_warm"] = median_s(lambda n: tree.prove_inclusion(n), which)
            row["peer_consistency"] = median_s(lambda n: tree.prove_consistency(n), which[:10])
        rows.append(row)
    assert tiles.root_of(size, read) == tree.get_root(size)
    return rows


READ: list[int] = []
"""How many bytes each file had that was read for the proof at hand."""


def counted(size: int, read: Callable[[str], bytes]) -> Any:
    from trucewatch.log import tiles

    def noted(path: str) -> bytes:
        raw = read(path)
        READ.append(len(raw))
        return raw

    return tiles.subtrees(size, noted)


def cost(make: Callable[[int], Any], which: list[int]) -> dict[str, float]:
    """Medians over proofs: milliseconds, files, bytes; and the hashes in the longest proof."""
    spent, files, bytes_read, longest = [], [], [], 0
    for n in which:
        READ.clear()
        at = time.perf_counter()
        longest = max(longest, len(make(n)))
        spent.append(time.perf_counter() - at)
        files.append(len(READ))
        bytes_read.append(sum(READ))
    return {"ms": 1e3 * statistics.median(spent), "files": statistics.median(files), "most_files": max(files),
            "kb": statistics.median(bytes_read) / 1e3, "hashes": longest}  # fmt: skip


def median_s(call: Callable[[int], Any], which: list[int]) -> float:
    found = []
    for n in which:
        at = time.perf_counter()
        call(n)
        found.append(time.perf_counter() - at)
    return statistics.median(found)


def lines_short(start: int, end: int) -> list[bytes]:
    """Short lines: the cost of a proof does not hang on their length, the time to build ten million does."""
    return [b"%032d" % n for n in range(start, end)]


def checked(folder: Path, small: bool) -> list[dict[str, Any]]:
    """`fsck` of two cases, one of few and large captures, one of many small entries: bytes, seconds, beside the time
    that it takes to read and hash the same files once."""
    from trucewatch import pipeline
    from trucewatch.archive import commit
    from trucewatch.cli.base import tools
    from trucewatch.cli.demo import play
    from trucewatch.custody import line
    from trucewatch.simulate import SimulateParams, simulate
    from trucewatch.stores.posix import make_case

    use: pipeline.Tools = tools()
    large = make_case(folder / "large", "trucewatch.case/bench")
    play(large, simulate(SimulateParams(observations=ROWS // (100 if small else 1), seed=1)), use)
    many = make_case(folder / "many", "trucewatch.case/bench")
    acts = [line("read", [], f"person {n}") for n in range(ENTRIES // (100 if small else 1))]
    with many.writing():
        commit(many, acts, use.clock, use.maker)
    return [_timed(large, f"{ROWS:,} simulated observations"), _timed(many, "small custody entries")]


def _timed(case: Any, what: str) -> dict[str, Any]:
    import hashlib

    from trucewatch.fsck import fsck

    held = [at for name in ("vault", "objects", "log") for at in (case.folder / name).rglob("*") if at.is_file()]
    at = time.perf_counter()
    read = sum(len(raw) for raw in map(Path.read_bytes, held) if hashlib.sha256(raw).digest())
    bare = time.perf_counter() - at
    at = time.perf_counter()
    found = fsck(case)
    seconds = time.perf_counter() - at
    assert all(holds for _, holds, _ in found), found
    entries = case.log.head().size
    return {"what": what, "bytes": read, "s": seconds, "bare_s": bare, "entries": entries, "files": len(held)}


PARTS: dict[str, Callable[[Path, bool], Any]] = {
    "appends": appends, "proofs": proofs, "growth": growth, "fsck": checked,
}  # fmt: skip


def beside(ours: float, peer: float | None) -> str:
    return "| " + " | ".join(
        (f"{ours:,.0f}", *(("-", "-") if peer is None else (f"{peer:,.0f}", f"{ours / peer:.2g} x")))
    )


def told(found: dict[str, Any]) -> str:
    parts = (_appends(found), _disk(found), _proofs(found), _growth(found), _fsck(found))
    return "\n\n".join("\n".join(part).strip() for part in parts)


def _appends(found: dict[str, Any]) -> Iterator[str]:
    flushed = found["appends"]["flushes"]
    yield f"Durable appends, lines a second. The disk takes {flushed:,.0f} small flushed writes a second."
    yield "\n| lines in one append | ours | pymerkle | ours / pymerkle |\n|---|---|---|---|"
    for batch, rates in found["appends"]["rates"].items():
        yield f"| {int(batch):,} {beside(rates['ours'], rates['peer'])} |"


def _disk(found: dict[str, Any]) -> Iterator[str]:
    disk = found["appends"]["disk"]
    yield "\nBytes on disk a leaf, after the appends of 10,000; the lines themselves have " + f"{disk['lines']:.0f}."
    yield "\n| | ours | pymerkle | ours / pymerkle |\n|---|---|---|---|"
    for n, name in enumerate(("bytes in files", "bytes that the disk gives them")):
        yield f"| {name} {beside(disk['ours'][n], disk['peer'][n])} |"


def _proofs(found: dict[str, Any]) -> Iterator[str]:
    yield f"\nProofs and verifications a second, {found['proofs']['size']:,} leaves on disk."
    yield "\n| | ours | pymerkle | ours / pymerkle |\n|---|---|---|---|"
    for name, (ours, peer) in found["proofs"]["rates"].items():
        yield f"| {name} {beside(ours, peer)} |"


def _growth(found: dict[str, Any]) -> Iterator[str]:
    yield "\nOne proof from files on disk, opened for it; medians. pymerkle: opened for it; open, asked first; again."
    yield (
        "\n| leaves | inclusion ms | files (most) | kB read | hashes | consistency ms | files (most) | kB read "
        "| pymerkle inclusion ms | open, first | open, again | consistency, open | built s, ours | pymerkle |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for row in found["growth"]:
        one, two = row["inclusion"], row["consistency"]
        cells = [f"{row['size']:,}", *_cells(one), f"{one['hashes']}", *_cells(two)]
        names = ("peer_cold", "peer_first", "peer_warm", "peer_consistency")
        peer = [f"{1e3 * row[name]:.2f}" if name in row else "-" for name in names]
        built = [f"{row['built']:.1f}", f"{row['peer_built']:.1f}" if "peer_built" in row else "-"]
        yield f"| {' | '.join(cells + peer + built)} |"


def _cells(one: dict[str, float]) -> list[str]:
    return [f"{one['ms']:.2f}", f"{one['files']:.0f} ({one['most_files']})", f"{one['kb']:.1f}"]


def _fsck(found: dict[str, Any]) -> Iterator[str]:
    yield "\n`fsck` of a whole case on disk; beside it, only to read and to hash the same files once.\n"
    yield "| case | entries | files | GB | fsck s | GB/s | entries/s | read and hash, GB/s |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in found["fsck"]:
        size = one["bytes"] / 1e9
        cells = (f"{one['entries']:,}", f"{one['files']:,}", f"{size:.3f}", f"{one['s']:.2f}", f"{size / one['s']:.3f}",
                 f"{one['entries'] / one['s']:,.0f}", f"{size / one['bare_s']:.2f}")  # fmt: skip
        yield f"| {one['what']} | {' | '.join(cells)} |"


LEGEND = """Ours is a case folder: each append writes the new tiles and bundles, flushes every file and folder, and
replaces the head, which commits to the root; before that it checks the right edge against the head. pymerkle is its
`SqliteTree` as it comes: one transaction an append (rollback journal, `synchronous=FULL`), a row a leaf, no root and
no inner hash stored. So pymerkle has less to write for a single line, and more to compute for a proof: whoever opens it
anew hashes every leaf. For the table of growth our files are written bare, without a flush, from lines of 32 bytes in
batches of up to 65,536, and outgrown partial files stay; the disk's cache is warm for both.

Where we lose: durable appends, since every new tile is a file of its own that is flushed; and a proof that pymerkle is
asked for a second time while it is open, beside ours from files opened for it."""


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--small", action="store_true")
    ask.add_argument("--part", choices=PARTS)
    ask.add_argument("--folder", type=Path)
    said = ask.parse_args()
    if said.part:
        with tempfile.TemporaryDirectory(dir=said.folder) as name:
            print(json.dumps(PARTS[said.part](Path(name), said.small)))
        return
    with tempfile.TemporaryDirectory(dir=said.folder) as name:
        path = os.environ | {"PYTHONPATH": peer(Path(name))}
        more = ["--folder", str(said.folder)] if said.folder else []
        found = {}
        for part in PARTS:
            me = [sys.executable, __file__, "--part", part, *(["--small"] if said.small else []), *more]
            found[part] = json.loads(subprocess.run(me, check=True, stdout=subprocess.PIPE, env=path).stdout)
    text = told(found)
    print(text)
    if not said.small:
        import sqlite3

        import cryptography

        versions = (
            f"SQLite {sqlite3.sqlite_version}, cryptography {cryptography.__version__}, {PEER.replace('==', ' ')}"
        )
        machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, {versions}"
        when = f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine}, with `python bench/log.py`."
        FROZEN.parent.mkdir(exist_ok=True)
        FROZEN.write_text(f"# The log, beside pymerkle\n\n{when}\n\n{text}\n\n{LEGEND}\n")


def peer(folder: Path) -> str:
    """Where the peer can be imported from; installed on demand, for this run only."""
    if importlib.util.find_spec("pymerkle"):
        return os.environ.get("PYTHONPATH", "")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--target",
        str(folder / "peer"),
        PEER,
    ]
    if subprocess.run(pip, stderr=subprocess.DEVNULL).returncode:
        print(f"the log is measured beside {PEER}, which is not here and cannot be installed", file=sys.stderr)
        raise SystemExit(2)
    return str(folder / "peer")


if __name__ == "__main__":
    main()
