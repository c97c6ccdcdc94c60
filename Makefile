# Everything runs in .venv, made here from the pinned versions of constraints.txt.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := PIP_CONSTRAINT=$(CURDIR)/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet
WORKERS ?= 2
SOURCES := xaigeo tests examples benchmarks scripts

.PHONY: help demo gallery notebooks test lint format bench picture clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "xaigeo needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up $(VENV) (some minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) torch
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base tests/peers.txt
	@echo "Adding the tools for tests"
	@$(PIP) --editable '.[dev]'
	@$(PIP) --no-deps --requirement tests/peers.txt
	@touch $@

demo: $(VENV)/.base ## train 20 networks on the penguins, explain, audit, report: out/demo/report.html
	@$(BIN)/xaigeo demo

gallery: $(VENV)/.dev ## every chart on one page: out/gallery/index.html
	@$(BIN)/python scripts/gallery.py

notebooks: $(VENV)/.dev ## run the example notebooks: out/notebooks/*.ipynb
	@$(BIN)/python scripts/notebooks.py --run

# Each process on one thread: two that share two cores with two threads each wait for one another.
test: $(VENV)/.dev ## run all tests, doctests and examples, in WORKERS=2 processes
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

lint: $(VENV)/.dev ## check style and types
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy

format: $(VENV)/.dev ## put the sources into the house style
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

$(VENV)/.peers: $(VENV)/.dev benchmarks/peers.txt
	@echo "Adding the packages that benchmarks compare with"
	@$(PIP) --no-deps --requirement benchmarks/peers.txt
	@touch $@

bench: $(VENV)/.peers ## time xaigeo against its peers: out/bench.json
	@$(BIN)/python -m benchmarks

picture: $(VENV)/.dev ## take the README's picture from the demo's report
	@$(BIN)/python scripts/picture.py

clean: ## remove the virtual environment and all output
	@rm -rf $(VENV) out build dist
