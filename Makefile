# Shakespeare, one character at a time. `make` alone lists the targets.
PROFILE ?= quick
TEXT ?= input.txt
PROMPT ?= ROMEO:
PYTHON ?= .venv/bin/python
NOTEBOOKS := 01-preprocessing 02-lstm-equations 03-training 04-generation 05-beyond-the-report 06-inside-the-network

override PROMPT := $(value PROMPT)
export PROMPT PYTHONPATH
PYTHONPATH := $(CURDIR):$(CURDIR)/notebooks
.DELETE_ON_ERROR .NOTPARALLEL:
.PHONY: help setup data lab notebooks report pages explorer sample publish bench test test-slow test-browser lint clean

help: ## list the targets
	@echo "make TARGET [PROFILE=smoke|quick|small|full] [TEXT=some.txt] [PROMPT=words] [PYTHON=python]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s%s\n", $$1, $$2 }' Makefile

clean: ## remove what was built, trained models too
	rm -rf build

# All other targets need the environment: make builds it, then reads this file again.
ifneq ($(filter-out help clean,$(MAKECMDGOALS)),)
READY := $(if $(filter .venv/%,$(PYTHON)),.venv/.ready)
include $(READY)

.venv/.ready: pyproject.toml
	@echo "Setting up .venv: some minutes, once."
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	@test -x .venv/bin/pip || python3 -m venv .venv
	@.venv/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

$(if $(word 2,$(TEXT))$(word 2,$(PROFILE))$(strip $(foreach sign,; & | ' " < > * ? % ` \ $$,$(findstring \
  $(sign),$(value TEXT)$(value PROFILE)))),$(error TEXT and PROFILE are one word each, without signs of the shell))
$(if $(filter input.txt,$(TEXT))$(wildcard $(TEXT)),,$(error There is no file $(TEXT): give TEXT= the path of a text))
ifeq ($(READY),$(wildcard $(READY)))
BUILD := $(or $(shell $(PYTHON) -m shakespeare.settings '$(PROFILE)' '$(TEXT)'),$(error The message above says why; PROFILE=$(PROFILE) PYTHON=$(PYTHON)))
endif
EXECUTED := $(NOTEBOOKS:%=$(BUILD)/%.ipynb)
NUMBERS := $(NOTEBOOKS:%=$(BUILD)/%.json)
PDF := $(BUILD)/shakespeare-lstm.pdf
MODEL = $(lastword $(sort $(wildcard $(BUILD)/models/*)))
setup: ## build the environment .venv; the other targets do it too
input.txt: ; @$(PYTHON) report/fetch_corpus.py $@
data: ## rebuild input.txt from its source and verify it
	@$(PYTHON) report/fetch_corpus.py input.txt

lab: ## open the notebooks in JupyterLab
	@$(PYTHON) -m jupyterlab $(if $(filter 0,$(shell id -u)),--allow-root) --notebook-dir=. notebooks/01-preprocessing.ipynb

notebooks: $(EXECUTED) $(NUMBERS) ## execute the notebooks into build/PROFILE

$(BUILD)/%.ipynb $(BUILD)/%.json: notebooks/%.ipynb report/execute.py $(TEXT) \
  $(wildcard shakespeare/*.py notebooks/course/*.py notebooks/course/*/*.py)
	@$(PYTHON) report/execute.py $< $(BUILD)/$*.ipynb PROFILE=$(PROFILE) TEXT=$(TEXT)
$(BUILD)/04-generation.ipynb: $(BUILD)/03-training.ipynb
$(BUILD)/05-beyond-the-report.ipynb: $(BUILD)/01-preprocessing.ipynb $(BUILD)/04-generation.ipynb report/published.csv report/experiments.csv
$(BUILD)/06-inside-the-network.ipynb: $(BUILD)/01-preprocessing.ipynb $(BUILD)/05-beyond-the-report.ipynb

$(PDF): $(EXECUTED) $(NUMBERS) report/render.py $(wildcard report/*.lua report/*.md report/*.j2 report/*.bib \
  report/template.* report/style.css report/math.woff report/explorer/*)
	@$(PYTHON) -m report.render $(BUILD) $(PROFILE)

report: $(PDF) ## execute what changed, write the report to build/PROFILE
	@echo "The report is $(PDF); beside it is the same as one web page."

pages: $(PDF) ## the executed course as HTML pages, in build/PROFILE/pages
	@$(PYTHON) -m report.pages $(BUILD)
	@echo "The pages begin at $(BUILD)/pages/index.html."

publish: pages ## after PROFILE=small or full: copy weights and results to their places
	@$(PYTHON) -m report.publish $(BUILD) $(PROFILE)

explorer: ## build report/explorer.html from the shipped small network, and its picture
	@$(PYTHON) -m report.explorer.build report/explorer.html report/explorer.png

sample: ## write after PROMPT="ROMEO:", with the trained model or the shipped one
	@$(PYTHON) -m shakespeare sample "$$PROMPT" --model $(or $(MODEL),full) --ngrams $(if $(MODEL),$(TEXT),input.txt)

bench: ## measure speed as ratios, side by side (nothing else running)
	@$(PYTHON) -m report.bench

test: ## run the tests
	@$(PYTHON) -m pytest -q
test-slow: ## kills, two processes, lowest versions (a quarter of an hour)
	@$(PYTHON) -m pytest -q -n 0 tests/slow --ignore=tests/slow/test_hostile.py
test-browser: ## try notebooks and pages in Chromium
	@$(MAKE) pages PROFILE=smoke TEXT=input.txt
	@$(PYTHON) -m pytest -q -n 0 tests/browser/test_explorer.py
	@$(PYTHON) -m pytest -q tests/browser --ignore=tests/browser/test_explorer.py
lint: ## check style and types
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check . && $(PYTHON) -m mypy

endif
