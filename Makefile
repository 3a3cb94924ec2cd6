# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check claims bench gpu torture docs format clean

# PyPI's torch for Linux brings CUDA along, gigabytes of it; PyTorch's CPU index has the same version without.
# That one goes before where there is no GPU, and where the index cannot be reached pip goes on without it.
TORCH_INDEX := $(if $(wildcard /dev/nvidia0 /dev/kfd),,--extra-index-url https://download.pytorch.org/whl/cpu)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -c constraints.txt $(TORCH_INDEX) torch
	$(BIN)/pip install --quiet -c constraints.txt -e '.[train,peft,data,vectors,ray,verify,serve,real,constrained,report,dev]'
	touch $(STAMP)

demo: $(STAMP)  ## the main job in miniature: teacher traces to report.html
	$(BIN)/limbeck run redi --out runs/redi

test: $(STAMP)  ## all tests
	$(BIN)/pytest -n 2

check: $(STAMP)  ## style, types, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/limbeck papers --write $(VENV)/papers.md && diff -q $(VENV)/papers.md docs/papers.md
	$(BIN)/limbeck coverage --write $(VENV)/coverage.md && diff -q $(VENV)/coverage.md docs/coverage.md
	$(BIN)/limbeck published --write $(VENV)/published.md && diff -q $(VENV)/published.md docs/published.md

claims: $(STAMP)  ## every claim over its seeds, results into claims/ (long)
	for recipe in $$(grep -l '^claim:' src/limbeck/recipes/*.yaml); do \
		$(BIN)/limbeck claim $$(basename $$recipe .yaml) --out runs/claims --save claims || exit 1; done
	$(BIN)/python bench/agreement.py
	$(BIN)/python bench/agreement_formal.py
	$(BIN)/python bench/agreement_steps.py

bench: $(STAMP)  ## against the peers on the same input in the same run (long)
	$(BIN)/pip install --quiet -c constraints.txt 'trl==1.16.*'
	$(BIN)/python bench/bench_import.py
	$(BIN)/python bench/bench_large.py
	$(BIN)/python bench/bench_verify.py
	$(BIN)/python bench/bench_hostile.py
	$(BIN)/python bench/bench_sandbox.py
	$(BIN)/python bench/bench_resample.py
	$(BIN)/python bench/bench_sample.py
	$(BIN)/python bench/bench_train.py
	$(BIN)/python bench/bench_distill.py
	$(BIN)/python bench/bench_objectives.py
	$(BIN)/python bench/bench_generators.py
	$(BIN)/python bench/teacher_schemes.py
	$(BIN)/python bench/agreement_peers.py
	$(BIN)/python bench/agreement_properties.py

# GPU_PYTHON names a Python that has everything already, where nothing can be installed.
gpu: $(if $(GPU_PYTHON),,$(STAMP))  ## tests, training, sampling and redi's claim on a GPU, in nine minutes; without one a dry run
	PYTHONPATH=src:. $(or $(GPU_PYTHON),$(BIN)/python) -m bench.gpu $(GPU_FLAGS)

torture: $(STAMP)  ## faults, kills, damage, full disks, probes: what was lost, doubled, escaped, hung (long)
	PYTHONPATH=tests $(BIN)/python -m torture

docs: $(STAMP)
	$(BIN)/limbeck papers --write docs/papers.md
	$(BIN)/limbeck coverage --write docs/coverage.md
	$(BIN)/limbeck published --write docs/published.md
	PYTHONPATH=tests $(BIN)/python tests/public_shapes.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf runs build dist .mypy_cache .ruff_cache .pytest_cache
