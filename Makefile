# Two commands for a newcomer: `make demo` and `make test`. Needs python3.11 (or newer), make and gcc.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo_results
export PATH := $(CURDIR)/$(BIN):$(PATH)

export NO_MKDOCS_2_WARNING := 1

.PHONY: demo test lint docs unit kernels flow schema clean

demo: $(VENV)/.workflow
	$(BIN)/clonotrack demo --force -o $(DEMO)

test: lint unit kernels flow docs

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakefmt --check Snakefile workflows
	$(BIN)/snakemake --lint --config samples=test_data/demo/samples.tsv settings=test_data/demo/config.yaml

unit: $(VENV)/.dev
	$(BIN)/pytest -m "not slow" -n 2 --dist loadfile

kernels: $(VENV)/.dev
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest tests/kernels tests/*/kernels

flow: $(VENV)/.dev
	$(BIN)/pytest -m slow

docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict --quiet

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "clonotrack needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.workflow: $(VENV)/bin/python pyproject.toml
	@start=$$(date +%s); \
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[workflow]" && \
	echo "installation took $$(( $$(date +%s) - start )) s"
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[workflow,dev]"
	@touch $@ $(VENV)/.workflow

clean:
	rm -rf $(VENV) $(DEMO) site dist .snakemake

schema: $(VENV)/.dev
	$(BIN)/clonotrack config --schema > workflows/config/settings.schema.json
	$(BIN)/clonotrack config --schema --workflow > workflows/config/run.schema.json
