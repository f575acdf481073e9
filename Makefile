# Shakespeare, one character at a time. `make` alone lists the targets.
PROFILE ?= quick
TEXT ?= input.txt
PROMPT ?= ROMEO:

# A mistyped setting is not ignored; one that make hands on to the programs is none of ours.
ASKED := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
UNKNOWN := $(filter-out PROFILE TEXT PROMPT PYTHON LAB_OPTIONS SLOW BASE SHELL PIP_% OMP_% MKL_% CUDA_%,$(ASKED))
ifneq ($(UNKNOWN),)
$(error There is no setting $(UNKNOWN): there are PROFILE, TEXT, PROMPT, PYTHON, LAB_OPTIONS and SLOW)
endif

# What a user gives is text, not make or shell syntax.
override PROMPT := $(value PROMPT)
export PROMPT
ifneq ($(MAKECMDGOALS),)
ifneq ($(words $(PROFILE))$(filter-out smoke quick small full,$(PROFILE)),1)
$(error There is no profile of this name: choose smoke, quick, small or full)
endif
SIGNS := $$ % : ; & | < > ( ) [ ] { } * ? \# \ ' " `
ifneq ($(strip $(words $(value TEXT)) $(foreach sign,$(SIGNS),$(findstring $(sign),$(value TEXT)))),1)
$(error TEXT must be one path without spaces, quotes and signs of the shell: copy the file to a plain name)
endif
endif

export PYTHONPATH := $(CURDIR)

ifeq ($(strip $(PYTHON)),)
override PYTHON := .venv/bin/python
READY := .venv/.ready
else
READY := own-environment
endif

# A text of one's own has a folder of its own: TEXT=a/b.txt has build/quick-a+b.txt. As in shakespeare/course.py.
# INSIDE is its path from here; no path with spaces is asked for one that has no need of where this is.
override TEXT := $(patsubst ~/%,$(HOME)/%,$(TEXT))
INSIDE := $(if $(filter /%,$(TEXT))$(findstring ..,$(TEXT)),$(patsubst $(CURDIR)/%,%,$(abspath $(TEXT))),$(patsubst /%,%,$(abspath /$(TEXT))))
OWN := $(filter-out input.txt,$(INSIDE))
BUILD := build/$(PROFILE)$(if $(OWN),-$(subst /,+,$(subst +,++,$(OWN))))
ifneq ($(word 2,$(INSIDE))$(wildcard $(TEXT)/.),)
$(error TEXT must be a file, and named by a path from here where the path of this folder has spaces)
endif
NOTEBOOKS := 01-preprocessing 02-lstm-equations 03-training 04-generation
EXECUTED := $(NOTEBOOKS:%=$(BUILD)/%.ipynb)
PDF := $(BUILD)/shakespeare-lstm.pdf
RENDERER := $(addprefix report/,blocks.py render.py filter.lua references.bib template.html style.css)

.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup data lab notebooks report pages sample weights bench test test-slow test-browser lint strip clean

help: ## list the targets
	@echo "make TARGET [PROFILE=smoke|quick|small|full] [TEXT=some.txt] [PYTHON=python]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-16s%s\n", $$1, $$2}'

setup: $(READY) ## make the environment .venv (the other targets do it too)

.venv/.ready: pyproject.toml
	@base=; for python in python3 python3.11 python3.12 python3.13; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then base=$$python; break; fi; done; \
	if [ -z "$$base" ]; then echo "Python 3.11 or newer is needed: install it, then run make again." >&2; exit 1; fi; \
	$$base report/alone.py build/.setup.lock $(MAKE) --no-print-directory environment BASE=$$base

# A kill may leave half a package, so without .ready all is made anew.
.PHONY: environment
environment:
	@echo "Setting up .venv with $$($(BASE) --version): some minutes, once."
	@if [ -e .venv/.ready ]; then mv .venv/.ready .venv/.before; else $(BASE) -m venv --clear .venv; fi || \
	  { echo "The environment could not be made: Debian and Ubuntu need the package python3-venv." >&2; exit 1; }
	@.venv/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]' || \
	  { [ ! -e .venv/.before ] || mv .venv/.before .venv/.ready; \
	  echo "The packages could not be installed: mend what pip says, then give the same command again." >&2; exit 1; }
	@rm -f .venv/.before
	@touch .venv/.ready

