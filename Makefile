# Everything runs from .venv, which is made on first use; all it takes is make and Python 3.11 or newer.

# The first interpreter that runs and is new enough: version managers leave names on the PATH that don't run.
# Looked for only when an environment has to be made. Another one: make PYTHON=/path/to/python
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { command -v "$$name"; break; }; done)
NEW_PYTHON = $(or $(PYTHON),$(error Tallystick needs Python 3.11 or newer, and none is on the PATH))

PIP = .venv/bin/python -m pip -qq --disable-pip-version-check
STAMP = .venv/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run serve test chaos lint style types imports bench lock openapi clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

install: $(STAMP) ## make .venv from the locks, and put this checkout into it

$(STAMP): pyproject.toml requirements.lock requirements-dev.lock
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || "$(NEW_PYTHON)" -m venv --clear .venv
	@echo "Installing into .venv (about a minute the first time) …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

run: $(STAMP) ## see it work: simulated shops and buyers on 127.0.0.1:8000, e.g. make run ARGS="--speed 5 --faults 0.3"
	@exec .venv/bin/tallystick demo $(ARGS)

serve: $(STAMP) ## start the real service, empty, on 127.0.0.1:8000
	@exec .venv/bin/tallystick serve $(ARGS)

test: $(STAMP) ## run the tests on all cores, or some: make test ARGS="tests/domain -k reservation"
	@.venv/bin/python -m pytest $(or $(ARGS),-n auto --dist worksteal)

chaos: $(STAMP) ## ten minutes of killing processes while they trade, on PostgreSQL; shorter: make chaos ARGS="--seconds 60"
	@.venv/bin/python -m tests.chaos $(ARGS)

lint: style types imports ## check style, types and the direction of imports

style: $(STAMP)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: $(STAMP)
	@.venv/bin/mypy

imports: $(STAMP)
	@.venv/bin/lint-imports

bench: $(STAMP) ## measure all of docs/benchmarks.md and write it anew, over an hour; less: make bench ARGS="orders intake --quick"
	@.venv/bin/python -m bench $(ARGS)

# Versions stay as they are unless asked for: make lock ARGS=--upgrade
COMPILE = "$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header $(ARGS)

lock: ## lock the dependencies again after a change to pyproject.toml, or upgrade: make lock ARGS=--upgrade
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	"$(NEW_PYTHON)" -m venv "$$tools"; \
	"$$tools/bin/python" -m pip install -qq --disable-pip-version-check uv; \
	echo "Locking …"; \
	$(COMPILE) pyproject.toml -o requirements.lock; \
	$(COMPILE) --group pyproject.toml:dev pyproject.toml -c requirements.lock -o requirements-dev.lock; \
	if grep -nE 'https?://' requirements.lock requirements-dev.lock; then echo "A lock must name no host." >&2; exit 1; fi

openapi: $(STAMP) ## write openapi/openapi.json anew
	@.venv/bin/tallystick openapi $(ARGS)

clean: ## remove the environment and what tools leave behind; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -type d -name __pycache__ -prune -exec rm -rf {} +
