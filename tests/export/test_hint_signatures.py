"""Tests for endpoints of networks that accept hints."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import luma


@pytest.fixture(scope="module")
def exported(exports):
    return exports("hint_unet")


@pytest.fixture(scope="module")
def call(exported):
    """Function that calls an endpoint; the default vividness is 0.5."""

    def run(endpoint, **inputs):
        dtypes = {"points": tf.int32, "seed": tf.int32}
        if endpoint != "color_distribution":
            inputs.setdefault("vividness", 0.5)
        tensors = {
            name: tf.constant(value, dtypes.get(name, tf.float32)) for name, value in inputs.items()
        }
        return exported.model.saved_model.signatures[endpoint](**tensors)

    return run


def grayscale_of(count=2, height=33, width=47):
    return np.random.default_rng(0).uniform(0.2, 0.8, [count, height, width, 1]).astype("float32")


def hints_of(count=2, height=33, width=47):
    hints = np.zeros([count, height, width, 3], np.float32)
    hints[:, 10:13, 20:23] = (0.1, -0.1, 1)
    return hints


def test_endpoints_color_as_the_objective_does(exported, call):
    grayscale, hints = tf.constant(grayscale_of()), tf.constant(hints_of())
    reference = tf.constant(np.random.default_rng(1).random([2, 40, 50, 3], np.float32))
    functions, network = exported.objective.hint_functions, exported.network
    for vividness in (0.0, 1.0):
        rgb = call("colorize_with_hints", grayscale=grayscale, hints=hints, vividness=vividness)
        expected = functions.colorize(network, grayscale, hints, vividness)
        np.testing.assert_allclose(rgb["rgb"], expected, atol=1e-4)
    seeds = tf.constant([3, 4])
    rgb = call("sample", grayscale=grayscale, seed=seeds)["rgb"]
    np.testing.assert_allclose(rgb, functions.sample(network, grayscale, seeds, 0.5), atol=1e-4)
    rgb = call("colorize_with_reference", grayscale=grayscale, reference=reference)["rgb"]
    expected = functions.colorize_with_reference(network, grayscale, reference, 0.5)
    np.testing.assert_allclose(rgb, expected, atol=1e-4)
    np.testing.assert_allclose(luma(rgb), grayscale, atol=1e-5)


def test_no_hints_are_the_default_coloring(exported, call):
    grayscale = grayscale_of()
    rgb = call("colorize_with_hints", grayscale=grayscale, hints=0 * hints_of())["rgb"]
    np.testing.assert_allclose(rgb, exported.model.color(grayscale), atol=1e-5)


def test_a_variation_depends_on_its_seed_only(call):
    grayscale = np.repeat(grayscale_of(1), 3, axis=0)
    one, other, again = call("sample", grayscale=grayscale, seed=[1, 2, 1])["rgb"].numpy()
    np.testing.assert_allclose(one, again, atol=1e-4)
    assert np.abs(one - other).max() > 0.01
    alone = call("sample", grayscale=grayscale[:1], seed=2)["rgb"]
    np.testing.assert_allclose(other, alone[0], atol=1e-4)


def test_color_distribution_has_five_colors_for_each_point(call):
    points = np.array([[[0, 0], [46, 32], [20, 10]], [[1, 2], [3, 4], [5, 6]]])
    answer = call("color_distribution", grayscale=grayscale_of(), points=points)
    assert answer["colors"].shape == (2, 3, 5, 3) and answer["colors"].dtype == tf.uint8
    probabilities = answer["probabilities"].numpy()
    assert probabilities.shape == (2, 3, 5) and (np.diff(probabilities) <= 0).all()
    assert probabilities.min() >= 0 and probabilities.sum(-1).max() <= 1 + 1e-5
    # All colors have the luma at their point.
    lumas = answer["colors"][0, 2].numpy() @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(lumas, 255 * grayscale_of()[0, 10, 20, 0], atol=1)


@pytest.mark.parametrize("endpoint", ["colorize_with_hints", "sample", "colorize_with_reference"])
def test_empty_batches_give_empty_results(endpoint, call):
    inputs = {
        "colorize_with_hints": {"hints": hints_of(0)},
        "sample": {"seed": np.zeros([0])},
        "colorize_with_reference": {"reference": np.zeros([0, 9, 9, 3])},
    }[endpoint]
    assert call(endpoint, grayscale=grayscale_of(0), **inputs)["rgb"].shape == (0, 33, 47, 3)


@pytest.mark.parametrize(
    ("endpoint", "inputs", "message"),
    [
        ("colorize_with_hints", {"hints": hints_of(height=32)}, "Expected `hints`"),
        ("colorize_with_hints", {"hints": hints_of(1)}, "Expected `hints`"),
        ("colorize_with_hints", {"hints": hints_of(), "vividness": 1.1}, "`vividness` in .0, 1"),
        ("sample", {"seed": [1, 2, 3]}, "Expected `seed`"),
        ("sample", {"seed": 1, "vividness": [0.5] * 3}, "Expected `vividness`"),
        ("color_distribution", {"points": [[[47, 0]], [[0, 0]]]}, "Expected `points`"),
        ("color_distribution", {"points": [[[0, -1]], [[0, 0]]]}, "Expected `points`"),
        ("color_distribution", {"points": [[[0, 0]]]}, "Expected `points`"),
        ("colorize_with_reference", {"reference": np.zeros([1, 9, 9, 3])}, "`reference`"),
        ("colorize_with_reference", {"reference": np.zeros([2, 0, 9, 3])}, "`reference`"),
    ],
)
def test_bad_requests_are_explained(endpoint, inputs, message, call):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        call(endpoint, grayscale=grayscale_of(), **inputs)


def test_weights_are_stored_as_float16(exported):
    assert {variable.dtype for variable in exported.model.signature.variables} == {tf.float16}
    size = (exported.folder / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert size < 3 * exported.network.count_params() + 50_000
