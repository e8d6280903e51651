# make run: talk to Martín. make test: everything CI asks. make help: the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
LOG := $(VENV)/install.log

# The first Python on the path that is new enough. Choose one yourself with: make run PYTHON=python3.12
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; \
	done)

.PHONY: help run install test check types unit bench pins clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.installed ## Start Martín: on every platform that has a token, else here in the terminal
	@$(BIN)/martin

install: $(VENV)/.installed ## Only make .venv, with .venv/bin/martin in it

test: check unit ## Linters, types and all tests

check: $(VENV)/.dev ## Linters and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

unit: $(VENV)/.dev ## All tests, with branch coverage
	@$(BIN)/python -m pytest -q --numprocesses 2 --dist loadfile --cov --cov-report=term

bench: $(VENV)/.dev ## Measure: ONLY=name for one, FULL=1 for the long form
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(FULL),--full)

pins: ## Pin requirements*.txt anew from requirements*.in (needs the program uv)
	@packaging/pins

clean: ## Take .venv and every cache away; data/ stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* *.egg-info

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Martín needs Python 3.11 or newer, and none was found. Install it, or say where it is:" >&2; \
		echo "  make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@"$(PYTHON)" -m venv $(VENV) >&2 || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# pip says little unless it fails: what 'make run' prints belongs to the conversation.
$(VENV)/.installed: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing Martín into $(VENV) (some minutes, once)…" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt >$(LOG) 2>&1 \
		|| { cat $(LOG) >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . \
		>>$(LOG) 2>&1 || { cat $(LOG) >&2; exit 1; }
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what the tests need…" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt >$(LOG) 2>&1 \
		|| { cat $(LOG) >&2; exit 1; }
	@touch $@
