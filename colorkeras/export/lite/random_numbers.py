"""NumPy implementations of `tf.random.stateless_normal` and `tf.random.stateless_uniform`.

References: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
(Philox); Box, Muller, "A note on the generation of random normal deviates", 1958.
"""

import numpy as np

_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_KEY_INCREMENTS = 0x9E3779B9, 0xBB67AE85
_NUM_ROUNDS = 10

_SCRAMBLING_KEY = 0x3EC8F720, 0x02461E29
"""Key with which TensorFlow scrambles a seed into a key and a counter."""

_SMALLEST_UNIFORM = np.float32(1e-7)
_MASK = 0xFFFFFFFF


def stateless_normal(seed, count):
    """Draw random numbers from the standard normal distribution.

    The random bits are the same as in TensorFlow; logarithms and sines may differ in the last bit.

    Args:
        seed: Two integers, int32.
        count: Number of values. A larger count only appends values.

    Returns:
        float32 `[count]`, close to `tf.random.stateless_normal([count], seed)` on a CPU.

    Example:

    >>> stateless_normal([1, 2], 3).astype(float).round(4).tolist()
    [0.5441, 0.2074, 0.0736]
    """
    uniform = stateless_uniform(seed, count + count % 2).reshape(-1, 2)
    radius = np.sqrt(-2 * np.log(np.maximum(uniform[:, 0], _SMALLEST_UNIFORM)))
    angle = (2 * np.pi * uniform[:, 1].astype(np.float64)).astype(np.float32)
    pairs = np.stack([np.sin(angle) * radius, np.cos(angle) * radius], axis=-1)
    return pairs.reshape(-1)[:count]


def stateless_uniform(seed, count):
    """Draw random numbers from the uniform distribution.

    Args:
        seed: Two integers, int32.
        count: Number of values. A larger count only appends values.

    Returns:
        float32 `[count]` in `[0, 1)`, equal to `tf.random.stateless_uniform([count], seed)` on a
        CPU.

    Example:

    >>> stateless_uniform([1, 2], 3).astype(float).round(4).tolist()
    [0.8441, 0.192, 0.9962]
    """
    halves = [half for number in seed for half in (number & _MASK, (number >> 32) & _MASK)]
    mixed = _philox([np.uint64(half) for half in halves], _SCRAMBLING_KEY)
    groups = np.arange(-(-count // 4), dtype=np.uint64)
    counter = [groups, np.uint64(0), mixed[2], mixed[3]]
    bits = np.stack(_philox(counter, (int(mixed[0]), int(mixed[1]))), axis=-1)
    # The lowest 23 bits are the mantissa of a number in [1, 2).
    return ((bits.reshape(-1) & 0x7FFFFF).astype(np.float32) * np.float32(2.0**-23))[:count]


def _philox(counter, key):
    """Apply Philox4x32-10 to a counter and key; return four uint64 arrays of 32-bit values."""
    a, b, c, d = np.broadcast_arrays(*counter)
    mask, shift = np.uint64(_MASK), np.uint64(32)
    for number in range(_NUM_ROUNDS):
        keys = [
            np.uint64((word + number * increment) & _MASK)
            for word, increment in zip(key, _KEY_INCREMENTS, strict=True)
        ]
        first, second = np.uint64(_MULTIPLIERS[0]) * a, np.uint64(_MULTIPLIERS[1]) * c
        a, b, c, d = (
            (second >> shift) ^ b ^ keys[0],
            second & mask,
            (first >> shift) ^ d ^ keys[1],
            first & mask,
        )
    return a, b, c, d
