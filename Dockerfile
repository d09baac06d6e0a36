# Cairn alone, from the hash-locked files, run by a user who owns nothing but /data.
FROM python:3.12-slim AS build
WORKDIR /source
RUN python -m venv /cairn
COPY requirements/runtime.txt requirements/
RUN /cairn/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /cairn/bin/pip install --no-cache-dir --no-deps . \
    && /cairn/bin/pip uninstall --yes pip \
    && /cairn/bin/python -m compileall -q /cairn/lib/python3.12/site-packages/cairn

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data cairn && install -d -o cairn -g cairn /data
COPY --from=build /cairn /cairn
ENV PATH=/cairn/bin:$PATH CAIRN_DATA_DIR=/data CAIRN_LOG_FORMAT=json PYTHONUNBUFFERED=1
USER cairn
WORKDIR /data
VOLUME /data
EXPOSE 8000
# In a container every address is another machine's; what is published decides who reaches it.
ENV CAIRN_TRUSTED_NETWORK=1
CMD ["cairn", "serve", "--host", "0.0.0.0"]
