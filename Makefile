# Two commands do everything on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

# `make INSTALLER=uv ...` installs in seconds instead of minutes. uv doesn't know what pip is
# configured to do; where it can't install, pip does.
ifeq ($(INSTALLER),uv)
INSTALL = sh -c '$(PIP) install uv && $(BIN)/uv pip install --quiet --compile-bytecode \
	--python $(BIN)/python "$$@" || $(PIP) install "$$@"' install
else
INSTALL = $(PIP) install
endif

.PHONY: demo test test-train lint docs tools clean browser

demo: $(VENV)/.core ## install, run the whole path on the embedded organisms, and name the report
	$(BIN)/allegiance demo

test: $(VENV)/.test browser ## install and run every test that needs no torch
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not train"

test-train: $(VENV)/.train ## the tests that need torch: tokens against transformers, building organisms
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadgroup -m train

lint: $(VENV)/.lint ## style, types, one-way imports, and that the documentation builds
	$(BIN)/ruff check src tests benchmarks examples docs
	$(BIN)/ruff format --check src tests benchmarks examples docs
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --strict --quiet

docs: $(VENV)/.lint ## read the documentation at http://127.0.0.1:8000
	$(BIN)/mkdocs serve

tools: $(VENV)/.lint ## install all that the others need

# Tests of the workbench look at it in Chromium: the one there is, or Debian's. Without one they are skipped.
browser:
	@test -n "$$CHROMIUM" || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the tests of the workbench ..."; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
			chromium fonts-dejavu-core >/dev/null; \
	else echo "No Chromium here: tests in a browser are skipped (install chromium, or name one with CHROMIUM=...)."; fi

clean:
	rm -rf $(VENV) site .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Allegiance needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) (about two minutes the first time) ..."
	$(INSTALL) -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) (about two minutes the first time) ..."
	$(INSTALL) -e '.[test,bench]'
	@touch $@

# torch comes first and alone: where a CPU build lies at hand, it is taken, and the rest is satisfied with it.
$(VENV)/.train: pyproject.toml | $(VENV)/.test
	$(PIP) install torch==2.13.0
	$(INSTALL) -e '.[train,test]'
	@touch $@

$(VENV)/.lint: pyproject.toml | $(VENV)/.train
	$(INSTALL) -e '.[train,test,lint,docs]'
	@touch $@
