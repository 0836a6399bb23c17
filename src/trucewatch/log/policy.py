"""A trust policy (C2SP tlog-policy): whose signatures make a checkpoint count. Pure.

log <vkey> [<url>]
witness <name> <vkey> [<url>]
group <name> all|any|<k> <name>...
quorum <name>|none
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import by_kind, head_of, time_of
from trucewatch.log.note import COSIGNED, COSIGNED_ML_DSA, ED25519, Note, VKey, signed
from trucewatch.log.params import LogParams

NONE = "none"
MOST_LINES = 1000
_COUNT = re.compile("[1-9][0-9]{0,3}")
_CONTROL = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")


@dataclass(frozen=True)
class Trusted:
    """A checkpoint that counts: its head, and which witnesses vouch for it since when (UTC)."""

    head: Head
    witnesses: dict[str, datetime]


@dataclass(frozen=True)
class Policy:
    """logs, witnesses: name in the policy -> key; groups: name -> (how many of its members it takes, members).

    urls: a witness's name -> where it can be asked for a cosignature.
    """

    logs: tuple[VKey, ...]
    witnesses: dict[str, VKey]
    groups: dict[str, tuple[int, tuple[str, ...]]]
    quorum: str
    urls: dict[str, str] = field(default_factory=dict)

    def open(
        self, raw: bytes, now: datetime | None = None, since: datetime | None = None, params: LogParams | None = None
    ) -> Trusted:
        """A checkpoint's bytes -> its head, once this policy is met. VerificationError only, naming what fails.

        now: the verifier's clock; with it, a cosignature from the future is refused. since: cosignatures before it do
        not count, so that an old checkpoint cannot be shown in place of a new one.
        """
        # (a) every line of a key that we know holds
        note = Note.decode(raw)
        found = signed(note, [*self.logs, *self.witnesses.values()], by_kind)

        # (b) the log itself has signed, under its own name
        by = [key for key, _ in found if key in self.logs]
        if not by:
            raise VerificationError("no key of a log in the policy has signed the checkpoint")
        head = head_of(note, by)

        # (c) no witness speaks from the future
        times = {name: time_of(line) for name, key in self.witnesses.items() for other, line in found if other == key}
        slack = timedelta(seconds=(params or LogParams()).clock_slack_s)
        for name, when in times.items():
            if now is not None and when > now + slack:
                raise VerificationError(f"witness {name} signed at {when:%Y-%m-%d %H:%M} UTC, which is still to come")

        # (d) and enough of them have signed, lately enough
        fresh = {name for name, when in times.items() if since is None or when >= since}
        if missing := self._missing(fresh, times):
            late = f" since {since:%Y-%m-%d %H:%M} UTC" if since and fresh != set(times) else ""
            raise VerificationError(f"the quorum {self.quorum!r} is not met{late}: {missing}")
        return Trusted(head, times)

    def _missing(self, seen: set[str], times: Mapping[str, datetime]) -> str:
        """What the quorum lacks, in words; empty where it lacks nothing. A group stands below its members."""
        lacks = {name: "" if name in seen else f"witness {name} {_early(times.get(name))}" for name in self.witnesses}
        for name, (wanted, members) in self.groups.items():
            parts = [lacks[member] for member in members if lacks[member]]
            have = len(members) - len(parts)
            lacks[name] = "" if have >= wanted else f"{name} has {have} of {wanted} ({'; '.join(parts)})"
        return lacks.get(self.quorum, "")

    @staticmethod
    def decode(raw: bytes) -> Policy:
        """A policy's file -> the policy. Unreadable only, naming the line; so is a policy that nobody could meet."""
        if b"\r" in raw:
            raise Unreadable("the policy has line ends of another system (CR LF); save it with LF alone")
        if wrong := _CONTROL.search(raw):
            raise Unreadable(f"the policy holds the control character {wrong.group()[0]:#04x}")
        lines = _text(raw).split("\n")
        if len(lines) > MOST_LINES:
            raise Unreadable(f"a policy of more than {MOST_LINES} lines is not read")
        draft = _Draft()
        for n, line in enumerate(lines, 1):
            words = re.split(r"[ \t]+", line.strip(" \t"))
            if words == [""] or words[0].startswith("#"):
                continue
            try:
                draft.add(words)
            except Unreadable as wrong_line:
                raise Unreadable(f"policy, line {n}: {wrong_line}") from None
        return draft.policy()