.PHONY: own-environment
own-environment:
	@$(PYTHON) -c '' 2>/dev/null || { echo "PYTHON=$(PYTHON) does not run: give the path of a Python." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; from importlib.util import find_spec as f; \
	  sys.exit(not all(map(f, ("lightning", "ipywidgets", "papermill", "pypandoc", "typst", "pytest"))))' || \
	  { echo "Packages are missing: run $(PYTHON) -m pip install -e '.[dev]' first." >&2; exit 1; }

data: | $(READY) ## rebuild input.txt from its source and verify it
	@$(PYTHON) report/fetch_corpus.py input.txt

input.txt: | $(READY)
	@$(PYTHON) report/fetch_corpus.py $@

lab: | $(READY) ## open the notebooks in JupyterLab
	$(PYTHON) -m jupyterlab --notebook-dir=. $(LAB_OPTIONS) notebooks/01-preprocessing.ipynb

# One make at a time in a folder: the first one takes the lock, and then another one does the work.
ifndef BUILDING
notebooks report pages: | $(READY)
	@BUILDING=1 $(PYTHON) report/alone.py $(BUILD)/.lock $(MAKE) --no-print-directory $@
else

notebooks: $(EXECUTED) ## execute the notebooks into build/PROFILE

$(BUILD)/%.ipynb: notebooks/%.ipynb report/execute.py $(wildcard shakespeare/*.py) $(TEXT) | $(READY)
	@$(PYTHON) report/execute.py $< $@ PROFILE=$(PROFILE) TEXT=$(TEXT)

ifeq ($(wildcard $(BUILD)/metrics.json),)
$(BUILD)/01-preprocessing.ipynb $(BUILD)/02-lstm-equations.ipynb: again
.PHONY: again
again: # their numbers are gone
endif
$(BUILD)/03-training.ipynb: $(BUILD)/01-preprocessing.ipynb report/published.csv report/experiments.csv
$(BUILD)/04-generation.ipynb: $(BUILD)/03-training.ipynb

ifneq ($(OWN),)
$(TEXT):
	@echo "There is no file $@: give TEXT= the path of a text." >&2; exit 1
endif

# The metrics are newer when a notebook was run in JupyterLab.
$(PDF): $(EXECUTED) $(RENDERER) report/template.typ $(wildcard report/*.md) $(wildcard $(BUILD)/metrics.json)
	@$(PYTHON) report/render.py --build $(BUILD) --profile $(PROFILE) --out $@

report: $(PDF) ## execute what has changed and render report/shakespeare-lstm.pdf and .html
	@$(PYTHON) report/publish.py $(BUILD) $(PROFILE) $(TEXT)

$(BUILD)/pages/index.html: $(PDF) report/pages.py $(wildcard notebooks/*.md notebooks/solutions/*.ipynb)
	@$(PYTHON) report/pages.py --build $(BUILD) --report $(PDF) --out $(@D)

pages: $(BUILD)/pages/index.html ## the executed course as HTML pages, in build/PROFILE/pages

endif

sample: | $(READY) ## write text after PROMPT="ROMEO:" with the trained model
	@$(PYTHON) -m shakespeare $(BUILD) "$$PROMPT"

weights: | $(READY) ## write the trained model to shakespeare/weights, half precision and safe to open
	@$(PYTHON) report/export.py $(BUILD)

bench: | $(READY) ## measure speed as ratios, side by side (some minutes, nothing else running)
	$(PYTHON) report/bench.py

test: | $(READY) ## run the tests, the course in profile smoke among them
	$(PYTHON) -m pytest -q

LONGEST := tests/slow/test_setup.py tests/slow/test_kills.py
test-slow: | $(READY) ## run the slow tests: kills, two processes, a hostile text, lowest versions (half an hour)
	$(PYTHON) -m pytest -q $(filter-out $(LONGEST),$(wildcard tests/slow/test_*.py)) $(LONGEST) $(SLOW)

test-browser: | $(READY) ## try the notebooks in JupyterLab and the HTML pages in Chromium (some minutes)
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || \
	  { echo "There is no Chromium: get it with apt-get install chromium." >&2; exit 1; }
	@$(MAKE) --no-print-directory pages PROFILE=smoke TEXT=input.txt
	$(PYTHON) -m pytest -q tests/browser

lint: | $(READY) ## check style and types
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

strip: | $(READY) ## remove outputs from the notebooks before a commit
	$(PYTHON) -m jupyter nbconvert --clear-output --inplace notebooks/*.ipynb notebooks/solutions/*.ipynb

clean: ## remove what was built (build/; trained models too)
	@for lock in build/*/.lock build/.setup.lock; do \
	  [ ! -e "$$lock" ] || python3 report/alone.py "$$lock" true || exit 1; done
	rm -rf build
