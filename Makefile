# Two commands matter: `make demo` and `make test`. Each makes its own environment first.
PYTHON ?= python3
VENV ?= .venv
INSTALLED = $(VENV)/installed
BIN = $(VENV)/bin
# Two processes, each of up to 4 GB; who is done first takes half of what is left to the other. "make test AT_ONCE=" runs
# one test after the other.
AT_ONCE = --numprocesses 2 --dist worksteal

.PHONY: help install demo test parity test-backends test-serving bench lint clean

help: ## lists these targets
	@awk -F ":.*## " '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## makes .venv with the zoo in it; activate it by: . .venv/bin/activate

demo: $(INSTALLED) ## trains all families on the tiny world, writes demo/report.html (5 minutes on 2 cores)
	$(BIN)/zoo compare tiny-translation tiny-sentiment tiny-stories --seeds 0 --steps 600 --batch-size 32 --at-once 2 \
		--out demo --overwrite

test: $(INSTALLED) ## the whole test suite
	$(BIN)/python -m pytest $(AT_ONCE)

# `make test` asks recordings of them.
parity: $(INSTALLED) ## compares with PyTorch, transformers and tiktoken themselves
	$(BIN)/python -m pip install --quiet --editable ".[test,parity]"
	$(BIN)/python -m pytest --live $(AT_ONCE) -k "not recorded" tests/test_references.py tests/parity

# On the processor; -rs tells what is left to TensorFlow.
OF_MODELS = $(addprefix tests/test_,layers.py parameters.py transformers.py recurrent.py seq2seq.py contract.py \
	contract_weights.py decoding.py decoding_by_row.py properties.py references.py saving_layers.py)
test-backends: $(INSTALLED) ## layers, models and decoding on JAX and on PyTorch
	$(BIN)/python -m pip install --quiet --editable ".[test,backends]"
	KERAS_BACKEND=jax JAX_PLATFORMS=cpu $(BIN)/python -m pytest -rs $(OF_MODELS)
	KERAS_BACKEND=torch KERAS_TORCH_DEVICE=cpu $(BIN)/python -m pytest -rs $(OF_MODELS)

# TensorFlow 2.20 is the version of the newest TF Serving.
test-serving: $(INSTALLED) ## exports asked by TensorFlow 2.20 alone and by OpenVINO
	$(BIN)/python -m pip install --quiet --editable ".[test,serving]"
	$(PYTHON) -m venv $(VENV)/serving
	$(VENV)/serving/bin/python -m pip install --quiet "tensorflow==2.20.*" "tensorflow-text==2.20.*"
	ZOO_SERVING_PYTHON=$(abspath $(VENV)/serving/bin/python) $(BIN)/python -m pytest -rs tests/serving

# The zoo's speed over that of its peers, in turn in one go, then its input pipelines over its trainings, how soon it
# starts, and how its steps grow; into results/benchmarks. BENCH="gpt-small --rounds 3" chooses races and leaves the rest.
bench: $(INSTALLED) ## speed over that of PyTorch, transformers, keras-hub; BENCH=gpt-small chooses a race
	$(BIN)/python -m pip install --quiet --editable ".[parity,bench]"
	$(BIN)/python -m benchmarks $(BENCH)
ifndef BENCH
	$(BIN)/python -m benchmarks.pipeline
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.growth
endif

lint: $(INSTALLED) ## ruff
	$(BIN)/ruff check .

clean: ## removes .venv, build, dist and demo; what was trained in runs stays
	rm -rf $(VENV) build dist demo *.egg-info

# Made once, and again when the dependencies change.
$(INSTALLED): setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[test,lint]"
	touch $@
