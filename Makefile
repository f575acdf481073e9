# Shakespeare, one character at a time. `make` alone lists the targets.
PROFILE ?= quick
FULL ?= full
PROMPT ?=
NETWORK ?=
TEXT ?=
PYTHON ?= .venv/bin/python
# In the order in which they start: first those for which others wait.
LESSONS := 01-preprocessing 03-training 05-beyond-the-report 06-inside-the-network 02-lstm-equations 04-generation 07-who-copies

# What is typed is taken as it is.
override PROFILE := $(value PROFILE)
override PROMPT := $(value PROMPT)
override NETWORK := $(value NETWORK)
override TEXT := $(value TEXT)
ifeq ($(filter $(PROFILE),smoke quick full),)
$(error There is no profile $(PROFILE): choose smoke or quick)
endif
BUILD := build/$(PROFILE)
export PROMPT NETWORK TEXT PYTHONPATH
PYTHONPATH := $(CURDIR):$(CURDIR)/notebooks
# As in shakespeare/__init__.py, but for everything that is started here.
export GOMP_SPINCOUNT ?= 1000
export KMP_BLOCKTIME ?= 0
# Two notebooks at once, where neither needs the other: each computes on one core.
ifeq ($(filter-out report book notebooks,$(MAKECMDGOALS)),)
MAKEFLAGS += -j2
else
.NOTPARALLEL:
endif
.PHONY: FORCE help setup lab notebooks report book page film sample evidence publish bench test test-course test-browser test-slow lint clean

help: ## list the targets
	@echo "make TARGET [PROFILE=smoke|quick] [PROMPT=words] [NETWORK=folder] [TEXT=file] [PYTHON=python]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s%s\n", $$1, $$2 }' Makefile

clean: ## remove what was built, trained networks too
	rm -rf build

# All other targets need the environment: make builds it, then reads this file again.
ifneq ($(filter-out help clean,$(MAKECMDGOALS)),)
READY := $(if $(filter .venv/%,$(PYTHON)),.venv/.ready)
include $(READY)

.venv/.ready: pyproject.toml
	@echo "Setting up .venv: this takes some minutes, once."
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	@test -x .venv/bin/pip || python3 -m venv .venv
	@.venv/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

EXECUTED := $(LESSONS:%=$(BUILD)/%.ipynb)
# These save numbers for others, before they are done. Where the numbers are newer, a reader has run
# the notebook since, perhaps with a recipe of his own; then, and where they are missing, it is
# executed again.
SAVING := 01-preprocessing 03-training 05-beyond-the-report
AGAIN := $(foreach name,$(SAVING),$(shell test -f $(BUILD)/$(name).json -a ! $(BUILD)/$(name).json -nt $(BUILD)/$(name).ipynb || echo $(name)))
REPORT := $(BUILD)/report.pdf
PAGE := $(if $(wildcard report/page),$(BUILD)/explorer.html)

setup: ## build the environment .venv; the other targets do it too

lab: ## open the notebooks in JupyterLab
	@PATH="$(abspath $(dir $(PYTHON))):$$PATH" $(PYTHON) -m jupyterlab $(if $(filter 0,$(shell id -u)),--allow-root) --notebook-dir=. notebooks/01-preprocessing.ipynb

notebooks: $(EXECUTED) ## execute the notebooks into build/PROFILE

MODULE := $(wildcard shakespeare/*.py shakespeare/beyond/*.py shakespeare/recipes/*.toml)
WEIGHTS := $(wildcard shakespeare/weights/*/config.json shakespeare/weights/*/model.safetensors)
COURSE := $(MODULE) $(WEIGHTS) $(wildcard notebooks/course/*.py notebooks/course/*/*.py notebooks/checks/*.py notebooks/games/*.py notebooks/study/*.py notebooks/study/networks/* notebooks/solutions/*) report/execute.py
DOCUMENT := $(addprefix report/,introduction.md conclusion.md appendix.md metrics.json filter.lua template.typ references.bib render.py) \
  $(wildcard report/figures/* report/templates/report/*)
BOOK_SOURCES := report/book.py $(wildcard report/templates/book/*) pyproject.toml \
  $(wildcard notebooks/backward-pass.ipynb notebooks/glossary.md notebooks/solutions/*.ipynb)
PAGE_SOURCES := $(MODULE) $(wildcard report/page/*.py report/page/*.json report/page/sources/*.* report/page/sources/*/*.js)

