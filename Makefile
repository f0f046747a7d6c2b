# Two commands for a newcomer: `make demo` and `make test`. Everything they make is under .venv/ and var/.
PYTHON ?= python3
VENV := .venv
RUN := PYTHONPATH=$(CURDIR) $(VENV)/bin/python
.DEFAULT_GOAL := help

.PHONY: help demo up test check bench crash-sweep lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

# The environment is made again whenever the lock changes. uv is taken from the path, or put into the environment by pip.
$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages into $(VENV) …"
	@command -v uv >/dev/null || test -x $(VENV)/bin/uv || $(VENV)/bin/python -m pip install -q --disable-pip-version-check uv
	@PATH="$$PATH:$(CURDIR)/$(VENV)/bin" uv pip install -q --python $(VENV)/bin/python -r requirements.txt
	@touch $@

demo: $(VENV)/.installed ## play a working day of March 2020 into a local mailbox
	@$(RUN) -m include demo

up: $(VENV)/.installed ## the Airflow UI on 127.0.0.1:8080 with the demo data and the local mailbox
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) -m include up

test: $(VENV)/.installed ## every test, on SQLite and on a real PostgreSQL
	@$(RUN) -m pytest

check: $(VENV)/.installed ## ruff, mypy --strict on include/, import rules
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(RUN) -m pytest tests/test_imports.py

bench: $(VENV)/.installed ## speed as ratios, and memory
	@$(RUN) -m tests.bench

crash-sweep: $(VENV)/.installed ## kill the post at every named point, hundreds of times, on both databases
	@$(RUN) -m tests.post.crash_sweep

lock: ## make requirements.txt from requirements.in
	uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" \
	  requirements.in --output-file requirements.txt

clean: ## remove what running it made (var/), keep the environment
	rm -rf var
