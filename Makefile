# Every target that needs something installs it first (tests/setup.sh says what it does).
# More arguments for pytest or ruff: make test ARGS="-k layers"

PYTHON := .venv/bin/python
ARGS :=
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\): .*## /  make \1 — /p' Makefile

demo: setup ## boot a host and show hostnet at work on it
	@$(PYTHON) -m tests.demo $(ARGS)

test: setup ## lint, types and every test that this machine can run
	@$(PYTHON) -m pytest -n 2 --dist loadfile $(ARGS)

campaign: setup ## every fault at every step on booted hosts, then by chance; half an hour, resumable
	@$(PYTHON) -m tests.campaign $(ARGS)

campaign-language: setup ## netplan's verdict and ours on ten thousand documents a release; resumable
	@$(PYTHON) -m tests.language $(ARGS)
	@$(PYTHON) -m tests.language.fuzz

matrix-cni: setup ## whose objects outlive a change: CNIs, Docker, keepalived; an hour, resumable
	@$(PYTHON) -m tests.matrix $(ARGS)

matrix-dns: setup ## whether pinned DNS stays, whoever changes it; an hour and a half, resumable
	@$(PYTHON) -m tests.matrix_dns $(ARGS)

bench: setup ## measure what users wait for, beside netplan's own figures
	@$(PYTHON) -m tests.bench $(ARGS)

lint: setup ## ruff, mypy, shellcheck: a part of `make test`
	@$(PYTHON) -m pytest tests/unit/test_lint.py $(ARGS)

deb: ## build the Debian packages into dist/; as root it installs what the build needs
	@debian/make-deb $(ARGS)

setup: ## the environment in .venv and Debian's packages; quick if nothing is missing
	@tests/setup.sh

clean: ## remove everything that the targets above made in this folder
	rm -rf .venv .venv-oldest .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	find hostnet tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help demo test campaign campaign-language matrix-cni matrix-dns bench lint deb setup clean