# What a lesson trains in folders goes before it is executed: its code may have changed.
OWN_05-beyond-the-report := better final
OWN_07-who-copies := copies-*

$(BUILD)/%.ipynb: notebooks/%.ipynb $(COURSE)
	@$(if $(OWN_$*),rm -rf $(addprefix $(BUILD)/,$(OWN_$*)))
	@$(PYTHON) -m report.execute notebooks/$*.ipynb $(BUILD)/$*.ipynb PROFILE=$(PROFILE)

$(AGAIN:%=$(BUILD)/%.ipynb): FORCE
FORCE:

# What a notebook loads from those before it.
$(BUILD)/03-training.ipynb: $(BUILD)/01-preprocessing.ipynb
$(BUILD)/04-generation.ipynb: $(BUILD)/03-training.ipynb
$(BUILD)/05-beyond-the-report.ipynb: $(BUILD)/01-preprocessing.ipynb $(BUILD)/03-training.ipynb
$(BUILD)/06-inside-the-network.ipynb: $(BUILD)/05-beyond-the-report.ipynb

$(REPORT): $(EXECUTED) $(DOCUMENT)
	@$(PYTHON) -m report.render $(BUILD)

# After the report, so that a page that fails costs no PDF.
$(BUILD)/explorer.html: $(BUILD)/05-beyond-the-report.ipynb $(PAGE_SOURCES) | $(REPORT)
	@$(PYTHON) -m report.page $(BUILD)/models/final input.txt $@

report: $(REPORT) $(PAGE) ## execute what changed, write the report of the run and its page to build/PROFILE
	@echo "The report of this run is $(REPORT)."
	@$(if $(PAGE),echo "Beside it is explorer.html: in this page its network reads and writes.")

$(BUILD)/book/index.html: $(EXECUTED) $(REPORT) $(PAGE) $(BOOK_SOURCES)
	@$(PYTHON) -m report.book $(BUILD) $(BUILD)/book $(REPORT) $(PAGE)

book: $(BUILD)/book/index.html ## the same, and the notebooks as pages to read in a browser, build/PROFILE/book
	@echo "The book of this run is $(BUILD)/book/index.html."

evidence: ## with PROFILE=full: train and measure the large networks for the appendix (hours)
	@$(PYTHON) -m report.evidence $(PROFILE)

# Where the evidence has other weights or numbers, make report executes what depends on them.
publish: ## bring the evidence of build/FULL, and a run of PROFILE with it, into the repository
	@$(PYTHON) -m report.publish evidence build/$(FULL)
	@$(MAKE) report
	@$(PYTHON) -m report.publish run $(BUILD)
	@$(if $(PAGE),$(MAKE) page)

page: ## build the page of NETWORK and TEXT, build/page.html; without them report/explorer.html
	@$(PYTHON) -m report.page $(if $(NETWORK)$(TEXT),-- "$${NETWORK:-small}" "$${TEXT:-tiny-shakespeare}" build/page.html,small tiny-shakespeare report/explorer.html)

film: ## film report/explorer.html for the README, in Chromium
	@$(PYTHON) -m report.page.film

FINAL = $(wildcard $(BUILD)/models/final)
BASELINE = $(wildcard $(BUILD)/models/baseline)
WRITER = $(or $(FINAL),$(BASELINE),final)
sample: ## write after PROMPT="ROMEO:", with the trained network or the shipped one
	@$(PYTHON) -m shakespeare sample --model $(WRITER) $(if $(PROMPT),-- "$$PROMPT")

bench: ## measure speed as ratios (run nothing else meanwhile)
	@$(PYTHON) -m report.bench

test: ## test module, course and report (two to five minutes)
	@$(PYTHON) -m pytest -q
test-course: ## execute the course in the profile smoke, and test what it makes
	@$(MAKE) notebooks PROFILE=smoke
	@$(PYTHON) -m pytest -q -n 0 tests/executed
test-browser: ## test page, notebooks and book in Chromium
	@$(MAKE) notebooks PROFILE=smoke
	@$(if $(PAGE),$(PYTHON) -m pytest -q -n 0 tests/page/browser)
	@$(PYTHON) -m pytest -q tests/browser
test-slow: ## test kills, two processes, browsers (ten minutes)
	@$(PYTHON) -m pytest -q -rs tests/slow $(wildcard tests/page/slow)
lint: ## check style and types
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check . && $(PYTHON) -m mypy
	@PATH="$(abspath $(dir $(PYTHON))):$$PATH" oxlint $(wildcard report/page) report/templates/book

endif
