# Everything here sets itself up: a fresh Debian or Ubuntu needs python3 (3.11 or newer), git and make.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
WORKERS ?= 2
TEST_ARGS ?=
BENCH_ARGS ?=
FUZZ_ARGS ?=
LOCK_ARGS ?=

bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check
lock := $(bin)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11 $(LOCK_ARGS)

# Programs that some tests start, as "program:Debian package". Without one, its tests are skipped by name.
programs := docker-registry:docker-registry containerd:containerd ctr:containerd dockerd:docker.io podman:podman \
	git:git skopeo:skopeo umoci:umoci htpasswd:apache2-utils rpm:rpm db5.3_load:db5.3-util zstd:zstd \
	qemu-img:qemu-utils mke2fs:e2fsprogs debugfs:e2fsprogs mkfs.xfs:xfsprogs sfdisk:fdisk mkfs.vfat:dosfstools \
	mkfs.btrfs:btrfs-progs

.PHONY: help demo test fuzz bench check lock clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo    show a registry crawled, watched and told about'
	@echo 'make test    run the tests (TEST_ARGS="-k cron", WORKERS=0 for one process)'
	@echo 'make fuzz    look for inputs that parsers do not survive (FUZZ_ARGS="tar os/rpm --seconds 600")'
	@echo 'make bench   measure (BENCH_ARGS)'
	@echo 'make check   format, lint, types, import contracts'
	@echo 'make lock    renew requirements/*.txt (LOCK_ARGS=--upgrade for newer versions)'
	@echo 'make clean   remove what the others made'

demo: .venv/.runtime
	@$(bin)/python deploy/demo/demo.py

test: .venv/.dev .venv/.programs
	@for pair in $(programs); do command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair%%:*}"; done; \
	test -z "$$missing" || echo "tests that need these programs are skipped:$$missing"
	$(bin)/python -m pytest -n $(WORKERS) --cov --cov-report=term $(TEST_ARGS)

fuzz: .venv/.fuzz
	nice -n 19 $(bin)/python -m tests.fuzz $(FUZZ_ARGS)

bench: .venv/.dev
	$(bin)/python -m benchmarks $(BENCH_ARGS)

check: .venv/.dev
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	$(bin)/mypy
	$(bin)/lint-imports

lock: .venv/.lock
	$(lock) pyproject.toml -o requirements/runtime.txt
	$(lock) pyproject.toml --all-extras -c requirements/runtime.txt -o requirements/all.txt
	$(lock) requirements/build.in -o requirements/build.txt
	$(lock) requirements/dev.in -c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt
	$(lock) requirements/fuzz.in -o requirements/fuzz.txt
	$(lock) requirements/lock.in -o requirements/lock.txt

clean:
	rm -rf .venv build dist *.egg-info .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's python3 has no ensurepip until python3-venv is installed, and leaves half an environment behind.
.venv/bin/python:
	@test -n "$(PYTHON)" || { echo 'make: no Python 3.11 or newer found: install one, or name it: make PYTHON=…' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $$package; \
		else \
			echo "make: $(PYTHON) makes no virtual environments: install the package $$package" >&2; exit 1; \
		fi; }
	rm -rf .venv
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | .venv/bin/python
	$(pip) install --quiet --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(pip) install --quiet --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	$(bin)/python -m compileall -q analyzers config crawler reports store
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	$(pip) install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.fuzz: requirements/fuzz.txt .venv/.dev
	$(pip) install --quiet --require-hashes -r requirements/fuzz.txt
	@touch $@

.venv/.lock: requirements/lock.txt | .venv/bin/python
	$(pip) install --quiet --require-hashes -r requirements/lock.txt
	@touch $@

# Tried once, and nothing depends on its success: the tests say what they miss.
.venv/.programs: | .venv/bin/python
	@for pair in $(programs); do command -v $${pair%%:*} >/dev/null || packages="$$packages $${pair##*:}"; done; \
	if [ -n "$$packages" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		timeout 300 apt-get -q update || true; \
		for package in $$packages; do \
			DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -qy install --no-install-recommends $$package || true; \
		done; \
	fi
	@touch $@
