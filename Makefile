# One build configuration for everything (release, tests included), so that heavy dependencies compile once in a
# new clone: docs/decisions/0003-one-release-build.md.
SHELL := /bin/sh
export PKG_CONFIG_PATH := $(CURDIR)/.deps/pkgconfig:$(PKG_CONFIG_PATH)
SWIFT_BUILD := swift build -c release --explicit-target-dependency-import-check error

.DEFAULT_GOAL := help
.PHONY: help setup build test check fuzz lint layers format demo bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the build needs and fill .deps
	@scripts/setup

build: setup ## Build .build/release/tarn
	$(SWIFT_BUILD) --product tarn

test: ## Lint, build, unit tests, then tests against other programs
	@scripts/test

check: test ## Exactly what CI runs

fuzz: build ## Random histories and kills for longer (TARN_SEED, TARN_HISTORIES, TARN_ROUNDS)
	@scripts/setup --tests
	@scripts/fuzz

lint: setup ## Format, layers, tidiness, undeclared imports
	@scripts/lint

layers: ## Check only that no room imports sideways or upwards
	@scripts/check-layers

format: ## Rewrite the Swift sources in the project's format
	swift format --in-place --recursive --parallel Sources Tests Package.swift

demo: ## The whole journey on real flights, from a new clone
	@scripts/setup --demo
	$(SWIFT_BUILD) --product tarn
	@scripts/demo

bench: build ## Every workload beside its peers (long)
	@scripts/setup --bench
	@.deps/venv/bin/python benchmarks/run.py

clean: ## Remove what was built and the demo's lakehouse (keeps .deps)
	rm -rf .build .build-test lakehouse-demo
