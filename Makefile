# Bare `make` lists the targets. Everything is installed into .venv; everything that is made at run time lies in var/.

SHELL := /bin/bash
PYTHON ?= $(or $(shell command -v python3.11),python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO_CUSTOMERS ?= 20000
DEMO_MONTHS ?=
TEST_WORKERS ?= auto
PYTEST = $(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --maxprocesses 4
SOURCES := churn_tasks dags plugins tests benchmarks

# uv compiles what it installs, whatever the caller's shell says about byte code: imports are three times slower without
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install install-spark demo stop test test-all test-containers check dictionary lock

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1@/p' $(MAKEFILE_LIST) | column -t -s @

install: $(STAMP) ## Install everything into .venv, locked by hashes

$(STAMP): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed. Give its path: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "$(PYTHON) is not Python 3.11"; exit 1; }
	@echo "Installing into $(VENV): half a minute with the packages in uv's cache, a few minutes without"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || { \
		sed -n '/^uv==/,/^ *# via/p' requirements.txt > $(VENV)/uv.txt && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt; }
	$(BIN)/uv pip sync --python $(BIN)/python --compile-bytecode --require-hashes --quiet requirements.txt
	@$(BIN)/uv pip install --python $(BIN)/python --offline --no-deps --quiet --editable . # the command `churn`
	@touch $@

install-spark: $(STAMP).spark ## Install the second engine beside it: PySpark and a Java to run it on (docs/spark.md)

$(STAMP).spark: $(STAMP) requirements-spark.txt
	$(BIN)/uv pip install --python $(BIN)/python --compile-bytecode --require-hashes --quiet --requirement requirements-spark.txt
	@touch $@

demo: install ## Simulate an operator, run its history through Airflow, show the results (DEMO_CUSTOMERS, DEMO_MONTHS)
	@$(BIN)/python -m churn_tasks.local demo --customers $(DEMO_CUSTOMERS) $(if $(DEMO_MONTHS),--months $(DEMO_MONTHS))

stop: ## Stop everything that the demo started
	@test ! -x $(BIN)/python || $(BIN)/python -m churn_tasks.local stop

test: install ## Run the quick tests, before each commit; in as many processes as there are cores (TEST_WORKERS)
	@$(PYTEST) -m "not slow" --hypothesis-profile quick

test-all: install ## Run every test, as CI does
	@$(PYTEST)

test-containers: install ## Build the image and run months in podman, also across an upgrade (docs/testing.md); not in CI
	@CHURN_TEST_CONTAINERS=yes $(BIN)/python -m pytest --numprocesses 0 tests/deploy/test_containers.py

check: install ## Format, lint, types, import contracts, quick tests
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/mypy
	@PYTHONPATH=.:plugins $(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

dictionary: install ## Write docs/dictionary, docs/what_we_need and docs/corrupted_input.md from what declares them
	@for profile in telecom retail telecom_wide; do \
		$(BIN)/churn dictionary --profile $$profile > docs/dictionary/$$profile.md || exit 1; done
	@for language in en zh; do \
		$(BIN)/churn what-we-need --language $$language --profile telecom > docs/what_we_need/$$language.md || exit 1; done
	@$(BIN)/python -m tests.corrupted.page

lock: install ## Write requirements.txt and its two relations from the files they are made of
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --output-file requirements.txt requirements.in
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --output-file requirements-services.txt \
		--constraint requirements.txt requirements-services.in
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --output-file requirements-spark.txt requirements-spark.in
