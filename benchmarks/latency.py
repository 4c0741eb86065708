"""Measure the latency of exported models for 1 and 128 images of 32x32 pixels.

    python benchmarks/latency.py --model unet --model unet_vivid
    python benchmarks/latency.py --model unet --model unet_vivid --jit-compile

Prints the median duration of repeated calls to the `serving_default` endpoint after warmup. The
endpoint runs as exported or, with --jit-compile, is compiled with XLA. Targets for `unet_vivid` on
two cores: one image in less than 10 ms and 128 images in less than 1 s.

Latest results (2026-11-26, TensorFlow 2.21.0, shared machines): each range spans the medians of all
runs. On two cores of an AMD EPYC with AVX-512, two runs:

| model | one image (ms) | 128 images (ms) | one, compiled (ms) | 128, compiled (ms) |
| --- | ---: | ---: | ---: | ---: |
| unet | 5.6 to 6.7 | 237 to 281 | 8.1 to 9.4 | 377 to 384 |
| unet_vivid | 15.7 to 16.5 | 353 to 399 | 9.2 to 12.4 | 508 to 511 |

On two cores of an AMD EPYC without AVX-512, three runs without XLA and four with XLA. All runs took
place within one hour, during which the machine became faster. The lower rows are variants of
unet_vivid that were created with `tools/reexport.py --sampling-steps N` or `--no-flip-tta` and
measured in two of the runs:

| model | one image (ms) | 128 images (ms) | one, compiled (ms) | 128, compiled (ms) |
| --- | ---: | ---: | ---: | ---: |
| unet | 6.7 to 8.9 | 412 to 489 | 6.7 to 9.7 | 371 to 501 |
| unet_vivid | 16.0 to 23.0 | 598 to 650 | 7.4 to 13.1 | 589 to 723 |
| 1 step | 9.4 to 10.2 | 336 to 343 | | |
| 2 steps | 12.2 to 12.5 | 386 to 418 | | |
| 3 steps | 12.3 to 13.1 | 422 to 478 | | |
| 5 steps | 16.9 to 17.0 | 559 to 595 | | |
| 8 steps | 21.6 to 24.5 | 793 to 850 | | |
| no flip test-time augmentation | 15.8 to 21.7 | 513 to 519 | | |

On the same machine (2026-11-27), two alternating runs each with and without oneDNN
(TF_ENABLE_ONEDNN_OPTS=1), which TensorFlow does not enable by default on this CPU:

| model | one image (ms) | 128 images (ms) | one, oneDNN (ms) | 128, oneDNN (ms) |
| --- | ---: | ---: | ---: | ---: |
| unet | 7.3 to 8.3 | 416 to 476 | 10.5 to 13.2 | 335 to 388 |
| unet_vivid | 16.0 to 18.7 | 612 to 652 | 31.6 to 40.8 | 515 to 574 |
"""

import argparse
import statistics
import time

import tensorflow as tf

from colorkeras.export import bundled, saved_model
from colorkeras.training.precision import describe_device

REPEATS = {1: 100, 128: 10}
"""Number of timed calls by batch size."""


def median_seconds(colorize, num_images):
    """Return the median duration of a call in seconds."""
    grayscale = tf.random.stateless_uniform([num_images, 32, 32, 1], [0, 0])
    times = []
    for _ in range(REPEATS[num_images] + 3):
        started = time.perf_counter()
        colorize(grayscale).numpy()
        times.append(time.perf_counter() - started)
    return statistics.median(times[3:])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--jit-compile", action="store_true", help="compile with XLA")
    options = parser.parse_args()
    print(f"{describe_device()}, TensorFlow {tf.__version__}")
    for name in options.model:
        model = saved_model.load(bundled.resolve(name))
        colorize = model.color
        if options.jit_compile:
            colorize = tf.function(colorize, jit_compile=True)
        times = (f"{n}: {1000 * median_seconds(colorize, n):.1f} ms" for n in REPEATS)
        print(f"{name}: batch size and latency: {', '.join(times)}")


if __name__ == "__main__":
    main()
