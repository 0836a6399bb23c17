"""Floor 4: derive the whole log again from its bytes, and hold everything that lies in the case to it.

Each unit of bytes has one check that catches a change in it: entries and tiles are made again and compared, heads are
recomputed, signatures verified, bodies and batches hashed, commitments opened, finished files found in the entries of
the runs that made them. The first difference is named.

What it cannot see: a history that was rewritten as a whole, its key entry too; one that was set back to a head that
was signed before; other entries after the last signed head. Whoever has a key, a time or a checkpoint from elsewhere
sees that: with a policy, `since` and `kept` here, or with `copies`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from trucewatch.archive import Known, know, named
from trucewatch.base.errors import CaseBroken, TrucewatchError, VerificationError
from trucewatch.base.ids import SHORT
from trucewatch.finished import finished
from trucewatch.formed import check_bodies
from trucewatch.log import merkle, tiles
from trucewatch.log.cosign import by_kind, head_of, time_of
from trucewatch.log.note import Note, Signature, VKey, signed
from trucewatch.log.params import LogParams
from trucewatch.log.policy import Policy
from trucewatch.ports import HeadLike, LogStore, Store
from trucewatch.proving import announced
from trucewatch.signing import not_handed_over
from trucewatch.withhold import unfinished, unfounded

Check = tuple[str, bool, str]
"""(what was checked, does it hold, what was found)."""
_MOST_TRIES = 5
"""A log may grow while it is read without a lock; after so many tries what was found is told all the same."""
_KEPT = "the checkpoint that was kept"


@dataclass(frozen=True)
class Asked:
    """What a reader holds the log to, from elsewhere.

    now: his clock; with it, cosignatures from the future are refused. since: cosignatures before it do not count.
    kept: a checkpoint that he kept, which the log must extend. tell: what is being done, for people.
    """

    now: datetime | None = None
    since: datetime | None = None
    kept: bytes | None = None
    tell: Callable[[str], None] = lambda line: None


def fsck(store: Store, policy: Policy | None = None, asked: Asked | None = None) -> list[Check]:
    """Everything, in order -> what was checked. Where entries, tiles or bodies do not hold it stops there, since all
    else would speak of what nobody vouches for; any other fault does not keep the next steps from being taken."""
    found: list[Check] = []
    for _ in range(_MOST_TRIES):
        case = _Case(store, policy, asked or Asked())
        found = _checked(case)
        if all(well for _, well, _ in found) or not case.has_grown():
            break
    return found


def _checked(case: _Case) -> list[Check]:
    found: list[Check] = []
    for step in _STEPS:
        name = step.__name__[1:]
        case.asked.tell(name)
        try:
            found.append((name, True, step(case)))
        except TrucewatchError as wrong:
            found.append((name, False, str(wrong)))
        except OSError as wrong:
            found.append((name, False, f"{wrong.filename or 'a file'} cannot be read: {wrong.strerror or wrong}"))
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            RecursionError,
        ) as wrong:  # a body may say anything at all
            told = " ".join(f"{type(wrong).__name__} {wrong}".split())
            found.append((name, False, f"an entry says something that cannot be understood: {told}"))
        if step in _GROUND and not found[-1][1]:
            break
    return found


class _Case:
    """What the steps share: each part of it is read or derived once."""

    def __init__(self, store: Store, policy: Policy | None, asked: Asked) -> None:
        self.store, self.policy, self.asked = store, policy, asked

    @cached_property
    def head(self) -> HeadLike:
        return self.store.log.head()

    @cached_property
    def levels(self) -> list[list[bytes]]:
        """The hashes of every level of tiles, as the entries make them."""
        return derived([merkle.leaf(line) for line in tiles.entries(self.head.size, self.file)])

    @cached_property
    def known(self) -> Known:
        return know(self.store, self.head.size)

    @cached_property
    def lies(self) -> set[str]:
        """The log's files that lie there."""
        return set(self.store.log.files())

    def file(self, path: str) -> bytes:
        try:
            return self.store.log.file(path)
        except KeyError:
            raise CaseBroken(f"{path} is gone") from None

    def has_grown(self) -> bool:
        try:
            return self.store.log.head() != self.head
        except TrucewatchError:
            return False


def _entries(case: _Case) -> str:
    """The files of entries can be read, and hold as many as the head says."""
    size = case.head.size
    # Before anything of that length is made: a head can speak of any number.
    if size // tiles.WIDTH > len(case.lies):
        raise CaseBroken(f"the head speaks of {size} entries; there are no files for so many")
    try:
        return f"{len(case.levels[0])} in the files that the head of {case.head.origin} speaks of"
    except VerificationError as wrong:
        raise CaseBroken(str(wrong)) from None


