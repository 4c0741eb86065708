# The page of `colorkeras demo`, for whoever reaches the container:
#
#   docker build -t colorkeras-demo .
#   docker run --rm -p 127.0.0.1:7860:7860 colorkeras-demo
#
# The first address keeps it to this machine; leave it away only where visitors may upload files.
FROM python:3.13-slim AS build
COPY . /source
RUN pip wheel --no-cache-dir --wheel-dir /wheels '/source[demo]'

FROM python:3.13-slim
# There is one version of each, that of the stage above.
# hadolint ignore=DL3013
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels 'colorkeras[demo]'
RUN useradd --create-home --uid 1000 visitor
USER 1000
WORKDIR /home/visitor

EXPOSE 7860
CMD ["colorkeras", "demo", "--no-browser", "--host", "0.0.0.0"]
