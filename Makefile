# Polydub. `make help` lists the targets.
# Settings: VIDEO=file TO=es,ca FROM=en SPEAKERS=n OUT=dir REPLICAS=n, POLYDUB_PORT=base port,
# OFFLINE=1: no models are looked for on the network. MEDIA=folder BASE=eval.json: for eval.
# VARIANT=gpu TAG=1.0.0 ONLY=asr,tts BASE=image FLAGS="for the builder": for images.
SHELL := /bin/sh
VENV := .venv/bin
REPLICAS ?= 1
TO ?= es
FROM ?= auto
OUT ?= out
SPEAKERS ?= 0
PROFILE ?= light
TAG ?= dev
VARIANT ?=
ONLY ?=
FLAGS ?=
SAMPLE := var/sample/polydub-sample.mp4
VIDEO ?= $(SAMPLE)
URL = $$($(VENV)/python deploy/local/stack.py url)
# Only these: the others may import what .venv-neural does without.
NEURAL_TESTS = $(shell grep -rl --include='test_*.py' 'mark\.neural' services)
# What make test leaves to make test-stack, to take about a quarter of an hour: fuzzing,
# killed processes, limits by the clock, sound that is made and measured anew, the chart.
LONG_TESTS := $(addprefix gateway/tests/test_gateway_,accounts_tokens.py dubs.py estimates.py fuzz.py import.py \
	killed.py limits.py process.py replicas.py tus.py tus_process.py tus_s3.py webhooks.py ws.py) \
	$(addprefix services/muxing/tests/test_muxing_,corrected.py handler.py live.py outputs.py slow_picture.py \
	splicing.py) $(addprefix services/diarization/tests/test_diarization_,engines.py handler.py) \
	$(wildcard tests/contract/test_chart_*.py)
PROTOS := $(wildcard protos/polydub/v1/*.proto)
PACKAGES := libs/polydub/src libs/polydub-client/src libs/polydub-models/src libs/polydub-mcp/src gateway/src $(wildcard services/*/src)

.DEFAULT_GOAL := help
.PHONY: help setup page client-ts check-client-ts models up down status demo test test-stack test-neural \
	lint protos release-protos check-protos chart images bench eval dashboards clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup: ## install everything this machine lacks (apt, pip)
	@deploy/local/setup.sh

models: setup ## fetch better models: PROFILE=light, balanced or best, LANGUAGES=es,fr
	@$(VENV)/polydub models pull --profile $(PROFILE) $(if $(LANGUAGES),--languages "$(LANGUAGES)")

page: setup ## build the page that the gateway serves, unless it is current
	@deploy/local/page.sh build || echo "The page could not be built; the API works without it."

up: setup page ## start the stack (REPLICAS=2 for two of each stage) and wait until it is ready
	@$(VENV)/polydub models ensure --languages "$(TO)" --constraints constraints.txt || true
	@$(VENV)/python deploy/local/stack.py up --replicas $(REPLICAS)

down: ## stop the stack
	@if [ -x $(VENV)/python ]; then $(VENV)/python deploy/local/stack.py down; fi

status: ## what runs
	@$(VENV)/python deploy/local/stack.py status

demo: up $(if $(filter $(SAMPLE),$(VIDEO)),$(SAMPLE)) ## dub the sample, or VIDEO=file TO=es,ca
	@$(VENV)/polydub dub "$(VIDEO)" --to "$(TO)" --from "$(FROM)" --speakers $(SPEAKERS) \
		--server "$(URL)" -o "$(OUT)"
	@echo "The stack stays up; \`make down\` stops it."

$(SAMPLE): deploy/local/sample.py | setup
	@echo "Making the sample clip"
	@$(VENV)/python deploy/local/sample.py $@

