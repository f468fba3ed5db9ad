# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Everything that is made goes under build/. The environments there follow the requirements files by their dates.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-print-directory

# The first interpreter from 3.11 up that runs and can make environments; "make PYTHON=..." chooses another.
ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$p" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
endif
VENV := build/venv
BIN := $(CURDIR)/$(VENV)/bin
VENV_READY := $(VENV)/.ready

# Byte-compiling tens of thousands of files that are never imported costs more than it saves.
export PIP_NO_COMPILE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_QUIET := 2
# Where the environment forbids Python to keep what it compiled, each task of Ansible compiles its plugins anew, which
# doubles what a run costs.
unexport PYTHONDONTWRITEBYTECODE

# Our own collection is found through a link, and never as a stale copy in the user's Ansible home.
TREE := build/tree/ansible_collections/mailwright/mail
export ANSIBLE_HOME := $(CURDIR)/build/ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/build/tree
WITH_VENV := PATH="$(BIN):$$PATH"

# The other interpreters from 3.11 up that this machine has, as 3.12 3.13; asked only by the targets that need it.
OTHERS = $(shell $(PYTHON) tests/gates/interpreters.py --except "$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')")

.PHONY: help
help: ## List the targets
	@echo "Targets (python: $(PYTHON)):"
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | sort | column -t -s '|'

.PHONY: setup
setup: ## Install the distribution's packages that tests and demo need (or name what is missing)
	@bash tests/testbed/setup.sh

.PHONY: venv
venv: $(VENV_READY) ## Make build/venv with everything of requirements-dev.txt

