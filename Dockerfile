# Three images from one lock, constraints.txt:
#   docker build --target student -t birnn-student .    what students work in; JupyterHub starts it
#   docker build --target sandbox -t birnn-sandbox .    where birnn-grade runs students' code without bubblewrap
#   docker build --target dev -t birnn-dev .            everything, for the course's maintainers and instructors
# `--build-arg TORCH_BACKEND=auto` takes PyTorch with CUDA; see uv's documentation for its other values.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS base
ARG TORCH_BACKEND=cpu
ENV PYTHONDONTWRITEBYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_TORCH_BACKEND=${TORCH_BACKEND}
WORKDIR /opt/course
COPY constraints.txt pyproject.toml README.md LICENSE LICENSE-TEXT ./
RUN pip install --no-cache-dir --constraint constraints.txt uv

FROM base AS student
COPY birnn_ref birnn_ref
COPY birnn_grader birnn_grader
COPY birnn_student birnn_student
RUN uv pip install --system --no-cache --constraint constraints.txt '.[student,torch,tensorflow,grader,hub]' \
 && useradd --create-home --uid 1000 --shell /bin/bash student
COPY --chown=student exercises /home/student/exercises
USER 1000
WORKDIR /home/student
ENV SHELL=/bin/bash
EXPOSE 8888
# JupyterHub's spawners run this; without a hub: docker run --init -p 8888:8888 birnn-student jupyter lab --ip=0.0.0.0
CMD ["jupyterhub-singleuser"]

# Python and the libraries, nothing of the course's own: a student's code must not find the reference.
FROM base AS sandbox
RUN uv pip install --system --no-cache --constraint constraints.txt --requirement pyproject.toml \
    --extra student --extra torch --extra tensorflow \
 && rm -r /opt/course/*
USER 65534
WORKDIR /
CMD ["python"]

FROM base AS dev
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends bubblewrap chromium git make nodejs npm \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 --shell /bin/bash dev \
 && chown dev /opt/course
USER 1000
COPY --chown=dev . .
# uv's cache stays in the image: `make` in a checkout that is mounted elsewhere then downloads next to nothing.
RUN make .venv/all .venv/actionlint
CMD ["bash"]