test: setup lint check-protos check-client-ts ## unit, contract, integration, and a dub through the whole stack
	@deploy/local/setup.sh --tests
	deploy/local/page.sh test
	$(VENV)/pytest -m "not browser" -n auto --maxprocesses 4 --dist loadfile \
		libs gateway services tests/contract tests/eval $(addprefix --ignore=,$(LONG_TESTS))
	$(VENV)/pytest tests/e2e/test_dub.py

test-stack: setup page ## the longer tests: fuzzing, the chart, corrections, killed processes, people at the page
	@deploy/local/setup.sh --tests
	$(VENV)/pytest -m browser -n auto --maxprocesses 2 --dist loadfile gateway
	$(VENV)/pytest -n auto --maxprocesses 4 --dist loadfile $(LONG_TESTS)
	$(VENV)/pytest tests/e2e tests/chaos tests/scale tests/browser --ignore tests/e2e/test_dub.py

test-neural: ## the torch engines on tiny models, in .venv-neural (2.3 GB)
	@deploy/neural/setup.sh
	PYANNOTE_METRICS_ENABLED=0 HF_HUB_OFFLINE=1 .venv-neural/bin/pytest -m neural $(NEURAL_TESTS)

lint: setup ## style and types
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy $(PACKAGES) deploy/local deploy/images deploy/helm deploy/observability protos

protos: setup ## generate the stubs from protos/
	$(VENV)/python protos/generate.py libs/polydub/src

release-protos: setup ## with a release: the contract that later versions are held to
	$(VENV)/python protos/generate.py --release tests/contract/released.binpb

check-protos: setup ## fail when the committed stubs are not those of protos/
	$(VENV)/python protos/generate.py --check libs/polydub/src

client-ts: setup ## generate the TypeScript client's types from the gateway's routes
	deploy/local/page.sh types

check-client-ts: setup ## fail when the committed types are not those of the routes
	deploy/local/page.sh check-types

chart: setup ## the chart's README and schema from its values; renders, validates, holds it to its rules
	$(VENV)/python deploy/helm/document.py
	$(VENV)/python deploy/observability/dashboards.py
	$(VENV)/pytest tests/contract/test_chart_*.py tests/contract/test_dashboards.py tests/contract/test_alerts.py

images: setup ## build every image: VARIANT=gpu, TAG=1.0.0, ONLY=asr,tts, BASE=image, FLAGS=for the builder
	$(VENV)/python deploy/images/build.py --profile "$(VARIANT)" --tag "$(TAG)" --only "$(ONLY)" \
		--base "$(BASE)" -- $(FLAGS)

bench: $(if $(filter --scale --replay,$(BENCH)),setup,up) ## measure the stack against a plain script over the same engines; prints ratios
	PYTHONPATH=deploy/local:tests $(VENV)/python tests/bench/bench.py $(BENCH)
	$(if $(BENCH),,$(VENV)/pytest tests/bench)

eval: setup ## dub clips and measure the results: MEDIA=folder with a manifest, BASE=earlier eval.json
	@$(VENV)/pip install -q --disable-pip-version-check -c constraints.txt -r requirements-eval.txt
	@PYTHONPATH=deploy/local:tests $(VENV)/python -m eval --out "$(OUT)" \
		$(if $(MEDIA),--media "$(MEDIA)") $(if $(MANIFEST),--manifest "$(MANIFEST)") $(if $(BASE),--base "$(BASE)")

dashboards: up ## watch the stack with a Prometheus and draw what the dashboards show: WATCH=seconds
	@$(VENV)/pip install -q --disable-pip-version-check -c constraints.txt -r requirements-eval.txt
	PYTHONPATH=deploy/local $(VENV)/python deploy/observability/render.py \
		--watch-s $(or $(WATCH),60) --out "$(OUT)/dashboards"

clean: down ## stop, and delete what the stack made; models stay (polydub models rm)
	@if [ -d var ]; then find var -mindepth 1 -maxdepth 1 ! -name models -exec rm -rf {} +; fi
	rm -rf out
