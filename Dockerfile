# The page of `colorkeras demo`, for whoever reaches the container:
#
#   docker build -t colorkeras-demo .
#   docker run --rm -p 127.0.0.1:7860:7860 colorkeras-demo
#
# The first address keeps it to this machine; leave it away only where visitors may upload files.
FROM python:3.13-slim

RUN useradd --create-home visitor
WORKDIR /home/visitor
COPY . /tmp/colorkeras
RUN pip install --no-cache-dir '/tmp/colorkeras[demo]' && rm -r /tmp/colorkeras
USER visitor

EXPOSE 7860
CMD ["colorkeras", "demo", "--no-browser", "--host", "0.0.0.0"]