def _tiles(case: _Case) -> str:
    """Every tile is what the entries make it, level by level, and so is the root of the head."""
    wanted = [tile for tile in tiles.tiles_of(case.head.size) if tile.level >= 0]
    for tile in wanted:
        check_tile(tile, case.file(tile.path), case.levels)
    root = merkle.root(case.levels[0])
    if root != case.head.root:
        raise CaseBroken(f"the {case.head.size} entries do not lead to the root that the head speaks of")
    return f"{len(wanted)} made again from the entries, the same bytes; root {root.hex()[:SHORT]}"


def derived(leaves: list[bytes]) -> list[list[bytes]]:
    """Leaf hashes -> the hashes of every level of tiles, the leaves first."""
    levels, width = [leaves], tiles.WIDTH
    while len(levels[-1]) >= width:
        below = levels[-1]
        levels.append([merkle.root(below[n : n + width]) for n in range(0, len(below) - width + 1, width)])
    return levels


def check_tile(tile: tiles.Tile, raw: bytes, levels: Sequence[Sequence[bytes]]) -> None:
    """Hold one file's bytes to the hashes that the entries make. CaseBroken names the first that differs."""
    level, start = max(tile.level, 0), tile.index * tiles.WIDTH
    wanted = levels[level][start : start + tile.width]
    if tile.level < 0:
        try:
            found = [merkle.leaf(line) for line in tiles.unbundle(raw, tile.width)]
        except VerificationError as wrong:
            raise CaseBroken(f"{tile.path}: {wrong}") from None
    elif len(raw) == tile.width * merkle.HASH_BYTES:
        found = tiles.hashes(raw, tile.width)
    else:
        raise CaseBroken(f"{tile.path} has {len(raw)} bytes, expected {tile.width} hashes of {merkle.HASH_BYTES}")
    if found == wanted:
        return
    for n, (left, right) in enumerate(zip(found, wanted, strict=True)):
        if left != right:
            first = (start + n) * tiles.WIDTH**level
            raise CaseBroken(f"{tile.path}: hash {n} is not what the entries from {first} on make it")


def _bodies(case: _Case) -> str:
    """Every line is an entry and every entry's body is there, is the one, and of the form of its kind."""
    check_bodies(case.store, case.known)
    return f"{case.known.size} are there and are what their entries commit to"


def _checkpoints(case: _Case) -> str:
    """Every signed checkpoint is of this log as it was at that size, and signed by a key that the log goes by."""
    log, policy = case.store.log, case.policy
    keys = list(policy.logs) if policy else announced(case.store, case.known.entries)
    tree, sizes, latest, unknown = merkle.in_memory(case.levels[0]), log.checkpoints(), log.checkpoint(), 0
    for at in sizes:
        unknown += _signed_head(case, _kept(case, at), keys, tree)
        # The partial files of that size, where they still lie there; where they do not, the fuller one says the same.
        for tile in tiles.edge_of(at):
            if tile.path in case.lies:
                check_tile(tile, case.file(tile.path), case.levels)
    if latest is not None:
        unknown += _signed_head(case, ("the latest checkpoint", latest), keys, tree)
    place = _in_place(latest, log, sizes)
    kept = _extends_kept(case, keys, tree) + _rotated(case)
    size = case.head.size
    if latest is None:
        if policy:
            raise CaseBroken("no signed checkpoint: the policy is not met")
        return f"none was signed yet{f'; nobody vouches for the {size} entries' if size else ''}{kept}"
    says = f"{len(sizes)} signed, up to {max(sizes, default=0)} entries"
    says += "" if policy else ", by keys that the log itself announces"
    says += f"; {unknown} lines are of keys that are not known here, and were not verified" if unknown else ""
    if policy:
        trusted = policy.open(latest, case.asked.now, case.asked.since)
        says += f"; witnesses of the latest: {len(trusted.witnesses)}"
    behind = size - head_of(Note.decode(latest), keys).size
    says += f"; {behind} entries behind the signed head are vouched for by nobody yet" if behind else ""
    return says + kept + place


