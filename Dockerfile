# syntax=docker/dockerfile:1
FROM python:3.12-slim-bookworm AS build

# Where pip looks besides its usual index, for those who want torch's CPU wheel instead of the CUDA one.
ARG PIP_EXTRA_INDEX_URL=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

WORKDIR /opt/martin
COPY requirements.txt ./
RUN python -m venv .venv && .venv/bin/pip install --requirement requirements.txt

COPY pyproject.toml README.md LICENSE *.py ./
COPY cli ./cli
COPY settings ./settings
COPY adapters ./adapters
COPY jobs ./jobs
COPY bot ./bot
COPY memory ./memory
RUN .venv/bin/pip install --no-deps --no-build-isolation --editable .

FROM python:3.12-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /var/lib/martin --create-home --shell /usr/sbin/nologin martin
COPY --from=build /opt/martin /opt/martin

ENV PATH=/opt/martin/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MARTIN__STORAGE__DATA_DIR=/var/lib/martin \
    MARTIN__HEALTH__LISTEN=127.0.0.1:8081 \
    MARTIN__LOG__FORMAT=json

USER martin
WORKDIR /var/lib/martin
VOLUME /var/lib/martin
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8081/healthz', timeout=4)"]
ENTRYPOINT ["martin"]
CMD ["run"]
