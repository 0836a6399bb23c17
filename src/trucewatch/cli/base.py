"""What the commands share: the case option, the clock, the salts, printing, and one clear line for every fault."""

from __future__ import annotations

import functools
import hashlib
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import click
import yaml

from trucewatch import __version__
from trucewatch.base.errors import InputError, TrucewatchError, UnknownName, Unreadable, VerificationError
from trucewatch.base.time import instant
from trucewatch.ports import Tools
from trucewatch.stores import Where, place

DOES_NOT_HOLD, BAD_INPUT, INTERRUPTED = 1, 2, 130


class Commands(click.Group):
    """The command line: whatever we raise becomes one line on standard error and exit status 2,
    or 1 where evidence does not verify."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; keep tracebacks for faults of our own."""
        try:
            return super().invoke(ctx)
        except TrucewatchError as wrong:
            for line in str(wrong).splitlines():
                click.echo(f"trucewatch: {line}", err=True)
            # Evidence that does not verify is an answer; what cannot even be read is bad input.
            unverified = isinstance(wrong, VerificationError) and not isinstance(wrong, Unreadable)
            ctx.exit(DOES_NOT_HOLD if unverified else BAD_INPUT)
        except click.UsageError as wrong:
            named = wrong.ctx.command_path if wrong.ctx else "trucewatch"
            said = " ".join(wrong.format_message().split()).rstrip(".")
            click.echo(f"trucewatch: {said}; see: {named} --help", err=True)
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("trucewatch: interrupted; nothing was stored half", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(0)
        except OSError as wrong:
            where = f"{wrong.filename}: " if wrong.filename else ""
            click.echo(f"trucewatch: {where}{wrong.strerror or wrong}; nothing was stored half", err=True)
            ctx.exit(BAD_INPUT)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """A misspelled command names the nearest."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise UnknownName("command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


class WallClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """What time is it?"""
        return datetime.now(UTC)


class Progress:
    """Tells on a terminal what is being done and for how long; says nothing in a pipe.

    No share of the work is shown, since none is known: a bar that runs to and fro, and the seconds.
    """

    _BAR, _BEAT_S = 12, 0.15

    def __init__(self) -> None:
        self.shown, self.since, self.now = sys.stderr.isatty(), time.monotonic(), ""
        self._over = threading.Event()
        self._beat: threading.Thread | None = None

    def __call__(self, line: str) -> None:
        """The next thing is being done."""
        self.done()
        self.since, self.now = time.monotonic(), line
        if self.shown:
            self._over = threading.Event()
            self._beat = threading.Thread(target=self._run, args=(line, self._over), daemon=True)
            self._beat.start()

    def done(self) -> None:
        """It is done."""
        if self._still():
            click.echo(f"\r\033[K  done     {self.now} ({time.monotonic() - self.since:.1f} s)", err=True)
        self.now = ""

    def stop(self) -> None:
        """It broke off: clear the line."""
        if self._still():
            click.echo("\r\033[K", err=True, nl=False)

    def _still(self) -> bool:
        """Was there a line that moved? Now it does no more."""
        if self._beat is None:
            return False
        self._over.set()
        self._beat.join()
        self._beat = None
        return True

    def _run(self, line: str, over: threading.Event) -> None:
        step = 0
        while not over.is_set():
            at = abs((step % (2 * self._BAR)) - self._BAR)
            bar = "".join("#" if abs(n - at) <= 1 else "-" for n in range(self._BAR + 1))
            click.echo(f"\r\033[K  [{bar}] {line} {time.monotonic() - self.since:.0f} s", err=True, nl=False)
            step += 1
            over.wait(self._BEAT_S)


@contextmanager
def doing(line: str) -> Iterator[None]:
    """Tell on a terminal that this is being done, for work outside a case; a line that broke off is cleared.

    >>> with doing("scanning"):
    ...     pass
    """
    tell = Progress()
    tell(line)
    try:
        yield
    except BaseException:
        tell.stop()
        raise
    tell.done()


@functools.cache
def code() -> str:
    """Version and hash of the code itself, so that a result says what made it."""
    found = hashlib.sha256()
    for part in _files(resources.files("trucewatch")):
        found.update(part.name.encode() + b"\x00" + hashlib.sha256(part.read_bytes()).digest())
    return f"trucewatch {__version__} {found.hexdigest()[:16]}"


def _files(folder: Any) -> list[Any]:
    parts = sorted(folder.iterdir(), key=lambda part: str(part.name))
    deeper = [file for part in parts if part.is_dir() and part.name != "__pycache__" for file in _files(part)]
    return [part for part in parts if part.name.endswith(".py")] + deeper


def tools(by: str | None = None) -> Tools:
    """The real clock, real salts, this code, progress on the terminal, and on whose behalf."""
    return Tools(WallClock(), lambda: secrets.token_bytes(32), code(), tell=Progress(), by=by)


def words(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """What a person says in an option, for the log: one printable line, or InputError naming the option."""
    if value is None:
        return None
    said = " ".join(value.split())
    if not said or not said.isprintable():
        raise InputError("says nothing that can be printed", field=option.opts[0], expected="a line of text")
    return said


def by_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Commands that are entered in a capture's chain of custody take --by NAME."""
    return click.option(
        "--by",
        default=None,
        metavar="NAME",
        envvar="TRUCEWATCH_BY",
        callback=words,
        help="Who does this, for the chain of custody. Also read from TRUCEWATCH_BY.",
    )(command)


class _Place(click.ParamType[Where]):
    """A folder, or a database's address: click's own paths would take one of the two strokes behind its colon."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Where:
        """What was written -> where the case is."""
        return place(value)


PLACE = _Place()


def case_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Every command takes --case PLACE."""
    return click.option(
        "--case",
        "case",
        type=PLACE,
        default=Path(),
        help="The case's folder (default: this folder), or postgresql://user@host/database#case.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Every command that prints a result takes --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def as_of_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Every room's command takes --as-of N."""
    return click.option(
        "--as-of",
        type=int,
        default=None,
        metavar="N",
        help="Use only the first N entries of the log: what was known then.",
    )(command)


def show(result: Any, as_json: bool, lines: list[str]) -> None:
    """Print a result: as JSON, or as the lines for people."""
    click.echo(json.dumps(result, ensure_ascii=False, indent=1, default=str) if as_json else "\n".join(lines))


def moment(text: str | None, option: str) -> datetime | None:
    """An option's time -> UTC. InputError names the option."""
    try:
        return None if text is None else instant(text)
    except InputError as wrong:
        raise InputError(wrong.what, field=option, expected=wrong.expected) from None


def read_file(path: Path) -> bytes:
    """A file's bytes. InputError where they cannot be had."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", file=str(path)) from None
    except IsADirectoryError:
        raise InputError("is a folder", file=str(path), expected="a file") from None
    except PermissionError:
        raise InputError("reading is not permitted", file=str(path)) from None
    except (OSError, ValueError) as wrong:
        raise InputError(f"cannot be read: {getattr(wrong, 'strerror', None) or wrong}", file=str(path)) from None


def shipped(folder: str) -> dict[str, Path]:
    """The YAML files that come with the project: name -> path. `folder` is mappings or agreements."""
    package = Path(str(resources.files("trucewatch"))) / "data" / folder
    root = package if package.is_dir() else Path(__file__).resolve().parents[3] / folder
    return {path.stem: path for path in sorted(root.glob("*.yaml"))}


def shipped_files(folder: str) -> dict[str, bytes]:
    """The files of a folder that comes with the project: name -> bytes."""
    package = Path(str(resources.files("trucewatch"))) / "data" / folder
    root = package if package.is_dir() else Path(__file__).resolve().parents[3] / folder
    return {path.name: path.read_bytes() for path in sorted(root.iterdir()) if path.is_file()}


def found(folder: str, noun: str, name: str) -> Path:
    """A path, or the name of a file that is shipped -> the path. UnknownName where it is neither."""
    path, ours = Path(name), shipped(folder)
    if path.name == name and path.suffix == ".yaml" and not path.exists() and path.stem in ours:
        return ours[path.stem]
    if path.suffix in (".yaml", ".yml") or path.exists():
        return path
    if name not in ours:
        raise UnknownName(noun, name, ours)
    return ours[name]


def mapping(name: str) -> dict[str, Any]:
    """Name or path of a mapping -> what it says. InputError with the line where it is not YAML."""
    path = found("mappings", "mapping", name)
    try:
        said = yaml.safe_load(read_file(path).decode())
    except yaml.MarkedYAMLError as wrong:
        line = f"line {wrong.problem_mark.line + 1}" if wrong.problem_mark else None
        raise InputError(f"is not YAML: {wrong.problem}", file=str(path), row=line) from None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise InputError("is not YAML", file=str(path)) from None
    if not isinstance(said, dict):
        raise InputError("is not a mapping", file=str(path), expected="fields and values")
    return {"mapping": path.name, **said}
