"""Tests that random numbers in NumPy match TensorFlow's."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.export.lite.random_numbers import stateless_normal, stateless_uniform


@pytest.mark.parametrize("seed", [(0, 0), (1, 3), (2**31 - 1, 2), (-5, -(2**31))])
@pytest.mark.parametrize("count", [1, 6, 1001])
@pytest.mark.parametrize(
    ("draw", "draw_with_tensorflow"),
    [
        (stateless_normal, tf.random.stateless_normal),
        (stateless_uniform, tf.random.stateless_uniform),
    ],
    ids=["normal", "uniform"],
)
def test_equals_tensorflow(draw, draw_with_tensorflow, seed, count):
    drawn = draw(seed, count)
    assert drawn.dtype == np.float32 and drawn.shape == (count,)
    np.testing.assert_allclose(drawn, draw_with_tensorflow([count], seed), atol=1e-6)


@pytest.mark.parametrize("draw", [stateless_normal, stateless_uniform])
def test_first_numbers_do_not_depend_on_the_count(draw):
    np.testing.assert_array_equal(draw([7, 1], 100)[:7], draw([7, 1], 7))
