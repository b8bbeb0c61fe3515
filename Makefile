# Everything a person or a machine does here, each in one command. Only Python 3.11+, make and a C library are needed.
.DEFAULT_GOAL := help
.PHONY: help run test test-browser prove check fix bench bench-verdict lock ready-run ready-dev
MAKEFLAGS += --no-print-directory
# Compiled once and kept in __pycache__: otherwise each process compiles everything anew, two seconds of each start.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
# PYTHON=/path chooses another interpreter for .venv; otherwise the first that is new enough.
FIND_PYTHON = for p in "$(PYTHON)" python3.13 python3.12 python3.11 python3 python3.14 python; do \
	test -n "$$p" && "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && exec "$$p" requirements/install.py $(1); \
	done; echo "Week Twelve needs Python 3.11 or newer, and none was found: install one, or name it with PYTHON=/path/to/python3." >&2; exit 1

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1 | \2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "  %-20s %s\n", $$1, $$2}'

ready-run:
	@$(call FIND_PYTHON,run)

ready-dev:
	@$(call FIND_PYTHON,dev)

run: ready-run ## start everything, with the demo, at http://127.0.0.1:8012 (WEB_PORT chooses another)
	@exec $(PY) -m config.servers.supervise

test: ready-dev ## every test that needs no browser
	@$(PY) -m pytest -n 2 --ignore=tests/browser --ignore=tests/prove $(ARGS)

test-browser: ready-dev ## the tests in a real browser
	@CHROMIUM="$$($(PY) -m tests.browser.chromium)" && export CHROMIUM && $(PY) -m pytest -n 2 --dist loadfile tests/browser $(ARGS)

prove: ready-dev ## the long proofs: kills, fuzz, mutations
	@$(PY) -m pytest tests/prove $(ARGS)
	@if test -f tests/mutations/__main__.py; then $(PY) -m tests.mutations; fi

check: ready-dev ## format, lint, types, layers, templates, migrations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@.venv/bin/lint-imports --no-cache
	@$(PY) -m mypy
	@$(PY) -m djlint --lint --quiet templates
	@git ls-files -z 'templates/*.html' | xargs -0 .venv/bin/djade --check --target-version 5.2
	@$(PY) -m config.servers.throwaway -- $(PY) manage.py makemigrations --check --dry-run

fix: ready-dev ## repair what check can repair by itself
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .
	@git ls-files -z 'templates/*.html' | xargs -0 .venv/bin/djade --target-version 5.2 || true

bench: ready-dev ## measure, against the budgets (ARGS passes options on)
	@$(PY) -m bench $(ARGS)

bench-verdict: ready-dev ## how often the verdict is wrong and right, beside what is expected
	@$(PY) -m bench.rates $(ARGS)

COMPILE = $(PY) -m uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11
lock: ready-dev ## renew the lock after a change of dependencies in pyproject.toml
	@$(COMPILE) $(ARGS) pyproject.toml -o requirements/run.txt
	@$(COMPILE) $(ARGS) --group embedded -c requirements/run.txt -o requirements/embedded.txt
	@$(COMPILE) $(ARGS) --group dev -c requirements/run.txt -c requirements/embedded.txt -o requirements/dev.txt
	@grep '^uv==' requirements/dev.txt | cut -d' ' -f1 | $(COMPILE) --no-annotate - -o requirements/bootstrap.txt
