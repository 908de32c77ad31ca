# Every target sets up what it needs; nothing has to be run first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: help lab grade test test-all lint lessons release bench clean
help:            ## list what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

lab: $(READY)    ## open your own copy of the course in JupyterLab, on the first lesson
	@$(BIN)/autograder lab

grade: $(READY)  ## grade a sample class of thirty
	@$(BIN)/autograder sample 02_mse -n 30
	@$(BIN)/autograder grade 02_mse --sample

test: $(READY)   ## run every test but the slow kinds (browser, soak)
	$(BIN)/pytest -m "not slow" -n 2

test-all: $(READY)  ## run every test
	$(BIN)/pytest -n 2

lint: $(READY)   ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check autograder lessons tests
	$(BIN)/mypy

lessons: $(READY)  ## execute every lesson and keep its outputs
	$(BIN)/python lessons/run.py

release: $(READY)  ## make exercises/ from solutions/
	@for folder in solutions/*/; do $(BIN)/autograder release $$(basename $$folder) || exit 1; done

bench: $(READY)  ## what a submission costs, beside stock nbgrader in the same run
	$(BIN)/python benchmarks/grading.py

clean:           ## remove the environment; what grading made stays
	rm -rf .venv

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo "Python cannot make environments yet. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@echo "Setting up .venv (about a minute, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --editable '.[test]'
	@touch $(READY)
