# Any Debian-like base with Python 3.11 or newer and its venv module will do.
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
# pip and setuptools stay in an environment of their own: the image has neither.
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/cleanbill
WORKDIR /src
COPY requirements/build.txt requirements/all.txt requirements/
# A package mirror, where one is needed: --secret id=pip,src=pip.conf
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    /opt/build/bin/pip install --quiet --require-hashes -r requirements/build.txt \
    && /opt/build/bin/pip --python /opt/cleanbill/bin/python install --quiet --no-compile --require-hashes \
        -r requirements/all.txt
COPY pyproject.toml README.md LICENSE ./
COPY analyzers analyzers
COPY config config
COPY crawler crawler
COPY reports reports
COPY store store
# The bytecode is made here, and trusted unseen, because the program runs where it can write none; so is the
# index of formats.
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
    && /opt/build/bin/pip --python /opt/cleanbill/bin/python install --quiet --no-compile --no-deps --no-index \
        /wheels/*.whl \
    && /opt/cleanbill/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/cleanbill/lib \
    && /opt/cleanbill/bin/python -c "from analyzers.catalogue import catalogue; catalogue()"

FROM ${BASE}
LABEL org.opencontainers.image.title="cleanbill" \
      org.opencontainers.image.description="Continuous vulnerability monitor for container registries" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 cleanbill \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /var/lib/cleanbill \
        --shell /usr/sbin/nologin cleanbill \
    && install --directory --owner 10001 --group 10001 --mode 0750 /var/lib/cleanbill
COPY --from=build /opt/cleanbill /opt/cleanbill
ENV PATH=/opt/cleanbill/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/var/lib/cleanbill \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CLEANBILL_STORE__URL=sqlite:////var/lib/cleanbill/cleanbill.db \
    CLEANBILL_SERVER__LISTEN=0.0.0.0:8080
# A settings file belongs here: /etc/cleanbill/cleanbill.toml.
WORKDIR /etc/cleanbill
USER 10001:10001
VOLUME /var/lib/cleanbill
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import os; from urllib import request as r; port = os.environ['CLEANBILL_SERVER__LISTEN'].rpartition(':')[2]; r.build_opener(r.ProxyHandler({})).open(f'http://127.0.0.1:{port}/healthz', timeout=4)"]
ENTRYPOINT ["cleanbill"]
CMD ["watch"]
