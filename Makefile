# PRODA Explorer. `make dashboard` serves the page, `make test` checks everything; `make help` lists the rest.
#
# Both work from a fresh copy with Python 3.11 or newer, make and a package index. The environment is made in .venv; empty files
# named .made-* in it remember what is done, so that a second call is quick and a changed pyproject.toml or constraints.txt
# installs again.

PYTHON ?= python3
PORT ?= 5006
PIP_ARGS ?=
PYTEST_ARGS ?=
WORKERS ?= 2
PROFILES ?=
WORK ?= build/retrieved
# "cpu" installs the PyTorch build without CUDA on Linux, 0.2 GB to download instead of 2.7 GB.
TORCH ?=
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(PIP_ARGS)
TORCH_PIN := $(shell sed -n 's/^torch==/==/p' constraints.txt)
PYTHON_NEEDED := 3.11

ifeq ($(TORCH)-$(shell uname -s),cpu-Linux)
TORCH_REQUIREMENT := torch$(TORCH_PIN)+cpu --index-url $(TORCH_INDEX)
else
TORCH_REQUIREMENT := torch$(TORCH_PIN)
endif
TORCH_MADE := $(VENV)/.made-torch-$(or $(TORCH),default)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help dashboard test lint benchmarks retrieved findings environment clean

help: ## Show this list
	@echo "make TARGET [PORT=$(PORT)] [PYTHON=$(PYTHON)] [TORCH=cpu] [PIP_ARGS=...] [PYTEST_ARGS=...] [WORKERS=$(WORKERS)]"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

dashboard: $(VENV)/.made-run ## Install what is needed and serve the dashboard on http://localhost:5006
	@$(BIN)/proda serve --port $(PORT) || test $$? -eq 130

test: $(VENV)/.made-test ## Run the tests, all of them or those named by PYTEST_ARGS, in WORKERS processes
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(VENV)/.made-test ## Check style, format, types and the import order of the layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmarks: $(VENV)/.made-test ## Run the measurements, one after the other
	@set -e; found=; for file in benchmarks/[!_]*.py; do \
	  test -f "$$file" || continue; found=yes; echo "== $$file"; $(BIN)/python "$$file"; \
	done; test -n "$$found" || { echo "error: expected measurements in benchmarks/, got none" >&2; exit 1; }

# Everything in data/ that comes from soil profiles, made again from the files of profiles in PROFILES; WORK keeps what is between.
retrieved: $(VENV)/.made-run ## Learn the maps in data/ again from PROFILES="FILE..." (about 20 minutes on two cores)
	@test -n "$(PROFILES)" || { echo 'error: expected PROFILES="FILE...", got none; name files that proda observe reads' >&2; exit 1; }
	mkdir -p $(WORK)
	$(BIN)/proda observe $(PROFILES) --out $(WORK)/profiles.nc --min-layers 3 --force
	$(BIN)/proda observe $(PROFILES) --out $(WORK)/thinned.nc --min-layers 3 --thin 1 --force
	$(BIN)/proda assimilate $(WORK)/thinned.nc --out $(WORK)/posterior.zarr --force
	$(BIN)/proda learn $(WORK)/profiles.nc --out $(WORK) --force
	$(BIN)/proda evaluate $(WORK)/profiles.nc --posterior $(WORK)/posterior.zarr --out $(WORK) --force
	$(BIN)/proda card $(WORK) --force
	cp $(WORK)/retrieved.nc $(WORK)/networks.safetensors $(WORK)/evidence.json $(WORK)/MODEL_CARD.md data/

# What the page says of the mechanisms, made again from the maps in data/ and what `make retrieved` left in WORK.
findings: $(VENV)/.made-run ## Work out what controls the carbon in the maps in data/ (about 20 minutes on two cores)
	@test -f $(WORK)/profiles.nc || { echo 'error: expected $(WORK)/profiles.nc, got none; run make retrieved, or name its WORK=' >&2; exit 1; }
	$(BIN)/proda relearn $(WORK)/profiles.nc --out $(WORK)/relearned.csv --force
	$(BIN)/proda sensitivity --out $(WORK)/sensitivity.nc --budget $(WORK)/budget.csv --posterior $(WORK)/posterior.zarr \
	  --relearned $(WORK)/relearned.csv --force
	$(BIN)/proda control $(WORK)/profiles.nc --out $(WORK)/control.nc --force
	$(BIN)/proda sobol --depth 1m --size 1024 --out $(WORK)/sobol_mechanisms.nc --force
	$(BIN)/proda sobol --depth 1m --size 1024 --over parameters --out $(WORK)/sobol_parameters.nc --force
	$(BIN)/proda findings $(addprefix $(WORK)/,sensitivity.nc control.nc sobol_mechanisms.nc sobol_parameters.nc) \
	  --budget $(WORK)/budget.csv --out $(WORK)/findings.nc --force
	cp $(WORK)/findings.nc data/

environment: $(VENV)/.made-test ## Make the environment of the tests and stop there

clean: ## Remove the environment and everything that the tools leave behind
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made-python:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "error: expected Python $(PYTHON_NEEDED) or newer, got no $(PYTHON); install it, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(PYTHON_NEEDED)".split("."))))' || \
	  { echo "error: expected Python $(PYTHON_NEEDED) or newer, got $$($(PYTHON) -V 2>&1); name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "error: expected $(PYTHON) with the modules venv and ensurepip, got none; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The exact PyTorch first, so that the build chosen here, or offered by a local index, is the one that stays.
$(TORCH_MADE): $(VENV)/.made-python constraints.txt
	$(PIP) -c constraints.txt $(TORCH_REQUIREMENT)
	@rm -f $(VENV)/.made-torch-*
	@touch $@

$(VENV)/.made-run: $(TORCH_MADE) pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e .
	@touch $@

$(VENV)/.made-test: $(VENV)/.made-run
	$(PIP) -c constraints.txt -e '.[test]'
	@touch $@
