# From a clone to a running house: `make run`. From a clone to tested: `make test`. Needs Python 3.11 or newer.

PY := .venv/bin/python
STAMP := .venv/.installed

.PHONY: setup run test test-long lint bench screenshots lock clean clean-data browser

setup: $(STAMP) node_modules/.installed  ## .venv with packages, front-end packages; instant when done
	@:

run: setup  ## servers, all processes, simulated fleet; make run ARGS="--vehicles 500"
	@exec $(PY) manage.py up $(ARGS)

test: setup browser  ## every test but the long ones, two at a time; make test ARGS="-k dispatch"
	$(PY) -m pytest -m "not long" -n 2 --dist loadgroup $(ARGS)

test-long: setup browser  ## chaos, soak and fuzz runs
	$(PY) -m pytest -m long $(ARGS)

lint: setup  ## style and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

bench: setup  ## a line of JSON each; make bench BENCH=ingest [TARGET=host:port] [ARGS="--runs 3"]
	@$(PY) -m benchmarks $(BENCH) $(if $(TARGET),--target $(TARGET)) $(ARGS)

screenshots: setup browser  ## pictures of the pages for the papers
	$(PY) scripts/screenshots.py $(ARGS)

lock: setup  ## new versions of the Python packages, within pyproject.toml
	$(PY) scripts/lock.py

clean:  ## what can be made again: packages and caches; the data in var/ stay
	rm -rf .venv node_modules .mypy_cache .ruff_cache .hypothesis .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

clean-data: $(STAMP)  ## stops the embedded servers and deletes all their data
	$(PY) -m panjin_traffic.servers destroy

browser: $(STAMP)
	@sh scripts/browser.sh

$(STAMP): requirements-dev.lock scripts/venv.sh
	@sh scripts/venv.sh
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc scripts/node_modules.sh | $(STAMP)
	@sh scripts/node_modules.sh
	@touch $@
