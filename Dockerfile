FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

COPY requirements.lock requirements-dev.lock ./
RUN python -m venv /opt/tallystick \
    && /opt/tallystick/bin/pip install --require-hashes --only-binary=:all: -r requirements.lock
# What builds the wheel is in the dev lock, and so has its hash checked too. Nothing of it leaves this stage.
RUN pip install --require-hashes --only-binary=:all: -r requirements-dev.lock

COPY pyproject.toml README.md ./
COPY app app
COPY alembic alembic
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/tallystick/bin/pip install --no-deps --no-index dist/*.whl \
    && /opt/tallystick/bin/pip uninstall --yes pip


FROM python:3.13-slim
# The ids are fixed, so that a volume keeps its owner when the image is built again.
RUN groupadd --gid 10001 tallystick \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin tallystick \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data /key
COPY --from=build /opt/tallystick /opt/tallystick

ENV PATH=/opt/tallystick/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TALLYSTICK_HOST=0.0.0.0 \
    TALLYSTICK_PORT=8000 \
    TALLYSTICK_DATA_DIR=/data \
    TALLYSTICK_KEY_FILE=/key/data.key \
    TALLYSTICK_MARK_FILE=/key/data.mark \
    TALLYSTICK_LOG_FORMAT=json

WORKDIR /data
# The key of what is encrypted, and the mark that tells this store from a copy, lie apart: a copy of the data holds neither.
VOLUME /data /key
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Alive, not ready: a store whose database is away must not be restarted for it. Straight to itself, past any proxy.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['TALLYSTICK_PORT'] + '/healthz', timeout=4)"]
CMD ["tallystick", "serve"]
