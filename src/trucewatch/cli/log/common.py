"""What the log's commands share: keys and policies from files, and writing a file that must be whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import InputError, Unreadable
from trucewatch.cli.base import read_file
from trucewatch.log.note import Signer, VKey
from trucewatch.log.policy import Policy
from trucewatch.stores.files import PART, sync_folder, umask

Command = Callable[..., Any]


def signer_of(path: Path) -> Signer:
    """A private key's file -> the key. Unreadable names the file, and nothing of the secret."""
    try:
        return Signer.decode(read_file(path).decode().strip())
    except UnicodeDecodeError:
        raise Unreadable(f"{path}: the private key is not text") from None
    except Unreadable as wrong:
        raise Unreadable(f"{path}: {wrong}") from None


def policy_of(path: Path) -> Policy:
    """A trust policy's file -> the policy. Unreadable names the file."""
    try:
        return Policy.decode(read_file(path))
    except Unreadable as wrong:
        raise Unreadable(f"{path}: {wrong}") from None


def keys_of(words: Sequence[str], trust: Path | None) -> list[VKey]:
    """Keys given as words, and those of the logs that a policy names."""
    return [VKey.decode(word) for word in words] + (list(policy_of(trust).logs) if trust else [])


def write_new(path: Path, raw: bytes, mode: int = 0o644) -> None:
    """Write a file that is not there yet, whole or not at all. InputError where something is there.

    Nothing that lies beside it is touched; `mode`, of which the umask takes away, holds from the first byte on.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=PART, dir=path.parent)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("there is no such folder", file=str(path.parent)) from None
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode & ~umask())
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:  # a disk without hard links, as a stick that is carried by hand
            with path.open("xb"):
                part.replace(path)
        sync_folder(path.parent)
    except FileExistsError:
        raise InputError("is there already; nothing was written over it", file=str(path)) from None
    finally:
        part.unlink(missing_ok=True)


def trust_option(required: bool = False) -> Callable[[Command], Command]:
    """--trust POLICY: whose signatures count."""
    return click.option(
        "--trust",
        required=required,
        type=click.Path(path_type=Path),
        help="A trust policy (C2SP tlog-policy): the log's key, the witnesses' keys, and how many must have signed.",
    )
