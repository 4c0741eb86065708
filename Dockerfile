# Web page served by `colorkeras demo`:
#
#   docker build -t colorkeras-demo .
#   docker run --rm -p 127.0.0.1:7860:7860 colorkeras-demo
#
# 127.0.0.1 restricts access to this machine. Omit the address only if anyone may upload files. Then
# append --allow-host NAME for each host name by which browsers reach the page.
FROM python:3.13-slim AS build
COPY . /source
RUN pip wheel --no-cache-dir --wheel-dir /wheels '/source[demo]'

FROM python:3.13-slim
# Versions are determined by the wheels from the build stage.
# hadolint ignore=DL3013
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels 'colorkeras[demo]'
RUN useradd --create-home --uid 1000 visitor
USER 1000
WORKDIR /home/visitor

EXPOSE 7860
ENTRYPOINT ["colorkeras", "demo", "--no-browser", "--host", "0.0.0.0"]