$(VENV_READY): requirements.txt requirements-dev.txt tests/unit/requirements.txt
	@test -n "$(PYTHON)" || { echo "no Python from 3.11 up with venv found: install python3 and python3-venv" >&2; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --upgrade -r requirements-dev.txt
	@touch $@

build/venv-%/.ready: requirements.txt tests/unit/requirements.txt
	@echo "making $(@D)"
	@"$$($(PYTHON) tests/gates/interpreters.py --path $*)" -m venv $(@D)
	@$(@D)/bin/pip install --upgrade -r requirements.txt -r tests/unit/requirements.txt
	@touch $@

.PHONY: tree
tree:
	@mkdir -p $(dir $(TREE)) $(ANSIBLE_HOME)
	@ln -sfn ../../../.. $(TREE)

.PHONY: gates
gates: $(VENV_READY) ## Everything that needs no test bed: lint, nox, sanity and unit, side by side
	@$(MAKE) --keep-going -j$$(nproc) --output-sync=recurse lint nox sanity unit $(BESIDE)

.PHONY: lint
lint: ruff yamllint mypy ansible-lint rules ## Style, types and the project's own rules (ruff, yamllint, mypy, ansible-lint, tests/gates)

.PHONY: ruff
ruff: $(VENV_READY) ## One of lint: style of Python
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: format
format: $(VENV_READY) ## Let ruff put all Python into the project's form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: yamllint
yamllint: $(VENV_READY)
	@$(BIN)/yamllint --strict .

.PHONY: mypy
mypy: $(VENV_READY) tree ## One of lint: types
	@cd build/tree && $(BIN)/mypy --config-file $(CURDIR)/pyproject.toml -p ansible_collections.mailwright.mail.plugins.module_utils
	@cd tests && $(BIN)/mypy --config-file ../pyproject.toml -p gates
	@$(BIN)/mypy --config-file pyproject.toml roles/*/templates/*/*.py

.PHONY: ansible-lint
ansible-lint: $(VENV_READY) tree ## One of lint: roles and playbooks
	@rm -rf $(ANSIBLE_HOME)/collections # ansible-lint's own copy of the collection, which it does not renew
	@NO_COLOR=1 $(WITH_VENV) ansible-lint --offline

.PHONY: rules
rules: $(VENV_READY) tree ## One of lint: the project's own rules
	@PYTHONPATH=tests:build/tree $(BIN)/python -m gates
	@$(BIN)/antsibull-changelog lint

.PHONY: roles-readme
roles-readme: $(VENV_READY) ## Write the tables of variables into the roles' READMEs
	@PYTHONPATH=tests $(BIN)/python -m gates.role_readme --write

.PHONY: nox
nox: nox-checks nox-galaxy ## antsibull-nox: lint, documentation, licences, build and galaxy-importer

# CI=true: the formatter reports and changes nothing.
.PHONY: nox-checks
nox-checks: $(VENV_READY)
	@CI=true $(WITH_VENV) nox --envdir build/nox --no-venv -e lint license-check extra-checks

# These two get environments from nox: antsibull-docs runs on an installed collection, and galaxy-importer pins what
# other tools need newer.
.PHONY: nox-galaxy
nox-galaxy: $(VENV_READY)
	@$(WITH_VENV) nox --envdir build/nox -R -e docs-check build-import-check

.PHONY: sanity
sanity: $(VENV_READY) ## ansible-test sanity: all on the main interpreter, compile, import and modules on the others
	@failed=0; bash tests/gates/sanity.sh $(VENV) || failed=1; \
	$(MAKE) --keep-going sanity-others $(patsubst %,sanity-%,$(OTHERS)) || failed=1; exit "$$failed"

.PHONY: sanity-others unit-others
sanity-others unit-others: # what the lists of other interpreters are added to; they may be empty
	@:

sanity-%: build/venv-%/.ready
	@bash tests/gates/sanity.sh build/venv-$* --test compile --test import --test validate-modules

# Hypothesis' profiles: "ci" takes the same examples in every run, so that a change is judged by what it changed;
# "default" looks for new ones.
HYPOTHESIS ?= ci
PYTEST_UNIT := pytest -q --hypothesis-profile=$(HYPOTHESIS)

.PHONY: unit
unit: $(VENV_READY) tree ## Unit tests on every interpreter from 3.11 up, with the coverage of module_utils (HYPOTHESIS=default: new examples)
	@$(MAKE) --keep-going unit-main unit-others $(patsubst %,unit-%,$(OTHERS))

.PHONY: unit-main
unit-main: $(VENV_READY) tree
	@mkdir -p build/coverage
	@failed=0; $(BIN)/coverage run -m $(PYTEST_UNIT) || failed=1; $(BIN)/coverage report; exit "$$failed"

# Runs that are killed at each of their steps are a third of the time, and say little of an interpreter.
unit-%: build/venv-%/.ready tree
	@echo "unit tests on Python $*"
	@build/venv-$*/bin/python -m $(PYTEST_UNIT) -k "not killed"

.PHONY: integration
integration: $(VENV_READY) tree ## The DNS modules against PowerDNS, BIND and Knot as processes of this machine
	@bash tests/mail_zones/with_servers.sh $(BIN)/python -m pytest -q tests/integration/test_dns_*.py

.PHONY: page
page: setup $(VENV_READY) tree ## The page of the role verify in a headless Chromium; its screenshots are left in build/page
	@$(BIN)/python -m pytest -q tests/page

# As the first scenario would build them, while it and the others wait for the network.
.PHONY: images
images: setup
	@python3 tests/testbed/testbed.py image 12 13 client

.PHONY: molecule
molecule: setup $(VENV_READY) tree ## Run molecule's scenarios on the test bed: all, or SCENARIO=name
	@$(WITH_VENV) python tests/scenarios.py $(SCENARIO)

DEBIAN ?= 13

.PHONY: demo
demo: setup $(VENV_READY) tree ## A mail server from nothing, and proof that mail flows: DEBIAN=12 or 13
	@$(WITH_VENV) python tests/demo/demo.py --debian $(DEBIAN)

.PHONY: demo-test
demo-test: setup $(VENV_READY) tree ## The demo, where its second run must change nothing, and its end
	@$(WITH_VENV) python tests/demo/demo.py --debian $(DEBIAN) --again
	@$(PYTHON) tests/testbed/testbed.py down --bed demo

.PHONY: demo-clean
demo-clean: ## Remove all that "make demo" made
	@$(PYTHON) tests/demo/demo.py --clean

.PHONY: bench
bench: setup $(VENV_READY) tree ## Measure, and write docs/benchmarks.md: all, or PART="dns signing"
	@$(WITH_VENV) python tests/benchmarks/bench.py $(PART)

.PHONY: test
test: setup $(VENV_READY) tree ## Everything that CI runs
	@$(MAKE) gates BESIDE="integration images page"
	@$(WITH_VENV) python tests/scenarios.py --demo

.PHONY: clean
clean: ## Remove everything that was built (test beds first: make demo-clean)
	@rm -rf build
