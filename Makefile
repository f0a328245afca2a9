# One word per task. `make serve` and `make test` work on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: serve test check lint index eval browser curl proxies fuzz audit clean

serve: .venv/ready  ## serve the portal on http://127.0.0.1:8000
	$(BIN)/python app.py --port $(PORT)

test: .venv/ready-dev browser curl proxies  ## every check and test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/bandit -q -c pyproject.toml -r kb app.py
	$(BIN)/python -m kb check
	$(BIN)/python -m pytest

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/bandit -q -c pyproject.toml -r kb app.py

FUZZ := query markdown content secrets attachment request
FUZZ_SECONDS ?= 60

fuzz: .venv/ready  ## look for inputs that break a parser, FUZZ_SECONDS for each
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r fuzz/requirements.txt
	for name in $(FUZZ); do $(BIN)/python fuzz/parsers.py $$name $(FUZZ_SECONDS) || exit 1; done

# Known weaknesses fail it; a network that cannot be asked is said, and fails nothing.
audit: .venv/ready  ## look whether a dependency has a known weakness
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit==2.9.0 \
	  && $(BIN)/pip-audit --progress-spinner off --no-deps -r requirements.txt >.venv/audit 2>&1 \
	  && { grep "could not be audited" .venv/audit || echo "no known weakness"; } \
	  || { ! grep "known vulnerabilit" .venv/audit || { cat .venv/audit; exit 1; }; echo "not audited: the network cannot be asked"; }

index: .venv/ready  ## build the index if content changed
	$(BIN)/python -m kb index

check: .venv/ready  ## lint the content
	$(BIN)/python -m kb check

eval: .venv/ready  ## measure the answers on the golden questions
	$(BIN)/python -m kb eval tests/golden.jsonl tests/golden_conversations.jsonl

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/ready-dev: .venv/ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# A Chromium for the browser tests: the system's, else from the package manager, else Playwright's own.
browser: .venv/ready-dev
	@command -v chromium chromium-browser google-chrome >/dev/null \
	  || { command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	  || $(BIN)/playwright install chromium

# curl, which the documented examples of the API are run with.
curl:
	@command -v curl >/dev/null \
	  || { command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq curl >/dev/null; } \
	  || { echo "curl is needed for the tests; install it"; exit 1; }

# nginx and Apache httpd, which the examples in deploy/ are tried with. They are run by the tests alone, not as services.
proxies:
	@export PATH="$$PATH:/usr/sbin"; { command -v nginx && { command -v apache2 || command -v httpd; }; } >/dev/null \
	  || { command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq nginx-light apache2 >/dev/null; } \
	  || { echo "nginx and Apache httpd are needed for the tests; install them"; exit 1; }

clean:
	rm -rf .venv data/index  # never the database
