"""What the pages about cases and reports say can be done, done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import commanded
import pytest

from trucewatch.log.checkpoint import Head
from trucewatch.log.note import Note
from trucewatch.report import ReportParams
from trucewatch.stores.posix import open_case

_demo = commanded._demo
demo = commanded.demo

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_recipe_for_checking_notes_holds_on_a_real_report_and_fails_on_a_changed_one(demo):
    code = re.search(r"```python\n(.*?)```", (DOCS / "rooms/report.md").read_text(), re.DOTALL)
    assert code is not None
    for spoilt in (False, True):
        if spoilt:
            path = demo / "report" / "report.json"
            path.write_text(re.sub(r'("incident_ids_sha256": ")\w{6}', r"\1abcdef", path.read_text(), count=1))
        ran = subprocess.run([sys.executable, "-c", code[1]], cwd=demo, capture_output=True, text=True, timeout=60)
        assert (ran.returncode == 0) is not spoilt, ran.stderr


def test_the_example_of_the_logs_page_runs(tmp_path):
    text = (DOCS / "rooms/log.md").read_text()
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)
    shown = re.search(r"```\n(example\.org/.*?\n)```", text, re.DOTALL)
    assert shown is not None
    note = Note.decode(shown[1].encode())
    assert Head.decode(note.text).size == 9 and len(note.signatures) == 4


def test_salt_and_bytes_put_together_hash_to_the_captures_name(demo):
    store = open_case(demo)
    for capture in store.vault.ids():
        path = store.vault.path(capture)
        made = subprocess.run(f"cat {path}.salt {path} | sha256sum", shell=True, capture_output=True, text=True).stdout
        assert made.split()[0] == capture


def test_the_pages_numbers_are_the_codes():
    text = (DOCS / "release-levels.md").read_text()
    for level in ("public", "parties"):
        params = ReportParams().levels[level]
        assert f"cell of about {params.cell_m / 1000:g} km" in text
        assert f"{params.delay.total_seconds() / 3600:g} hours" in text


@pytest.mark.parametrize(
    "name", ["trucewatch.json", "lock", "vault", "objects", "log/tile/entries", "log/head", "report"]
)
def test_a_case_looks_as_its_page_says(demo, name):
    assert (demo / name).exists()
    assert name.split("/")[0] in (DOCS / "case.md").read_text()
