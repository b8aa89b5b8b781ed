# The course's commands. Each sets up the environment first, where it is missing or stale (tools/setup_env.py).

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8888
WORKERS ?= logical
LESSONS ?=

BIN = $(VENV)/bin
COURSE = $(BIN)/python -m course_admin.cli
# One thread for each test worker: two workers with all cores each would only be in each other's way. Memory comes in
# large pages (glibc's malloc): a training asks for much of it again and again.
ONE_THREAD = GLIBC_TUNABLES=glibc.malloc.hugetlb=1 COURSE_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

export TF_CPP_MIN_LOG_LEVEL = 2
# Python keeps what it has compiled beside the modules, also where a container image forbids it: torch alone has
# thousands, pip leaves them to the first import (tools/setup_env.py), and without this each process compiles them again.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help lab env test build lint format site pictures bench lock python

help:
	@echo "make lab      open JupyterLab on notebooks/   (PORT=8888, BROWSER=no on a server)"
	@echo "make test     run every check, test and instructor notebook"
	@echo "make build    make solutions/ and notebooks/ from lessons/   (LESSONS=01 for one)"
	@echo "make lint     style of the code and of the lessons"
	@echo "make format   bring the code into its format"
	@echo "make site     the lessons as static HTML in site/, for students and for instructors"
	@echo "make pictures the screenshots in docs/, from the tests in Chromium"
	@echo "make bench    run the benchmarks"
	@echo "make lock     write constraints.txt anew, with the newest versions that fit"
	@echo "VENV=folder and PYTHON=python3.12 choose another environment or Python for any of them."

python:
	@command -v "$(PYTHON)" > /dev/null || { echo "make: no $(PYTHON) here; install Python 3.12, or name one with PYTHON=" >&2; exit 2; }

env: python
	@"$(PYTHON)" tools/setup_env.py --venv "$(VENV)" --tools

lab: python
	@"$(PYTHON)" tools/start_lab.py --venv "$(VENV)" --port "$(PORT)" $(if $(filter no,$(BROWSER)),--no-browser)

build: env
	@$(COURSE) build $(LESSONS)

lint: env
	@echo "lint: faults in the code (ruff check)"
	@$(BIN)/ruff check .
	@echo "lint: format of the code (ruff format)"
	@$(BIN)/ruff format --check .
	@echo "lint: style of the lessons (course lint)"
	@$(COURSE) lint

format: env
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# From cheap to dear, so that a small slip is told within seconds. A file stays within one worker, long files start first
# (tools/suite_order.py; RECORD=yes measures them anew).
test: env
	@echo "test: faults in the code (ruff check)"
	@$(BIN)/ruff check --quiet .
	@echo "test: format of the code (ruff format)"
	@$(BIN)/ruff format --quiet --check .
	@echo "test: notebooks are fresh (course build --check)"
	@$(COURSE) build --check
	@echo "test: style of the lessons (course lint)"
	@$(COURSE) lint
	@echo "test: right, wrong and cheap answers against every check (course proof)"
	@$(ONE_THREAD) $(COURSE) proof
	@echo "test: tests and instructor notebooks (pytest, nbval)"
	@$(ONE_THREAD) $(BIN)/python -m pytest -q -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
		$(if $(RECORD),--record-seconds) --nbval-lax --nbval-current-env tests solutions

site: env
	@$(COURSE) site

# Each picture is taken by a test on its way; the names say which.
PICTURED = tests/test_browser_lab.py tests/test_browser_site.py tests/test_class.py -k "exercise or search or in_a_browser"
pictures: env
	@COURSE_PICTURES=docs COURSE_BROWSER=required $(BIN)/python -m pytest -q $(PICTURED)

bench: env
	@set -e; for script in benchmarks/*.py; do echo "bench: $$script"; $(BIN)/python $$script; done

lock: python
	@"$(PYTHON)" tools/make_lock.py
