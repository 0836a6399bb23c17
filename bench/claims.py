"""Drafts of statements from news texts, against what a careful reader listed: precision, recall, and every error.

    python bench/claims.py              all texts of tests/stories/said; freezes bench/frozen/claims.md
    python bench/claims.py TEXT ...     some of them, by name; freezes nothing

A draft is right where it lies in the sentence of a listed statement and names its speaker; each listed statement takes
one draft. Beside it, in the same run, a simple baseline: every sentence with a quotation mark or the word `said` is a
statement, by the last run of capitals before that word.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.optimize import linear_sum_assignment

from trucewatch.claims import Reading, drafts, gazetteer, parties, wording

ROOT = Path(__file__).parents[1]
SAID = ROOT / "tests/stories/said"
FROZEN = ROOT / "bench/frozen/claims.md"
SEEN = ("march-2025", "mill-bridge", "easter-2025")
MENDED = ("kupiansk-2025", "salt-coast", "ganja-2020", "lake-veil")
UNSEEN = ("hodeidah-2018", "two-valleys")
BEFORE = (
    "Before the rules were mended by the errors in them: kupiansk-2025 and salt-coast 35 drafts, 31 right of 38 listed "
    "(precision 0.89, recall 0.82); ganja-2020 and lake-veil 32 drafts, 24 right of 43 (0.75, 0.56)."
)
FIELDS = ("for", "speech", "said", "quote", "asserts", "kind", "whom", "place", "from", "figure", "unit")


@dataclass
class Score:
    """Counts of one text, or of several together."""

    listed: int = 0
    drafted: int = 0
    sentence: int = 0
    right: int = 0
    fields: dict[str, list[int]] = field(default_factory=lambda: {name: [0, 0, 0] for name in FIELDS})
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Score) -> None:
        for name in ("listed", "drafted", "sentence", "right", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in FIELDS:
            self.fields[name] = [a + b for a, b in zip(self.fields[name], other.fields[name], strict=True)]

    def row(self, name: str) -> str:
        parts = [self.listed, self.drafted, _share(self.right, self.drafted), _share(self.right, self.listed)]
        parts += [_share(self.sentence, self.drafted), _share(self.sentence, self.listed), f"{self.seconds * 1000:.0f}"]
        return f"| {name} | " + " | ".join(str(part) for part in parts) + " |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def rules() -> Any:
    return wording(yaml.load((ROOT / "wording/en.yaml").read_text(), Loader=yaml.BaseLoader), "en.yaml")


def places() -> list[dict[str, str]]:
    found = []
    for row in csv.DictReader((SAID / "places.csv").open()):
        found += [{**row, "name": name} for name in (row["name"], *filter(None, row["also"].split(";")))]
    return found


def ours(text: str, told: dict[str, Any]) -> list[dict[str, Any]]:
    made = drafts(text, Reading(rules(), parties(told["parties"]), gazetteer(places()), told["date"], told["zone"]))
    return [_plain(row) for row in made.rows(named=True)]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "start": row["start"], "end": row["end"], "speaker": row["speaker"], "for": row["on_behalf_of"],
        "speech": row["speech"], "said": row["said_at"], "quote": row["quote"], "asserts": row["asserts"],
        "kind": row["kind"], "whom": row["whom"], "place": row["place"], "from": row["t0"], "figure": row["figure"],
        "unit": row["unit"], "says": row["says"],
    }  # fmt: skip


def baseline(text: str, _: dict[str, Any]) -> list[dict[str, Any]]:
    """Quotation mark or `said` -> a statement by the last run of capitals before it."""
    made, last = [], ""
    for hit in re.finditer(r"[^.!?\n]+[.!?]*[\"”]?", text):
        body = hit.group()
        if '"' not in body and "“" not in body and not re.search(r"\bsaid\b", body):
            continue
        before = body.split("said")[0] if "said" in body else body
        names = re.findall(r"(?:[A-Z][\w'’-]+\s?)+", before)
        last = names[-1].strip() if names else last
        quoted = re.search(r'["“]([^"”]+)["”]', body)
        made.append({
            **dict.fromkeys(FIELDS), "start": hit.start(), "end": hit.end(), "speaker": last, "speech": "states",
            "quote": quoted[1] if quoted else None, "says": body.strip(),
        })  # fmt: skip
    return made


def score(text: str, told: dict[str, Any], made: list[dict[str, Any]]) -> Score:
    listed = told["statements"]
    out = Score(len(listed), len(made))
    at = [text.index(" ".join(one["at"].split())) if one["at"] in text else -1 for one in listed]
    assert -1 not in at, [one["at"] for one, where in zip(listed, at, strict=True) if where < 0]
    same = np.zeros((len(listed), len(made)))
    for n, one in enumerate(listed):
        for m, row in enumerate(made):
            if row["start"] <= at[n] < row["end"]:
                same[n, m] = (
                    1 + 10 * _speaker(one, row) + sum(_same(one, row, name, told) == "same" for name in FIELDS) / 20
                )
    lefts, rights = linear_sum_assignment(-same)
    taken = {int(n): int(m) for n, m in zip(lefts, rights, strict=True) if same[n, m] > 0}
    out.sentence = len(taken)
    for n, one in enumerate(listed):
        m = taken.get(n)
        if m is None:
            out.errors.append(f"missed: {one['speaker']}: “{one['at']}”")
            continue
        row = made[m]
        if not _speaker(one, row):
            out.errors.append(f"speaker: “{one['at']}” is by {one['speaker']}, drafted as {row['speaker']}")
            continue
        out.right += 1
        for name in FIELDS:
            verdict = _same(one, row, name, told)
            counts = out.fields[name]
            counts[0] += verdict == "same"
            counts[1] += verdict in ("wrong", "extra")
            counts[2] += verdict in ("wrong", "missing")
            if verdict in ("wrong", "extra", "missing"):
                told_so = one.get(name, "not told")
                out.errors.append(f"{name}: “{one['at']}”: listed {told_so}, drafted {_shown(row[name])}")
    for m in sorted(set(range(len(made))) - set(taken.values())):
        out.errors.append(f"not listed: {made[m]['speaker']}: “{made[m]['says'][:70]}”")
    return out


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)


def _speaker(one: dict[str, Any], row: dict[str, Any]) -> bool:
    mine, theirs = (_words(name) for name in (one["speaker"], row["speaker"] or ""))
    return bool(mine and theirs) and (mine <= theirs or theirs <= mine)


def _words(text: str) -> set[str]:
    return {w for w in re.findall(r"[\w-]+", text.lower()) if w not in ("a", "an", "the", "of", "for", "its", "s")}


def _same(one: dict[str, Any], row: dict[str, Any], name: str, told: dict[str, Any]) -> str:
    listed, drafted = one.get(name), row[name]
    if listed is None:
        return "none" if drafted is None else "extra"
    if drafted is None:
        return "missing"
    if name in ("said", "from"):
        from zoneinfo import ZoneInfo

        return "same" if drafted.astimezone(ZoneInfo(told["zone"])).date() == listed else "wrong"
    if name == "figure":
        return "same" if float(drafted) == float(listed) else "wrong"
    mine, theirs = (" ".join(str(value).lower().split()).strip(".,") for value in (listed, drafted))
    if name in ("place", "quote", "unit"):
        return "same" if mine in theirs or theirs in mine else "wrong"
    return "same" if mine == theirs else "wrong"


def measure(names: tuple[str, ...], draft: Any) -> tuple[Score, dict[str, Score]]:
    total, each = Score(), {}
    for name in names:
        text, told = (SAID / f"{name}.txt").read_text(), yaml.safe_load((SAID / f"{name}.yaml").read_text())
        draft(text, told)  # once, so that no first use is measured
        start = time.perf_counter()
        made = draft(text, told)
        each[name] = score(text, told, made)
        each[name].seconds = time.perf_counter() - start
        total.add(each[name])
    return total, each


def table(names: tuple[str, ...], title: str) -> list[str]:
    lines = [
        f"## {title}",
        "",
        "| text | listed | drafted | precision | recall | sentence precision | sentence recall | ms |",
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    total, each = measure(names, ours)
    lines += [each[name].row(name) for name in names]
    lines += [total.row("**all, rules**")]
    simple, _ = measure(names, baseline)
    lines += [simple.row("all, baseline"), ""]
    ratio = [f"{a / b:.2f}" if b else "-" for a, b in ((total.right, simple.right),)]
    lines += [f"Statements with their speaker, rules over baseline in this run: {ratio[0]}.", ""]
    lines += ["| field | right | precision | recall |", "|---|---|---|---|"]
    for name, (good, extra, lacking) in total.fields.items():
        lines.append(f"| {name} | {good} | {_share(good, good + extra)} | {_share(good, good + lacking)} |")
    lines += ["", "Errors:", ""]
    lines += [f"- {name}: {error}" for name in names for error in each[name].errors]
    return [*lines, ""]


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("texts", nargs="*", help="names of texts; without any, all, and the table is frozen")
    names = asked.parse_args().texts
    if names:
        print("\n".join(table(tuple(names), "Chosen texts")))
        return
    head = [
        "# Drafts of statements from news texts", "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores ({platform.machine()}), load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}, with `python bench/claims.py`.", "",
        "Precision and recall are of statements with their right speaker; *sentence* asks only that a draft lies in",
        "the sentence of a listed statement. Fields are those of drafts with the right speaker: *right* counts equal",
        "values, precision is against all values drafted, recall against all values listed. One hand wrote the texts,",
        "the lists and the rules: [the texts](../../tests/stories/said/README.md).", "",
    ]  # fmt: skip
    parts = [
        *table(UNSEEN, "Never seen by the rules: none was changed by what is in them"),
        *table(MENDED, "Once unseen: the rules were mended by the errors in them"),
        *(BEFORE, ""),
        *table(SEEN, "Texts beside which the rules were written"),
    ]
    page = "\n".join([*head, *parts])
    FROZEN.write_text(page.rstrip() + "\n")
    print(page)


if __name__ == "__main__":
    main()
