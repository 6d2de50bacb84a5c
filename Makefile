# `make demo` and `make test` need Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test slow lint types floors docs bench bench-smoke examples clean

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || (echo "making the environment in $(VENV) ..."; $(PYTHON) -m venv $(VENV))
	@echo "installing forcesim and what it needs (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,docs]'
	@touch $@

demo: $(STAMP)
	$(BIN)/python examples/close_the_gap.py

test: $(STAMP)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

slow: $(STAMP)
	$(BIN)/python -m pytest -q -m slow -n 2 --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

floors: $(STAMP)
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/python -m sphinx -q -E -W --keep-going -b html docs docs/_build/html

examples: $(STAMP)
	@ls examples/*.py | xargs -P 2 -I{} sh -c 'told=$$($(BIN)/python {} 2>&1) && code=0 || code=1; \
		printf "== %s\n%s\n" {} "$$told"; exit $$code'

bench: $(STAMP)
	$(BIN)/python -m benchmarks

bench-smoke: $(STAMP)
	$(BIN)/python -m benchmarks --smoke

clean:
	rm -rf $(VENV) build dist docs/_build output
