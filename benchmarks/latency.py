"""Seconds in which an export colors one picture, and a batch of 128, of 32x32 pixels.

    python benchmarks/latency.py --model unet --model unet_vivid
    python benchmarks/latency.py --model unet --model unet_vivid --jit-compile

Medians over repeated calls of the endpoint `serving_default`, after some that are not counted, as
it is or compiled by XLA, as the README shows. Targets for `unet_vivid` on two cores: one picture
under 10 ms, 128 under 1 s.

Last result (2026-11-26), two cores of an AMD EPYC, TensorFlow 2.21.0, two runs on a slow day of the
machine: `unet` 5.6 to 6.7 ms and 237 to 281 ms, `unet_vivid` 15.7 to 16.5 ms and 353 to 399 ms;
compiled `unet` 8.1 to 9.4 ms and 377 to 384 ms, `unet_vivid` 9.2 to 12.4 ms and 508 to 511 ms.
"""

import argparse
import statistics
import time

import tensorflow as tf

from colorkeras import export, shipped
from colorkeras.precision import describe_device

REPEATS = {1: 100, 128: 10}
"""Calls that are timed by the number of pictures in each."""


def seconds(color, num_pictures):
    """The median time of a call of a function that colors."""
    grayscale = tf.random.stateless_uniform([num_pictures, 32, 32, 1], [0, 0])
    times = []
    for _ in range(REPEATS[num_pictures] + 3):
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
        model = export.load(shipped.resolve(name))
        color = tf.function(model.color, jit_compile=True) if options.jit_compile else model.color
        times = (f"{n}: {1000 * seconds(color, n):.1f} ms" for n in REPEATS)
        print(f"{name}: pictures in a call: time; {', '.join(times)}")


if __name__ == "__main__":
    main()
