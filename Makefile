# Two commands: `make demo` and `make test`; `make help` lists all. Each makes the virtual environment when it is not there.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3.11
VENV ?= .venv
CORES ?= all
DATA ?= data
DAY ?= 2022-04-12
SEASON ?= config/own-season.yaml
LOCK := envs/requirements.lock
BIN := $(CURDIR)/$(VENV)/bin
PLUGINS := $(CURDIR)/workflow/plugins
# A line a stage instead of Snakemake's blocks for each job, which its log file keeps.
SNAKEMAKE := PATH="$(BIN):$$PATH" PYTHONPATH="$(PLUGINS)$${PYTHONPATH:+:$$PYTHONPATH}" snakemake --logger superice --profile profiles/local --cores $(CORES)
PYTEST := PATH="$(BIN):$$PATH" $(BIN)/python -m pytest

.PHONY: quicklook demo comparison surrogate test test-slow test-cluster lint lock plan docs own-season real-day help

help:        ## list the commands
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: [^#]*## */\t/' | expand -t 14

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed; name another with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamp stands for what was installed: after a change of the versions everything is installed anew.
# torch is not in the lock: each site takes its own build of the version.
$(VENV)/installed: pyproject.toml $(LOCK) | $(VENV)/bin/python
	@echo "installing into $(VENV) (a few minutes, once)"
	$(VENV)/bin/python -m pip install --quiet torch==2.13.0
	$(VENV)/bin/python -m pip install --quiet --require-hashes --no-deps -r $(LOCK)
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock: | $(VENV)/bin/python ## write envs/requirements.lock anew; LOCK_OPTIONS=--upgrade takes the newest versions
	$(VENV)/bin/python -m pip install --quiet uv==0.13.9
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-package torch --custom-compile-command "make lock" $(LOCK_OPTIONS) --output-file $(LOCK) pyproject.toml

quicklook: $(VENV)/installed ## the first picture: a synthetic day, its members and scores; WEIGHTS=file draws with others
	@$(BIN)/superice quicklook --output results/quicklook $(if $(WEIGHTS),--weights $(WEIGHTS))

demo: $(VENV)/installed ## the whole chain on the synthetic Arctic
	@$(SNAKEMAKE) --configfile config/demo.yaml -- all
	@$(BIN)/python workflow/scripts/print_summary.py --comparison results/demo/scores/comparison.csv --experiment recommended \
		--picture results/demo/figures/observed.png --report results/demo/report.html

comparison: $(VENV)/installed ## the other ways to a member and the baselines beside the demo's, on its days
	@$(SNAKEMAKE) --configfile config/demo.yaml config/comparison.yaml -- scores
	@echo "scores: $(CURDIR)/results/comparison/scores/comparison.csv"

surrogate: $(VENV)/installed ## the emulator of neXtSIM thickness, on the forced synthetic Arctic
	@$(SNAKEMAKE) --configfile config/demo.yaml -- surrogate
	@echo "report: $(CURDIR)/results/demo/surrogate/report.html"

test: $(VENV)/installed ## the tests of every change, a few minutes
	$(PYTEST) -n 2 --dist loadfile -m "not slow and not cluster" $(PYTEST_OPTIONS)

# The marker hypothesis is on every test with @given: here these try many more examples.
test-slow: $(VENV)/installed ## trainings to convergence, many random examples, a browser, the wheel
	HYPOTHESIS_PROFILE=many $(PYTEST) -n 2 --dist loadfile -m "slow or hypothesis" $(PYTEST_OPTIONS)

test-cluster: $(VENV)/installed ## the workflow on a real SLURM, which the tests install where they may
	$(PYTEST) -m cluster $(PYTEST_OPTIONS)

lint: $(VENV)/installed ## style, types and spelling of the code, style of the workflow
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	PATH="$(BIN):$$PATH" $(BIN)/snakefmt --check Snakefile workflow/rules
	PATH="$(BIN):$$PATH" snakemake --lint

plan: $(VENV)/installed ## plan the full run, on this machine and on a cluster; needs neither data nor SLURM
	PATH="$(BIN):$$PATH" snakemake --dry-run --quiet all -- all
	PATH="$(BIN):$$PATH" snakemake --dry-run --quiet all --profile profiles/slurm -- all
	PATH="$(BIN):$$PATH" snakemake --dry-run --quiet all --configfile config/recommended.yaml -- all
	PATH="$(BIN):$$PATH" snakemake --dry-run --quiet all --profile profiles/slurm --profile profiles/slurm-nvidia -- features

docs: $(VENV)/installed ## the documentation as a site: docs/_build/index.html; a broken link or reference ends it
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --nitpicky --quiet --builder html docs docs/_build
	@echo "site: $(CURDIR)/docs/_build/index.html"

# What a target needs from its caller is looked for before the installation, which takes minutes.
.PHONY: season-file data-folder
season-file:
	@test -f "$(SEASON)" || { echo "no file '$(SEASON)': copy config/own-season.yaml and name the copy with SEASON=file" >&2; exit 1; }
data-folder:
	@test -d "$(DATA)" || { echo "no folder '$(DATA)': name the folder of the product files with DATA=folder" >&2; exit 1; }

own-season: season-file $(VENV)/installed ## a season of your own: make own-season SEASON=file.yaml (config/README.md), after a look at its plan
	@$(SNAKEMAKE) --configfile "$(SEASON)" -- all
	@$(BIN)/python -c 'import sys, yaml; name = yaml.safe_load(open(sys.argv[1])).get("name", "superice"); \
		print(f"report: $(CURDIR)/results/{name}/report.html")' "$(SEASON)"

real-day: data-folder $(VENV)/installed ## one real day: make real-day DATA=folder [DAY=YYYY-MM-DD] [IN_SITU=folder of measurements] [WEIGHTS=file]
	@mkdir -p results/real-day
	@printf 'calendar: {observations: {first: "%s", last: "%s"}}\n' $(DAY) $(DAY) > results/real-day/day.yaml
	@printf 'sources:\n  observations: {cs2smos: "%s", concentration: "%s", drift: "%s"}\n' "$(DATA)" "$(DATA)" "$(DATA)" >> results/real-day/day.yaml
	@test -z "$(IN_SITU)" || printf '  in_situ: {folder: "%s"}\n' "$(IN_SITU)" >> results/real-day/day.yaml
	@test -z "$(WEIGHTS)" || printf 'experiments: {recommended: {weights: "%s"}}\n' "$(WEIGHTS)" >> results/real-day/day.yaml
	@$(SNAKEMAKE) --set-threads draw_published_ensemble=16 --configfile config/real-day.yaml results/real-day/day.yaml -- all
	@sed '1d; s/^/missing: /' results/real-day/missing.csv >&2
	@echo "report: $(CURDIR)/results/real-day/report.html"
