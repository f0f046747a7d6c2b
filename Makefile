# Two commands for a newcomer: `make demo` and `make test`. Everything they make is under .venv/ and var/.
PYTHON ?= python3
VENV := .venv
TOOLS := .venv-tools
RUN := PYTHONPATH=$(CURDIR) $(VENV)/bin/python
# Which office: make demo PROFILE=jinan, or the path of a profile. Without it, as airflow_settings.yaml says.
ifdef PROFILE
export QIANLIYAN_PROFILE := $(PROFILE)
export QIANLIYAN_VAR ?= $(CURDIR)/var/office_$(notdir $(PROFILE))
endif
# The lock to install. requirements-fab.txt, where people log in by Airflow's FAB provider, has Celery and the readers of rasters in it.
LOCK ?= requirements.txt
LOCKS := $(if $(filter requirements.txt,$(LOCK)),requirements-celery.txt requirements-rasters.txt,$(LOCK))
WITH_UV := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
.DEFAULT_GOAL := help

.PHONY: help demo watch-demo up test test-fast fab-test check sbom licences upgrade-test bench crash-sweep gallery pictures fonts-check histories fuzz levels-sweep season bench-season scale-test chaos rasters lock wheels clean levels

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

# A closed network: `make wheels WHEELS=…` where there is an index, then any target with WHEELS=… where there is none.
ifdef WHEELS
export UV_FIND_LINKS := $(abspath $(WHEELS))
export PIP_FIND_LINKS := $(abspath $(WHEELS))
ifneq ($(MAKECMDGOALS),wheels)
export UV_NO_INDEX := 1
export UV_OFFLINE := 1
export PIP_NO_INDEX := 1
endif
endif

# The environment is made again whenever the lock changes. Every package must have a hash of the lock; wheels from WHEELS must
# also be those that were made. uv is taken from the path where it is the pinned one, or else put into the environment by pip.
# Where a person says PYTHON=…, an environment that was begun with another one is made anew.
PYTHON_IS_TOLD := $(filter command environment,$(firstword $(origin PYTHON)))
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-uv.txt)
$(VENV)/.installed: $(LOCK) requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@test -z "$(PYTHON_IS_TOLD)" || test ! -x $(VENV)/bin/python || \
	  test "$$($(VENV)/bin/python -V)" = "$$($(PYTHON) -V)" || rm -rf $(VENV)
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@test -z "$(WHEELS)" || $(VENV)/bin/python .ci/checksums.py check $(WHEELS)
	@echo "installing the locked packages into $(VENV) …"
	@$(WITH_UV) sh -c 'test "$$(uv --version 2>/dev/null | cut -d" " -f2)" = $(UV_VERSION)' || \
	  $(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(WITH_UV) uv pip install -q --require-hashes --python $(VENV)/bin/python -r $(LOCK)
	@touch $@

demo: $(VENV)/.installed ## play days of March 2020 into a local mailbox; another office: make demo PROFILE=jinan
	@$(RUN) -m include demo

watch-demo: $(VENV)/.installed ## a week of 39 simulated cities through the hourly watch, with its scores
	@$(RUN) -m include watch-demo

levels: $(VENV)/.installed ## one alarm through three offices on this machine, each with store and mailbox: down to a town, its letters mailed, its answer up to the weekly figures, closed
	@$(RUN) -m include levels

up: $(VENV)/.installed ## the Airflow UI on 127.0.0.1:8080 with the demo data and the local mailbox
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) -m include up

test: $(VENV)/.rasters ## every test, on SQLite and on a real PostgreSQL
	@$(RUN) -m pytest -rs -n auto --dist loadfile --no-loadscope-reorder

# Figures, rules, judgements, forms, the store and the outbox; no browser, no PostgreSQL, nothing that draws, no kills, no servers
# that keep silent, no stores of before, no worlds.
SLOW := $(addprefix --ignore=tests/, post/channels post/test_crashes.py post/test_faults.py post/test_restoration.py store/test_migrate.py store/test_windows_migration.py store/test_private_files.py \
  store/test_random_steps.py suspects/test_ranking.py watch/test_example.py)
FAST := $(addprefix tests/, supervision geo answer_form replies selection suspects watch store post)
test-fast: $(VENV)/.rasters ## a part of the tests for the work in between, on SQLite alone: a minute and a half on two cores
	@$(RUN) -m pytest -rs -n auto --dist worksteal -k "not postgresql" $(SLOW) $(FAST)

fab-test: ## people who log in by Airflow's FAB provider: four roles against every route of the desk
	@$(MAKE) --no-print-directory VENV=.venv-fab LOCK=requirements-fab.txt .venv-fab/.installed
	@PYTHONPATH=$(CURDIR) .venv-fab/bin/python -m pytest -n 0 tests/plugins/test_people.py

check: $(VENV)/.installed ## ruff, mypy --strict on include/, import rules
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/python .ci/licences.py
	@$(RUN) -m pytest tests/test_imports.py

licences: $(VENV)/.installed ## the licence of every installed package against .ci/licences.txt
	@$(VENV)/bin/python .ci/licences.py

sbom: $(VENV)/.installed $(TOOLS)/.installed ## the software bill of materials (CycloneDX) of the environment, into var/sbom.json
	@mkdir -p var
	@$(TOOLS)/bin/cyclonedx-py environment $(VENV)/bin/python --output-reproducible --of JSON -o var/sbom.json
	@echo "var/sbom.json: $$($(VENV)/bin/python -c 'import json; print(len(json.load(open("var/sbom.json"))["components"]))') packages"

