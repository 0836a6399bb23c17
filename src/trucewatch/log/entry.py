"""An entry: one canonical line of the log. It commits to a body by hash; the body lies elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from trucewatch.base.errors import VerificationError
from trucewatch.base.ids import canonical

KINDS = (
    "capture", "observations", "agreement", "attachment", "judgement", "run", "custody", "withheld", "timestamp", "key",
    "complaint", "reply", "inquiry", "determination", "corrective_action", "positions", "stakes",
)  # fmt: skip
_FIELDS = {"body_hash", "kind", "made_at", "maker"}
_KIND = re.compile(r"[a-z][a-z_]{0,39}")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True)
class Entry:
    """kind, SHA-256 of the body, when it was made (UTC), and by which program or person."""

    kind: str
    body_hash: str
    made_at: datetime
    maker: str

    def encode(self) -> bytes:
        """-> the line, without its newline.

        >>> when = datetime(2026, 1, 2, tzinfo=UTC)
        >>> line = Entry("capture", "0" * 64, when, "trucewatch").encode()
        >>> Entry.decode(line).encode() == line
        True
        """
        return canonical(
            {
                "body_hash": self.body_hash,
                "kind": self.kind,
                "made_at": _printed(self.made_at),
                "maker": self.maker,
            }
        )

    @staticmethod
    def decode(line: bytes) -> Entry:
        """A line -> the entry; print and parse are each other's inverse, or it is refused. VerificationError only."""
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            raise VerificationError("the line is not JSON") from None
        if not isinstance(said, dict) or set(said) != _FIELDS or not all(isinstance(v, str) for v in said.values()):
            raise VerificationError(f"the line has not exactly the text fields {', '.join(sorted(_FIELDS))}")
        if not _HASH.fullmatch(said["body_hash"]):
            raise VerificationError("body_hash is not 64 hexadecimal digits")
        if not _KIND.fullmatch(said["kind"]) or not said["maker"].isprintable():
            raise VerificationError("kind is not one word in small letters, or maker cannot be printed on one line")
        try:
            when = datetime.strptime(said["made_at"], _TIME).replace(tzinfo=UTC)
            entry = Entry(said["kind"], said["body_hash"], when, said["maker"])
            again = entry.encode()
        except (ValueError, OverflowError):
            raise VerificationError("made_at is not a UTC time to the microsecond, or a text is not Unicode") from None
        if again != line:
            raise VerificationError("the line is not in canonical form")
        return entry


def _printed(when: datetime) -> str:
    """An instant -> text to the microsecond. Not strftime: it writes the year 999 differently from system to system."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
