# One word per task. `make serve` and `make test` work on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: serve test check lint index eval browser curl clean

serve: .venv/ready  ## serve the portal on http://127.0.0.1:8000
	$(BIN)/python app.py --port $(PORT)

test: .venv/ready-dev browser curl  ## every check and test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m kb check
	$(BIN)/python -m pytest

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/mypy

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

clean:
	rm -rf .venv data/index  # never the database
