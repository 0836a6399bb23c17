# Few verbs. `make help` lists them.

VENV ?= .venv
BIN := $(VENV)/bin
CASE ?= demo-case
EXTRAS ?= dev

# The first Python that is new enough; say PYTHON=... to choose another.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
endif

# A tree that is set up for work on the code serves for the demo too; otherwise the package itself is installed.
INSTALLED := $(if $(wildcard $(VENV)/.dev),$(VENV)/.dev,$(VENV)/.installed)
CARRIED := $(shell find src mappings agreements positions weapons wording messages offline -type f -not -path '*/__pycache__/*' 2>/dev/null | sed 's/ /\\ /g')

.DEFAULT_GOAL := help
.PHONY: demo test test-quick test-version test-exhaustive fuzz lint docs bench constraints help

demo: $(INSTALLED)  ## install into .venv, simulate a truce, and make its report from nothing (under two minutes)
	@if [ -e "$(CASE)" ] && ! grep -qs '"origin":"trucewatch.case/demo"' "$(CASE)/trucewatch.json"; then \
		echo "$(CASE) is there and is no demo of ours, so it stays; say another folder with CASE=..." >&2; exit 1; fi
	@rm -rf "$(CASE)"
	$(BIN)/trucewatch demo --case "$(CASE)"
	@echo "The report lies at $(CASE)/report/report.html"

test: $(VENV)/.dev  ## run every test
	$(BIN)/python -m pytest -q

test-quick: $(VENV)/.dev  ## run the tests that take less than about ten seconds each
	$(BIN)/python -m pytest -q -m "not slow and not fuzz and not exhaustive"

test-version: $(VENV)/.dev  ## run the quick tests that another version of Python may decide otherwise
	$(BIN)/python -m pytest -q -m "not slow and not fuzz and not exhaustive and not one_version"

test-exhaustive: $(VENV)/.dev  ## run the tests that take minutes: every bit of a log of a thousand entries
	$(BIN)/python -m pytest -q -s -m exhaustive

fuzz: $(VENV)/.dev  ## let atheris try every reader of the log, each for FUZZ_S seconds (20)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m pytest -q -s -m fuzz tests/log/test_fuzz.py

lint: $(VENV)/.dev  ## check style, types, imports between floors, and whether the docs are as the code has them
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --config .importlinter
	$(BIN)/python tools/gen_docs.py --check

docs: $(VENV)/.dev  ## write the pages that are made from code
	$(BIN)/python tools/gen_docs.py

bench: $(VENV)/.dev  ## measure, one script after the other
	@for at in bench/*.py; do if [ -e "$$at" ]; then echo "$$at" && $(BIN)/python "$$at" || exit 1; fi; done

constraints: $(VENV)/.dev  ## pin the newest versions that fit, for every system and Python (needs uv)
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --universal --all-extras --no-header --no-annotate --upgrade pyproject.toml -o constraints.txt
	@if grep -n '://\|--index' constraints.txt; then echo "constraints.txt must hold no address" >&2; exit 1; fi

help:  ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r verb says; do \
		printf '  make %-12s %s\n' "$$verb" "$$says"; done

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Trucewatch needs Python 3.11 or newer, and found none; install it, or say where: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Trucewatch needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)" >&2; exit 1; }
	"$(PYTHON)" -m venv "$(VENV)"

$(VENV)/.installed: pyproject.toml constraints.txt $(CARRIED) | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@
