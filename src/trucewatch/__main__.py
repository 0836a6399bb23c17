"""`trucewatch`, and `python -m trucewatch`: the command line, interruptible from its first moment."""

from __future__ import annotations

import sys


def main() -> None:
    """Load the command line and run it. Loading takes a moment, in which an interruption is one line, too."""
    try:
        from trucewatch.cli import main as command
    except KeyboardInterrupt:
        sys.stderr.write("trucewatch: interrupted; nothing was begun\n")
        raise SystemExit(130) from None
    command(prog_name="trucewatch")


if __name__ == "__main__":
    main()
