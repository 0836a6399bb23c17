"""Let atheris look for bytes that a reader of the log room cannot take: python tests/log/fuzz/harness.py NAME SECONDS.

Ends with 0 and a line `Done N runs` where it finds none; else it shows the bytes and the error. `make fuzz` runs all.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main() -> None:
    import atheris

    name, seconds = sys.argv[1:3]
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    with atheris.instrument_imports(include=["trucewatch.log", "trucewatch.base.ids"]):
        from parsers import PARSERS
    parser = PARSERS[name]
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for n, raw in enumerate(parser.valid):
            (corpus / str(n)).write_bytes(raw)
        longest = 4 * max(map(len, parser.valid)) + 64
        limits = [f"-max_total_time={seconds}", f"-max_len={longest}", "-timeout=20", f"-artifact_prefix={folder}/"]
        atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", "-verbosity=1", str(corpus)], target(parser.check))
        atheris.Fuzz()


def target(check):
    def once(raw: bytes) -> None:
        check(raw)

    return once


if __name__ == "__main__":
    main()