$(TOOLS)/.installed: requirements-tools.txt $(VENV)/.installed
	@$(PYTHON) -m venv $(TOOLS)
	@$(WITH_UV) uv pip install -q --require-hashes --python $(TOOLS)/bin/python -r requirements-tools.txt
	@touch $@

bench: $(VENV)/.rasters ## speed as ratios, and memory
	@$(RUN) -m tests.bench

crash-sweep: $(VENV)/.installed ## kill the post, the reading of mail and the taking of the phone page's spool at every step, on both databases
	@$(RUN) -m tests.post.crash_sweep
	@SWEEP=1 $(RUN) -m pytest -q -n 0 --timeout=0 tests/mailroom/test_crashes.py tests/field/test_kill.py

fonts-check: $(VENV)/.installed ## which typefaces of official letters are found, and what stands in: FONTS=folder
	@$(RUN) -m include.letters.document.fonts_check $(FONTS)

pictures: $(VENV)/.installed ## the README's pictures of the desk and of a letter, from a played day of the demo region
	@$(RUN) -m tests.pictures

gallery: $(VENV)/.installed ## every kind of letter with ordinary and extreme figures as pages and mails to look at, and the checks of their layout
	@$(RUN) -m tests.gallery

histories: $(VENV)/.installed ## a month of beats in random orders, repeated and pulled beforehand: the same figures and files
	@QIANLIYAN_HISTORIES=whole $(RUN) -m pytest -q -n auto --dist worksteal tests/histories

# The last release whose stores are carried over in the rehearsal.
RELEASE ?= cfd2650
upgrade-test: $(VENV)/.installed ## the store of the release before, carried over and compared with what it was
	@$(RUN) -m tests.scale.upgrade --release $(RELEASE)

# Windows shorter than the season: make season WINDOW="--from 2020-03-01 --to 2020-03-15"
fuzz: $(VENV)/.installed ## every parser on made-up input; longer: make fuzz SECONDS=600, one: TARGETS=csv
	@$(RUN) -m tests.fuzz --seconds $(or $(SECONDS),30) $(TARGETS)

levels-sweep: $(VENV)/.installed ## two offices over a failing link with restores of either side, until both agree; longer: make levels-sweep SEEDS=50 ROUNDS=60
	@$(RUN) -m tests.exchange.sweep $(or $(SEEDS),10) $(or $(ROUNDS),40)

season: $(VENV)/.installed ## Airflow's own back-fill of the demo season, and what came of it
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) -m tests.scale.season $(WINDOW)

bench-season: $(VENV)/.installed ## the season's back-fill against an empty one and the same work in one process
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) -m tests.scale.bench_season $(WINDOW)

scale-test: $(VENV)/.celery ## two weeks on PostgreSQL and Celery while processes are killed: every letter once
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) -m tests.scale.scale_test $(WINDOW)

chaos: $(VENV)/.installed ## two hours in which one process of an installation after the other is killed, 96 times: every letter once; shorter: make chaos KILLS=24 MINUTES=30
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) -m tests.scale.chaos --kills $(or $(KILLS),96) --minutes $(or $(MINUTES),120)

$(VENV)/.celery: $(VENV)/.installed $(firstword $(LOCKS))
	@echo "installing Celery into $(VENV) …"
	@$(WITH_UV) uv pip install -q --require-hashes --python $(VENV)/bin/python -r $(firstword $(LOCKS))
	@touch $@

rasters: $(VENV)/.rasters ## what `select-grids` needs to read GeoTIFF and NetCDF: 130 MB that others do not install

$(VENV)/.rasters: $(VENV)/.installed $(lastword $(LOCKS))
	@echo "installing the readers of rasters into $(VENV) …"
	@$(WITH_UV) uv pip install -q --require-hashes --python $(VENV)/bin/python -r $(lastword $(LOCKS))
	@touch $@

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --generate-hashes \
  --custom-compile-command "make lock"
lock: ## make requirements.txt from requirements.in, those with Celery with rasters and with FAB, and uv's own, each package with its hashes
	$(COMPILE) requirements.in --output-file requirements.txt
	cp requirements.txt requirements-celery.txt # the same versions, then Celery's
	$(COMPILE) requirements.in requirements-celery.in --output-file requirements-celery.txt
	cp requirements.txt requirements-rasters.txt # the same versions, then the readers of rasters
	$(COMPILE) requirements.in requirements-rasters.in --output-file requirements-rasters.txt
	$(COMPILE) requirements.in requirements-celery.in requirements-rasters.in requirements-fab.in --output-file requirements-fab.txt # versions of its own: FAB narrows some of ours
	$(COMPILE) requirements-uv.in --output-file requirements-uv.txt
	$(COMPILE) requirements-tools.in --output-file requirements-tools.txt

wheels: ## every locked package as a wheel into WHEELS, with checksums, for a machine of this kind without an index
	@test -n "$(WHEELS)" || { echo "Say where to: make wheels WHEELS=wheels" >&2; exit 2; }
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(VENV)/locks # what older patches of this Python need, too: Debian's is 3.11.2
	@for lock in $(LOCKS); do sed "s/ ; python_full_version < '3\.[0-9]*\.[0-9]*'//" $$lock > $(VENV)/locks/$$lock; done
	@$(VENV)/bin/python -m pip wheel -q --disable-pip-version-check --require-hashes --no-deps --wheel-dir $(WHEELS) \
	  $(addprefix -r $(VENV)/locks/,$(LOCKS)) -r requirements-uv.txt
	@$(PYTHON) .ci/checksums.py write $(WHEELS)

clean: ## remove what running it made (var/), keep the environment
	rm -rf var