def _extends_kept(case: _Case, keys: Sequence[VKey], tree: merkle.Subtree) -> str:
    """The log extends a checkpoint that the reader has kept."""
    if case.asked.kept is None:
        return ""
    _signed_head(case, (_KEPT, case.asked.kept), keys, tree)
    return f"; it extends {_KEPT}, of {head_of(Note.decode(case.asked.kept), keys).size} entries"


def _rotated(case: _Case) -> str:
    """Each key that the log announces was handed over by the one before, or the policy names it; or else the entry
    itself says that the old one was lost."""
    found = not_handed_over(case.store, case.known.entries)
    trusted = case.policy.logs if case.policy else ()
    for one in found:
        if one.wrong:
            raise CaseBroken(f"entry {one.entry} announces a key, and the old key's signature over it does not hold")
        if not one.lost and one.key not in trusted:
            raise CaseBroken(f"entry {one.entry} announces a key that the one before did not hand over")
    told = ", ".join(str(one.entry) for one in found if one.key not in trusted)
    return f"; the old key did not hand over to that of entry {told}: only a policy can vouch for it" if told else ""


def _kept(case: _Case, at: int) -> tuple[str, bytes]:
    raw, what = case.store.log.checkpoint(at), f"the checkpoint of {at}"
    if raw is None:
        raise CaseBroken(f"{what} is gone")
    if not raw.startswith(f"{case.head.origin}\n{at}\n".encode()):
        raise CaseBroken(f"{what} is not of {at} entries of {case.head.origin}")
    return what, raw


def _signed_head(case: _Case, which: tuple[str, bytes], keys: Sequence[VKey], tree: merkle.Subtree) -> int:
    """Hold one signed checkpoint to the log -> how many of its lines are of nobody that is known here."""
    what, raw = which
    every = [*keys, *(case.policy.witnesses.values() if case.policy else ())]
    try:
        note = Note.decode(raw)
        found = [key for key, _ in signed(note, every, by_kind)]
        if not any(key in keys for key in found):
            raise VerificationError("no known key of the log has signed it")
        head = head_of(note, [key for key in found if key in keys])
    except VerificationError as wrong:
        raise CaseBroken(f"{what}: {wrong}") from None
    # A line of nobody that we know is passed over, whatever its name; but not what one of these keys has made.
    lines = [line for line in note.signatures if not any(key.named_by(line) for key in found)]
    missing = [key for key in every if key not in found]
    if spoilt := next((key for key in missing for line in lines if _made_by(key, note, line)), None):
        raise CaseBroken(f"{what}: a line is that of {spoilt.name} but for its name or its key's id")
    if head.origin != case.head.origin:
        raise CaseBroken(f"{what} is of the log {head.origin}")
    if head.size > case.head.size:
        raise CaseBroken(f"{head.size} entries were signed, the log has {case.head.size}: some are gone")
    if merkle.hash_of(tree, 0, head.size) != head.root:
        told = f"the first {head.size} entries do not lead to the root that was signed"
        raise CaseBroken(f"{what}: {told}: the history was changed")
    return len(note.signatures) - len(found)


def _made_by(key: VKey, note: Note, line: Signature) -> bool:
    """Has the key made this line, whatever name and id it bears? One character of the text spells the end of an id and
    the first bits of a cosignature's time, which are zero."""
    timed = Signature(line.name, line.key_id, b"\x00" + line.made[1:])
    return by_kind(key, note, line) or by_kind(key, note, timed)


def _in_place(latest: bytes | None, log: LogStore, sizes: Sequence[int]) -> str:
    """The latest is the largest that is kept under its size, or newer; it is put in its place first, so that a command
    that broke off leaves it newer, or with more cosignatures."""
    if latest is None:
        if sizes:
            raise CaseBroken(f"the latest checkpoint is gone; {len(sizes)} are kept under their sizes")
        return ""
    note, largest = Note.decode(latest), max(sizes, default=0)
    size = int(note.text.split(b"\n")[1])
    if size < largest:
        raise CaseBroken("the latest checkpoint is not the largest that was signed")
    kept = Note.decode(log.checkpoint(size) or b"") if size == largest else None
    if kept is not None and (kept.text != note.text or not set(kept.signatures) <= set(note.signatures)):
        raise CaseBroken("the latest checkpoint is not the one that is kept under its size")
    if kept == note:
        return ""
    return "; the latest is not yet kept under its size: an interrupted command, mended by: trucewatch log checkpoint"


