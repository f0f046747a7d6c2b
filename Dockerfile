# One image for every process of an installation: api-server, scheduler, dag-processor, triggerer, worker, and the verbs.
#
#   docker build -t qianliyan .                                    # with a package index
#   docker build -t qianliyan --build-context wheels=/media/wheels .   # in a closed network: see docs/deployment.md
#
# The first stage installs the lock with its hashes, the second has neither pip, uv nor a compiler. Runs as user 50000, with
# everything it writes under /var/lib/qianliyan.
# LOCK: requirements-fab.txt, where people log in by Airflow's FAB provider.
ARG BASE=python:3.12-slim-bookworm
ARG LOCK=requirements-celery.txt

FROM scratch AS wheels

FROM ${BASE} AS build
ARG LOCK
WORKDIR /opt/qianliyan
COPY ${LOCK} requirements-uv.txt .ci/checksums.py /tmp/locks/
RUN --mount=type=bind,from=wheels,target=/wheels \
    set -eu; \
    if ls /wheels/*.whl >/dev/null 2>&1; then \
      python /tmp/locks/checksums.py check /wheels; \
      export PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels; \
    fi; \
    python -m venv .venv; \
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --only-binary=:all: --require-hashes \
      -r /tmp/locks/${LOCK}; \
    .venv/bin/python -m pip uninstall --quiet --yes pip
COPY . .
RUN .venv/bin/python -m compileall -q include plugins dags

FROM ${BASE}
COPY packages.txt /tmp/packages.txt
# /entrypoint: the probes of Airflow's official chart call their commands through it.
RUN set -eu; \
    wanted=$(sed 's/#.*//' /tmp/packages.txt | xargs); \
    if [ -n "$wanted" ]; then apt-get update -q && apt-get install -y -q --no-install-recommends $wanted; fi; \
    rm -rf /var/lib/apt/lists/* /tmp/packages.txt; \
    python -m pip uninstall --quiet --yes pip setuptools wheel 2>/dev/null || true; \
    useradd --uid 50000 --gid 0 --home-dir /var/lib/qianliyan --create-home --shell /usr/sbin/nologin qianliyan; \
    chmod 0700 /var/lib/qianliyan; \
    printf '#!/bin/sh\nexec "$@"\n' > /entrypoint; \
    chmod 0755 /entrypoint
COPY --from=build --chown=root:root /opt/qianliyan /opt/qianliyan
ENV AIRFLOW_HOME=/var/lib/qianliyan/airflow \
    QIANLIYAN_VAR=/var/lib/qianliyan \
    PYTHONPATH=/opt/qianliyan \
    PATH=/opt/qianliyan/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/qianliyan/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/qianliyan/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
WORKDIR /opt/qianliyan
USER 50000
VOLUME /var/lib/qianliyan
EXPOSE 8080
HEALTHCHECK --interval=60s --timeout=50s --start-period=120s CMD ["python", "-m", "include", "health"]
CMD ["airflow", "api-server"]
