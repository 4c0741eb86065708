"""Seconds in which an export colors one picture, and a batch of 128, of 32x32 pixels.

    python benchmarks/latency.py --model unet --model unet_vivid
    python benchmarks/latency.py --model unet --model unet_vivid --jit-compile

Medians over repeated calls of the endpoint `serving_default`, after some that are not counted, as
it is or compiled by XLA, as the README shows. Targets for `unet_vivid` on two cores: one picture
under 10 ms, 128 under 1 s.

Last results (2026-11-26), TensorFlow 2.21.0, all runs, lowest to highest: the machine is shared.
On two cores of an AMD EPYC with AVX-512, two runs:

| model | one picture (ms) | 128 pictures (ms) | one, compiled (ms) | 128, compiled (ms) |
| --- | ---: | ---: | ---: | ---: |
| unet | 5.6 to 6.7 | 237 to 281 | 8.1 to 9.4 | 377 to 384 |
| unet_vivid | 15.7 to 16.5 | 353 to 399 | 9.2 to 12.4 | 508 to 511 |

On two cores of an AMD EPYC without, in three runs as it is and four compiled, over an hour in which
the machine became faster; below, in two of the runs, what `tools/reexport.py --model
unet_vivid --sampling-steps N` or `--no-flip-tta` made of it, beside its 5 steps:

| model | one picture (ms) | 128 pictures (ms) | one, compiled (ms) | 128, compiled (ms) |
| --- | ---: | ---: | ---: | ---: |
| unet | 6.7 to 8.9 | 412 to 489 | 6.7 to 9.7 | 371 to 501 |
| unet_vivid | 16.0 to 23.0 | 598 to 650 | 7.4 to 13.1 | 589 to 723 |
| 1 step | 9.4 to 10.2 | 336 to 343 | | |
| 2 steps | 12.2 to 12.5 | 386 to 418 | | |
| 3 steps | 12.3 to 13.1 | 422 to 478 | | |
| 5 steps | 16.9 to 17.0 | 559 to 595 | | |
| 8 steps | 21.6 to 24.5 | 793 to 850 | | |
| mirror image not asked | 15.8 to 21.7 | 513 to 519 | | |

There with TF_ENABLE_ONEDNN_OPTS=1, which TensorFlow does not choose on such a CPU, and without, in
turns, two runs each (2026-11-27):

| model | one picture (ms) | 128 pictures (ms) | one, oneDNN (ms) | 128, oneDNN (ms) |
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
"""Calls that are timed by the number of pictures in each."""


def seconds(color, num_images):
    """The median time of a call of a function that colors."""
    grayscale = tf.random.stateless_uniform([num_images, 32, 32, 1], [0, 0])
    times = []
    for _ in range(REPEATS[num_images] + 3):
        started = time.perf_counter()
        color(grayscale).numpy()
        times.append(time.perf_counter() - started)
    return statistics.median(times[3:])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--jit-compile", action="store_true", help="compile by XLA")
    options = parser.parse_args()
    print(f"{describe_device()}, TensorFlow {tf.__version__}")
    for name in options.model:
        model = saved_model.load(bundled.resolve(name))
        color = tf.function(model.color, jit_compile=True) if options.jit_compile else model.color
        times = (f"{n}: {1000 * seconds(color, n):.1f} ms" for n in REPEATS)
        print(f"{name}: pictures in a call: time; {', '.join(times)}")


if __name__ == "__main__":
    main()