def _times(case: _Case) -> str:
    """Does an entry say that it was made before a time at which a witness had not been shown it? That is no fault:
    a head can be cosigned late. It is said, since a date cannot be held to more than this."""
    policy = case.policy
    if policy is None or not policy.witnesses:
        return "not bounded: no policy names a witness"
    entries, slack = case.known.entries, timedelta(seconds=LogParams().clock_slack_s)
    shown: set[str] = set()
    earliest, n = len(entries), len(entries)  # of the entries from n on, which says the earliest time?
    for size in reversed(case.store.log.checkpoints()):
        while n > size:
            n -= 1
            earliest = n if earliest == len(entries) or entries[n].made_at < entries[earliest].made_at else earliest
        for name, when in _seen(case.store.log.checkpoint(size) or b"", policy).items():
            shown.add(name)
            if earliest < len(entries) and entries[earliest].made_at + slack < when:
                told = f"entry {earliest} says that it was made at {entries[earliest].made_at:%Y-%m-%d %H:%M} UTC"
                unseen = f"at {when:%Y-%m-%d %H:%M} UTC witness {name} had not been shown it"
                return f"a note: {told}; {unseen}: cosigned late, or dated back; this cannot tell"
    return (
        f"no entry says that it is older than what the witnesses {', '.join(sorted(shown)) or '(none yet)'} were shown"
    )


def _seen(raw: bytes, policy: Policy) -> dict[str, datetime]:
    """The cosignatures on a checkpoint by witnesses that we know: whose, and when."""
    found = signed(Note.decode(raw), list(policy.witnesses.values()), by_kind)
    return {name: time_of(line) for name, key in policy.witnesses.items() for other, line in found if other == key}


def _captures(case: _Case) -> str:
    """Every capture opens its commitment, or an entry says who withheld it."""
    known = case.known
    there = [capture for capture in known.captures if capture not in known.withheld]
    for capture in there:
        try:
            _, raw = case.store.vault.get(capture)  # which opens the commitment, once
        except KeyError:
            told = f"the bytes of capture {capture[:SHORT]} are gone"
            raise CaseBroken(f"{told}, and no entry says that they were withheld") from None
        if len(raw) != known.sizes[capture]:
            told = f"{known.sizes[capture]} bytes, there are {len(raw)}"
            raise CaseBroken(f"entry {known.at[capture]} says of capture {capture[:SHORT]} that it has {told}")
    held = f"; {len(known.withheld)} more are withheld, each by an entry" if known.withheld else ""
    return f"{len(there)} open their commitments{held}"


def _objects(case: _Case) -> str:
    """Every batch and result that an entry names is there, or was withheld with its capture."""
    wanted, gone = named(case.known), set(case.known.gone)
    for sha in sorted(wanted - gone):
        try:
            case.store.objects.get(sha)
        except KeyError:
            told = f"the batch or result {sha[:SHORT]} is gone"
            raise CaseBroken(f"{told}, and no entry says that it was withheld") from None
    held = f"; {len(wanted & gone)} more are withheld" if wanted & gone else ""
    return f"{len(wanted - gone)} batches and results hold what the log commits to{held}"


def _published(case: _Case) -> str:
    """Every finished file that lies in the case is one that an entry says was made, for the level that it lies under.
    Where one is gone, it is gone."""
    names = list(case.store.published)
    notes = [note for name in names if (note := finished(case.known, name, case.store.published[name]))]
    return "; ".join([f"{len(names)} finished files are as they were made" if names else "no finished files", *notes])


def _leftovers(case: _Case) -> str:
    """What lies there and belongs to nothing: harmless, but for what should have gone, or went without a reason."""
    known, vault, objects = case.known, set(case.store.vault.ids()), set(case.store.objects.ids())
    if wrong := [*unfounded(known), *unfinished(known, vault, objects)]:
        raise CaseBroken("; ".join(wrong[:3]))
    bodies = {entry.body_hash for entry in known.entries}
    extra = len(objects - named(known) - bodies) + len(vault - set(known.captures))
    stays = {tile.path for tile in tiles.tiles_of(known.size)}
    stays |= {tile.path for size in case.store.log.checkpoints() for tile in tiles.edge_of(size)}
    extra += len(case.lies - stays)
    if extra and not known.size:
        told = f"the log is empty and {extra} files lie here"
        raise CaseBroken(f"{told}: the first command was interrupted (do it again), or the log was taken away")
    return f"{extra} files belong to nothing: left by an interrupted command, harmless" if extra else "none"


_GROUND = (_entries, _tiles, _bodies)
_STEPS = (*_GROUND, _checkpoints, _times, _captures, _objects, _published, _leftovers)
