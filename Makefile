# Two commands for everyone: `make demo` and `make test`. The rest is for developers.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := deploy/lock
FRESH  ?=
ARGS   ?=

.PHONY: help demo test install install-dev lint check lock clean

help:
	@echo "make demo          start everything with simulated homes (FRESH=1 begins anew)"
	@echo "make test          run the whole test suite (ARGS='-k story' to choose)"
	@echo "make check         linters, types and import contracts"

$(VENV)/.run: $(LOCK)/run.txt pyproject.toml
	@echo "Setting up .venv: about 150 MB to download, one to three minutes the first time."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run $(LOCK)/dev.txt
	@echo "Adding what the tests need: about 90 MB more."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)/dev.txt
	@touch $@

$(VENV)/.pages: $(VENV)/.run package-lock.json deploy/pages.sh
	@sh deploy/pages.sh $(BIN)/python
	@touch $@

install: $(VENV)/.run $(VENV)/.pages
install-dev: install $(VENV)/.dev

demo: install
	@$(BIN)/homecare demo $(if $(FRESH),--fresh)

test: install-dev
	@$(BIN)/python -m pytest $(ARGS)

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Write the locks anew (needs `uv`): the same files on every platform, with hashes, naming no host.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml deploy/lock/build.in -o $(LOCK)/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra dev pyproject.toml -c $(LOCK)/run.txt -o $(LOCK)/dev.txt

clean:
	rm -rf $(VENV) api/static/vendor node_modules
