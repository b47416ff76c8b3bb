# make run shows the dashboard; make test runs every test. Both bring what they need into .venv. `make` alone lists the rest.
PYTHON   ?= python3
HOST     ?= localhost
PORT     ?= 8501
VENV     ?= .venv
BIN      := $(VENV)/bin
# Without compiling all they hold: Python compiles what it imports, a small part.
PIP      := $(BIN)/python -m pip --disable-pip-version-check -qq install --no-compile
DATABASE := $(or $(RIPRESA_DATABASE),data/ripresa.duckdb)
INPUTS   := $(wildcard data/catalogue/*.toml data/*.csv data/*.sql data/columns.toml data/codes/*.csv data/raw/*.csv data/imports/*.csv ripresa/database/*.py ripresa/catalogue.py)

.DEFAULT_GOAL := help
.PHONY: help run test check audit build lint clean bench release sheets secure fuzz

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  make run PORT=8600 changes the port, HOST=0.0.0.0 lets other machines in (now $(HOST):$(PORT))"

run: $(DATABASE)  ## show the dashboard, building first what is missing
	@exec $(BIN)/python -m ripresa serve --host $(HOST) --port $(PORT)

test: $(VENV)/dev $(DATABASE)  ## run every test, the real browser's too
	@$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal $(ARGS)

check: lint $(DATABASE)  ## lint, and run the tests that need no browser
	@$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal --ignore=tests/browser -m "not fault and not escape" $(ARGS)

audit: $(VENV)/dev $(DATABASE)  ## judge every page in every language, theme and width with axe, and print the counts (some minutes)
	@AUDIT=whole $(BIN)/python -m pytest -q -rP tests/browser/test_access.py -k "axe or statement or sideways"

build: $(VENV)/run  ## build the database from data/
	@$(BIN)/python -m ripresa build

lint: $(VENV)/dev  ## check style, types, layers of imports, and SQL
	@$(BIN)/python -m ruff format --check --quiet .
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m sqlfluff lint queries data/schema.sql data/derive.sql

bench: $(VENV)/bench $(DATABASE)  ## measure against Dash, plain Streamlit and plotly.js alone (a quarter of an hour; ARGS="--quick" tries it)
	@$(BIN)/python -m benchmarks $(ARGS)

release: $(DATABASE)  ## keep this version's figures in data/releases and write what changed
	@$(BIN)/python -m ripresa release $(ARGS)

sheets: $(VENV)/dev $(DATABASE)  ## print a PDF of each area in both languages (needs Chromium)
	@$(BIN)/python -m ripresa profiles $(ARGS)

secure: $(VENV)/dev  ## read our code for what lets people in, and ask for known faults of the packages
	@$(BIN)/python -m deploy.secure

fuzz: $(VENV)/dev $(DATABASE)  ## give a million broken texts to the parsers (minutes; ARGS="--cases 10000" tries it)
	@$(BIN)/python -m tests.fuzz $(ARGS)

clean:  ## remove what make made: environment, database, caches
	rm -rf $(VENV) static/generated .pytest_cache .ruff_cache .mypy_cache .hypothesis data/*.duckdb data/*.duckdb.* data/.*.lock data/.*.draft-*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DATABASE): $(INPUTS) | $(VENV)/run
	@$(BIN)/python -m ripresa build && touch $@

# The environment, in three stamps: it exists, it has what the dashboard needs, it has what the tests need.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: name one with make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make environments: install python3-venv (Debian, Ubuntu: sudo apt install python3-venv), then type make again."; exit 1; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: requirements.txt constraints.txt | $(VENV)/made
	@echo "Installing the pinned packages (about a minute, once) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/run
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/bench: benchmarks/requirements.txt $(VENV)/dev
	@echo "Installing what the benchmarks compare with ..."
	@$(PIP) -r benchmarks/requirements.txt
	@touch $@
