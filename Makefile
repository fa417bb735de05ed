# run: set everything up and serve with demonstration pages.  test: every check.  install: only .venv/bin/pagecast.
# torture: what make test does by chance and by SIGKILL, TORTURE times as long, on SQLite and on PostgreSQL.
# cluster: two web nodes, two workers, PostgreSQL, Redis, S3 and nginx as plain processes, until Ctrl-C.
# bench: measure, and write benchmarks/REPORT.md; parts of it with BENCH='--only detail,hot --rounds 3'.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
TORTURE ?= 20
export UV_PYTHON_DOWNLOADS = never
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet install

.PHONY: run test torture cluster bench install lock messages assets clean

run: install
	.venv/bin/pagecast serve --demo --host $(HOST) --port $(PORT)

install: .venv/installed

test: .venv/installed-for-tests
	.venv/bin/python -m tests.check

torture: .venv/installed-for-tests
	PAGECAST_TORTURE=50 .venv/bin/python -m pytest -q tests/flows/test_damaged_media.py tests/media/test_probing_damaged.py tests/acceptance/test_resumable_uploads.py
	PAGECAST_TORTURE=$(TORTURE) .venv/bin/python -m pytest -q tests/acceptance/test_torture.py tests/acceptance/test_upload_torture.py tests/flows
	PAGECAST_TORTURE=$(TORTURE) .venv/bin/python -m tests.services .venv/bin/python -m pytest -q tests/acceptance/test_torture.py tests/acceptance/test_upload_torture.py tests/flows

cluster: .venv/installed-for-tests
	.venv/bin/python -m tests.cluster --host $(HOST) --port $(PORT)

bench: .venv/installed-for-bench
	.venv/bin/python -m benchmarks $(BENCH)

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pagecast needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements/lock.txt pyproject.toml
	$(PIP) --require-hashes -r requirements/lock.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/installed-for-tests: .venv/installed requirements/test.txt
	$(PIP) --require-hashes -r requirements/test.txt
	touch $@

.venv/installed-for-bench: .venv/installed-for-tests requirements/bench.txt
	$(PIP) --require-hashes -r requirements/bench.txt
	touch $@

# A newer dependency is a deliberate commit: this is how to make it (needs uv).
lock:
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --all-extras --group build -o requirements/lock.txt pyproject.toml
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --all-extras --group build --group test -o requirements/test.txt pyproject.toml
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --constraints requirements/test.txt --group bench -o requirements/bench.txt

# Collects the strings to translate and compiles what is translated (needs gettext). Translate, then run it again.
messages:
	cd pagecast && ../.venv/bin/django-admin makemessages --locale ru --no-location --no-wrap --no-obsolete --ignore 'conf/locale/*'
	cd pagecast && ../.venv/bin/django-admin compilemessages --locale ru --ignore conf

# Bundles the JavaScript of others for the desk, as assets/package-lock.json has it (needs npm).
assets:
	cd assets && npm ci --ignore-scripts --no-audit --no-fund && npm run build

clean:
	rm -rf .venv build *.egg-info