class _Draft:
    """A policy while its lines are read."""

    def __init__(self) -> None:
        self.logs: list[VKey] = []
        self.witnesses: dict[str, VKey] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.urls: dict[str, str] = {}
        self.quorum: str | None = None
        self.placed: set[str] = set()

    def add(self, words: list[str]) -> None:
        kinds = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}
        if words[0] not in kinds:
            raise Unreadable(f"begins with {words[0][:20]!r}; expected log, witness, group or quorum")
        kinds[words[0]](words[1:])

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise Unreadable("expected: log VKEY [URL]")
        self.logs.append(self._key(words[0], (ED25519, COSIGNED_ML_DSA), "a log"))

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise Unreadable("expected: witness NAME VKEY [URL]")
        self._new(words[0])
        self.witnesses[words[0]] = self._key(words[1], (COSIGNED, COSIGNED_ML_DSA), "a witness")
        self.urls.update({words[0]: words[2]} if len(words) == 3 else {})

    def _key(self, word: str, kinds: tuple[int, ...], whose: str) -> VKey:
        key = VKey.decode(word)
        if key.kind not in kinds:
            raise Unreadable(f"the key of {key.name} is of signature type {key.kind:#04x}, which is none of {whose}")
        # One key in two places would be one voice counted twice; the log's own is no witness to itself.
        if any(key.public == other.public for other in (*self.logs, *self.witnesses.values())):
            raise Unreadable(f"the key of {key.name} stands in the policy twice")
        return key

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Unreadable(f"the name {name!r} is taken")
        if not name.isprintable():
            raise Unreadable(f"the name {name!r} cannot be printed")

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise Unreadable("expected: group NAME all|any|K MEMBER...")
        name, told, *members = words
        self._new(name)
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise Unreadable(f"group {name}: there is no witness or group {member!r} above it")
            if member in self.placed:
                raise Unreadable(f"group {name}: {member!r} is in a group already; nobody counts twice")
            self.placed.add(member)
        wanted = {"all": str(len(members)), "any": "1"}.get(told, told)
        if not _COUNT.fullmatch(wanted):
            raise Unreadable(f"group {name}: {told!r} is not all, any or a number")
        if int(wanted) > len(members):
            raise Unreadable(f"group {name} wants {wanted} of {len(members)}: nobody can meet that")
        self.groups[name] = (int(wanted), tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            raise Unreadable("expected: quorum NAME")
        if self.quorum is not None:
            raise Unreadable("there is a quorum already")
        if words[0] != NONE and words[0] not in self.witnesses and words[0] not in self.groups:
            raise Unreadable(f"there is no witness or group {words[0]!r} above it")
        self.quorum = words[0]

    def policy(self) -> Policy:
        if self.quorum is None:
            raise Unreadable("the policy has no quorum line: it would be met by nobody, or by everybody")
        if not self.logs:
            raise Unreadable("the policy names no log: nobody can meet it")
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum, self.urls)


def _early(when: datetime | None) -> str:
    return "has not signed" if when is None else f"signed at {when:%Y-%m-%d %H:%M} UTC"


def _text(raw: bytes) -> str:
    """Names are opaque octets: what is not UTF-8 is spelled by its number, so that the rest stays what it is."""
    return raw.decode(errors="backslashreplace")


def sole(key: VKey) -> Policy:
    """The policy that asks for the log's own signature and nothing more."""
    return Policy((key,), {}, {}, NONE)


def lines_of(policy: Policy) -> Iterator[str]:
    """A policy -> its lines, for a file."""
    for key in policy.logs:
        yield f"log {key.encode()}"
    for name, key in policy.witnesses.items():
        yield " ".join(("witness", name, key.encode(), *([policy.urls[name]] if name in policy.urls else [])))
    for name, (wanted, members) in policy.groups.items():
        yield " ".join(("group", name, str(wanted), *members))
    yield f"quorum {policy.quorum}"
