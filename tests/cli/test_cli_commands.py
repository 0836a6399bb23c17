"""Each command as a newcomer uses it: what it prints, as lines and as JSON, and what it leaves behind."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import click
import commanded
import polars as pl
import pytest
from commanded import entries, process, refused, run, tree

from trucewatch import __version__
from trucewatch.archive import batch, commit, know, salt_of_inputs
from trucewatch.base.errors import InputError, TrucewatchError, VerificationError
from trucewatch.base.ids import canonical
from trucewatch.cli import main
from trucewatch.cli.base import Commands
from trucewatch.sources import names
from trucewatch.stores.posix import open_case
from trucewatch.testing import FakeClock

files = commanded.files
case = commanded.case
_demo = commanded._demo
demo = commanded.demo
demo_says = commanded.demo_says

FILES = ("findings.csv", "incidents.parquet", "report.html", "report.json")
DAILY = ("ar.html", "csv", "en.html", "es.html", "fr.html", "json", "ru.html", "uk.html")


class TestTheDemo:
    def test_it_writes_its_report_and_an_evenings_and_says_how_far_off_it_is(self, demo, demo_says):
        there = sorted(path.name for path in (demo / "report").iterdir())
        daily = [name for name in there if name.startswith("daily-")]
        assert [name for name in there if name not in daily] == sorted(FILES)
        assert [name.split(".", 1)[1] for name in daily] == list(DAILY)
        assert "nothing in it happened" in (demo / "report" / daily[2]).read_text()
        for words in (
            "report: ",
            "things happened",
            "F1",
            "place off by",
            "calibrat",
            "truly were barred acts",
            "trucewatch why",
        ):
            assert words in demo_says

    def test_it_is_public_and_holds_nothing_back_for_being_recent(self, demo):
        told = json.loads((demo / "report" / "report.json").read_text())
        assert (told["head"]["level"], told["head"]["too_recent"]) == ("public", 0)
        assert told["summary"][0]["now"] > 0

    def test_it_says_the_same_as_json(self, tmp_path):
        told = json.loads(run("demo", "--observations", 120, "--seed", 2, "--case", tmp_path / "d", "--json").stdout)
        assert [name for name in told["files"] if not name.startswith("daily-")] == sorted(FILES)
        assert Path(told["daily"]).is_file()
        assert 0 <= told["links_f1"] <= 1 and Path(told["report"]).is_file()

    def test_the_same_seed_gives_the_same_answers(self, tmp_path):
        first, again = (
            json.loads(run("demo", "--observations", 120, "--case", tmp_path / at, "--json").stdout) for at in "ab"
        )
        same = set(first) - {"case", "report", "daily"}
        assert {key: first[key] for key in same} == {key: again[key] for key in same}

    def test_it_never_touches_a_case_that_is_not_a_demo(self, case):
        before = entries(case)
        said = refused("demo", "--observations", 100, "--case", case)
        assert "is a case of its own" in said and entries(case) == before

    def test_it_goes_into_a_folder_of_its_own(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        run("demo", "--observations", 100)
        assert [path.name for path in tmp_path.iterdir()] == ["demo-case"]


class TestTheMainJob:
    def test_pull_and_run_give_a_report(self, case):
        assert "2 rows in" in run("pull", "firms", "--case", case, "--file", "fires.csv").stdout
        run("pull", "report", "--case", case, "--file", "book.csv")
        said = run("run", "--agreement", "truce.yaml", "--case", case).stdout
        assert [line.split()[0] for line in said.splitlines()] == [
            str(case / "report" / name) for name in ("report.html", "report.json", "incidents.parquet", "findings.csv")
        ]
        for name in FILES:
            assert (case / "report" / name).stat().st_size > 0

    def test_an_agreement_that_the_case_holds_is_named_by_its_id(self, case):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        run("agree", "truce.yaml", "--case", case)
        assert "report.html" in run("run", "--case", case, "--agreement", "paper-truce").stdout
        said = refused("run", "--case", case, "--agreement", "paper-truc")
        assert said.startswith("there is no agreement 'paper-truc'; did you mean 'paper-truce'?")

    def test_the_same_file_twice_is_said_to_be_held(self, case):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        assert (
            "fires.csv: held already, as capture" in run("pull", "firms", "--case", case, "--file", "fires.csv").stdout
        )
        assert entries(case) == 3

    def test_each_level_can_be_had_and_says_so(self, case):
        run("pull", "report", "--case", case, "--file", "book.csv")
        run("agree", "truce.yaml", "--case", case)
        for level in ("public", "parties", "restricted"):
            run("report", "--case", case, "--level", level, "--for", "the commission")
            folder = case / "report" if level == "public" else case / "report" / level
            told = json.loads((folder / "report.json").read_text())["head"]
            assert (told["level"], told["recipient"]) == (level, "the commission")
            assert set(pl.read_csv(folder / "findings.csv")["level"]) == {level}
            raw = (folder / "incidents.parquet").read_bytes()
            assert pl.read_parquet_metadata(io.BytesIO(raw))["trucewatch:level"] == level

    def test_a_period_can_be_asked_for_in_a_zone(self, case):
        run("pull", "report", "--case", case, "--file", "book.csv")
        run("agree", "truce.yaml", "--case", case)
        run("report", "--case", case, "--since", "2010-03-11 02:00 Asia/Kathmandu", "--until", "2010-03-12 00:00Z")
        head = json.loads((case / "report" / "report.json").read_text())["head"]
        assert head["since_utc"] == "2010-03-10T20:15:00+00:00"

    def test_as_of_gives_the_findings_of_then(self, case):
        run("agree", "truce.yaml", "--case", case)
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        then, ask = entries(case), ("report", "--case", case, "--level", "restricted")
        run(*ask, "--as-of", then)
        folder = case / "report" / "restricted"
        before = {name: (folder / name).read_bytes() for name in ("incidents.parquet", "findings.csv")}
        run("pull", "report", "--case", case, "--file", "book.csv")
        run(*ask)
        assert (folder / "incidents.parquet").read_bytes() != before["incidents.parquet"]
        run(*ask, "--as-of", then)
        assert {name: (folder / name).read_bytes() for name in before} == before

    def test_a_quoted_article_stands_in_the_page(self, case, files):
        (files / "text.txt").write_text("Title\nNobody shall use weapons, says the text.\n")
        run("pull", "report", "--case", case, "--file", "book.csv")
        run("agree", "truce.yaml", "--case", case)
        said = run("attach", "text.txt", "--case", case, "--term", "ceasefire", "--lines", "2").stdout
        assert said.startswith("ceasefire: lines 2 to 2 of text.txt, capture ")
        run("report", "--case", case)
        assert "Nobody shall use weapons, says the text." in (case / "report" / "report.html").read_text()

    def test_a_case_without_observations_gives_no_incidents(self, case):
        told = run("fuse", "--case", case).stdout
        assert told.startswith("0 observations, 0 incidents, 0 of them from two voices or more; by nothing learnt")

    def test_an_agreement_that_bears_on_nothing_says_so(self, case):
        run("agree", "truce.yaml", "--case", case)
        assert run("assess", "--case", case).stdout == "no incident bears on any term\n"


JSON = {
    "init": ("init", "{case}"),
    "sources": ("sources",),
    "pull": ("pull", "report", "--case", "{case}", "--file", "book.csv"),
    "agree": ("agree", "truce.yaml", "--case", "{case}"),
    "attach": ("attach", "book.csv", "--case", "{case}", "--term", "ceasefire", "--lines", "1-2"),
    "fuse": ("fuse", "--case", "{case}"),
    "assess": ("assess", "--case", "{case}"),
    "attribute": ("attribute", "--case", "{case}"),
    "owed": ("owed", "--case", "{case}"),
    "cover": ("cover", "--case", "{case}"),
    "report": ("report", "--case", "{case}"),
    "run": ("run", "--agreement", "truce.yaml", "--case", "{case}"),
    "doctor": ("doctor", "--case", "{case}"),
    "custody": ("custody", "0", "--case", "{case}"),
    "replay": ("replay", "all", "--case", "{case}"),
    "withhold": ("withhold", "0", "--case", "{case}", "--by", "the bench", "--why", "names a witness"),
}


class TestJson:
    @pytest.mark.parametrize("command", JSON)
    def test_every_result_can_be_had_as_json(self, case, command):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        run("agree", "truce.yaml", "--case", case)
        words = [word.format(case=case) for word in JSON[command]]
        assert json.loads(run(*words, "--json").stdout)

    def test_no_command_that_prints_a_result_is_left_out(self):
        able = {name for name, made in main.commands.items() if any(p.name == "as_json" for p in made.params)}
        groups = {name for name, made in main.commands.items() if isinstance(made, click.Group)}
        assert able == {*JSON, "why", "demo", "form"} and set(main.commands) - able - groups == {"completion"}

    def test_nor_any_command_of_a_group_but_those_whose_answer_is_a_file_or_a_line_for_others(self):
        plain = set()
        for name, group in main.commands.items():
            for part, made in getattr(group, "commands", {}).items():
                if not isinstance(made, click.Group) and all(p.name != "as_json" for p in made.params):
                    plain.add(f"{name} {part}")
        assert plain == {
            "agreement schema", "log key", "log prove", "log export", "witness init", "witness trust", "witness cosign",
            "witness serve", "settle section",
        }  # fmt: skip

    def test_why_as_json(self, demo):
        finding = pl.read_csv(demo / "report" / "findings.csv")["id"][0]
        hops = json.loads(run("why", finding, "--case", demo, "--json").stdout)
        assert all(set(hop) == {"hop", "facts", "verified"} for hop in hops)


def finding_of(case: Path) -> str:
    """A finding whose bytes are a line of text."""
    table = pl.read_csv(case / "report" / "findings.csv")
    for name in table["id"]:
        if " row " in run("why", name, "--case", case).stdout:
            return name
    raise AssertionError("no finding leads to a line")


class TestWhy:
    def test_every_hop_is_told_down_to_the_raw_row(self, demo):
        said = run("why", finding_of(demo), "--case", demo).stdout
        for words in (
            "finding ",
            "run of assess (entry ",
            "incident ",
            "run of fuse (entry ",
            "observation ",
            "capture ",
        ):
            assert re.search(rf"^\d+\. {re.escape(words)}", said, re.MULTILINE), words
        hops = re.findall(r"^\d+\. ", said, re.MULTILINE)
        assert said.count("     verified: ") == len(hops)
        row = re.search(r"^     row \d+: (.+)$", said, re.MULTILINE)
        assert row is not None
        raws = [open_case(demo).vault.get(c)[1].decode() for c in open_case(demo).vault.ids()]
        assert any(row[1].rstrip("…") in raw.replace('"', "") for raw in raws)

    def test_the_first_characters_do_and_too_few_are_refused(self, demo):
        finding = finding_of(demo)
        assert run("why", finding[:12], "--case", demo).stdout == run("why", finding, "--case", demo).stdout
        assert "begins " in refused("why", "", "--case", demo)

    def test_an_incident_can_be_followed_too(self, demo):
        incident = pl.read_parquet(demo / "report" / "incidents.parquet")["id"][0]
        assert run("why", incident, "--case", demo).stdout.startswith(f"1. incident {incident}")

    def spoil(self, path: Path) -> None:
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)

    def test_one_changed_byte_in_the_vault_is_seen(self, demo):
        finding = finding_of(demo)
        capture = re.search(r"capture ([0-9a-f]{12})", run("why", finding, "--case", demo).stdout)
        assert capture is not None
        store = open_case(demo)
        self.spoil(store.vault.path(next(c for c in store.vault.ids() if c.startswith(capture[1]))))
        assert "are not what was captured" in refused("why", finding, "--case", demo)

    def test_one_changed_byte_of_a_result_is_seen(self, demo):
        finding, store = finding_of(demo), open_case(demo)
        run_ = next(body for body in reversed(know(store).runs) if body["room"] == "assess")
        self.spoil(store.objects.path(run_["outputs"]["findings"]))
        assert "does not hold the bytes it is named after" in refused("why", finding, "--case", demo)

    def test_one_changed_byte_of_the_log_is_seen(self, demo):
        finding = finding_of(demo)
        self.spoil(next((demo / "log/tile/entries/000.p").iterdir()))
        assert "tile/entries/000.p/" in refused("why", finding, "--case", demo)

    def test_captured_bytes_that_are_gone_are_said_to_be(self, demo):
        finding = finding_of(demo)
        shutil.rmtree(demo / "vault")
        assert "are gone from the case" in refused("why", finding, "--case", demo)


class TestDoctor:
    def test_a_whole_case_is_well(self, demo):
        said = run("doctor", "--case", demo).stdout
        assert all(line.startswith("well") for line in said.splitlines())
        assert "leftovers: none" in said

    def test_without_a_case_it_looks_at_the_installation(self, tmp_path):
        said = run("doctor", "--case", tmp_path, ok=1).stdout  # it was asked for by name, and is none
        assert "is not a case; only the installation was checked" in said

    def test_an_edited_report_is_told_from_the_one_that_was_made(self, demo, tmp_path):
        page = demo / "report" / "report.html"
        mailed = tmp_path / "as-mailed.html"
        mailed.write_bytes(page.read_bytes())
        assert (
            "as-mailed.html is as it was made, level public" in run("doctor", "--case", demo, "--report", mailed).stdout
        )
        mailed.write_bytes(page.read_bytes().replace(b"indicated", b"not indicated", 1))
        said = run("doctor", "--case", demo, "--report", mailed, ok=1).stdout
        assert f"AILS  report: {mailed} is no file that the log says was made" in said
        page.write_bytes(mailed.read_bytes())
        assert "report.html is no file that the log says was made" in run("doctor", "--case", demo, ok=1).stdout

    def test_everything_made_again_is_the_same_bytes(self, demo):
        said = run("doctor", "--again", "--case", demo).stdout
        assert "results again: 4 made again, the same bytes each" in said and "AILS" not in said

    def test_a_result_that_was_made_up_is_found_out(self, demo):
        """Somebody who may write enters a run without the first incident: hashes alone would never show it."""
        case = open_case(demo)
        known = know(case)
        true = next(body for body in known.runs if body["room"] == "fuse")
        fewer = known.table_of(case, true["outputs"]["incidents"])[1:]
        forged = case.objects.put(batch(fewer, "incidents", "fuse", salt_of_inputs(case, true["inputs"])))
        body = {**true, "outputs": {**true["outputs"], "incidents": forged}}
        with case.writing():
            commit(case, [("run", canonical(body))], FakeClock(), "somebody")
        assert "AILS" not in run("doctor", "--case", demo).stdout
        said = run("doctor", "--again", "--case", demo, ok=1).stdout
        assert f"AILS  results again: entry {known.size}, run of fuse: incidents: row 1, column id: the log has" in said

    def test_a_head_kept_elsewhere_shows_a_history_that_was_rewritten(self, demo):
        head = json.loads((demo / "report" / "report.json").read_text())["head"]
        kept = f"{head['size']}:{head['root']}"
        assert f"the first {head['size']} entries are those" in run("doctor", "--case", demo, "--head", kept).stdout
        other = f"{head['size'] - 1}:{head['root']}"
        assert "history was changed" in run("doctor", "--case", demo, "--head", other, ok=1).stdout
        assert "some are gone" in run("doctor", "--case", demo, "--head", f"9999:{head['root']}", ok=1).stdout
        assert "'yesterday' is not a head" in refused("doctor", "--case", demo, "--head", "yesterday")

    @pytest.mark.parametrize("part", ["vault", "objects", "log"])
    def test_any_changed_file_ails(self, demo, part):
        path = max(
            (p for p in (demo / part).rglob("*") if p.is_file() and "." not in p.name), key=lambda p: p.stat().st_size
        )
        path.write_bytes(path.read_bytes() + b"?" if part != "log" else path.read_bytes().replace(b"run", b"ran", 1))
        result = run("doctor", "--case", demo, ok=1)
        assert "AILS" in result.stdout
        told = json.loads(run("doctor", "--case", demo, "--json", ok=1).stdout)
        assert [check["well"] for check in told].count(False) == 1

    @pytest.mark.parametrize("part", ["vault", "objects"])
    def test_any_lost_file_ails(self, demo, part):
        next(p for p in sorted((demo / part).rglob("*")) if p.is_file() and "." not in p.name).unlink()
        assert "AILS" in run("doctor", "--case", demo, ok=1).stdout

    def test_leftovers_are_counted_and_harmless(self, demo):
        open_case(demo).objects.put(b"left by a crash")
        assert "1 files belong to no entry" in run("doctor", "--case", demo).stdout

    def test_it_changes_nothing(self, demo):
        before = tree(demo)
        run("doctor", "--case", demo)
        assert tree(demo) == before


class TestHelp:
    @pytest.mark.parametrize("command", sorted(main.commands))
    def test_every_command_has_help(self, command):
        said = run(command, "--help").stdout
        assert said.startswith(f"Usage: main {command}") or said.startswith("Usage: ")
        assert len(main.commands[command].help or "") > 30

    def test_the_head_of_the_help_says_how_to_start(self):
        said = run("--help").stdout
        assert "trucewatch demo" in said and "trucewatch init DIR" in said

    def test_the_version(self):
        assert run("--version").stdout == f"trucewatch, version {__version__}\n"

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_completion_prints_a_script(self, shell):
        assert "_TRUCEWATCH_COMPLETE" in run("completion", shell).stdout

    def test_completion_of_another_shell_is_refused(self):
        refused("completion", "tcsh")

    def test_the_script_that_completion_prints_completes(self):
        ran = process(
            env={
                **__import__("os").environ,
                "_TRUCEWATCH_COMPLETE": "bash_complete",
                "COMP_WORDS": "trucewatch dem",
                "COMP_CWORD": "1",
            }
        )
        assert ran.stdout.split() == ["plain,demo"]

    def test_sources_lists_every_feed_with_its_options(self):
        said = run("sources").stdout
        assert all(re.search(rf"^{name} ", said, re.MULTILINE) for name in names())
        assert "minsk-ii" in said

    def test_every_fault_we_raise_has_a_way_out_as_one_line(self):
        """Whatever a command raises of ours, the group turns into a line and exit status 2; 1 for what is unproved."""
        kinds = [TrucewatchError]
        for kind in kinds:
            kinds += kind.__subclasses__()
        for kind in kinds:

            @click.command()
            def broken(kind=kind):
                if kind.__name__ == "UnknownName":
                    raise kind("some", "name", ["names"])
                raise kind([InputError("some words")]) if kind.__name__ == "AgreementFaults" else kind("some words")

            group = Commands(name="x", commands={"broken": broken})
            result = click.testing.CliRunner().invoke(group, ["broken"])
            status = 1 if kind is VerificationError else 2
            assert (result.exit_code, len(result.stderr.splitlines())) == (status, 1), kind
