"""Tests for the fooling rate: hand-computed values and discriminators on simple recolorings."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma, to_uint8
from colorkeras.data import sample
from colorkeras.evaluation.learned_metrics import fooling
from colorkeras.utils.errors import DivergedError


@pytest.fixture(scope="module")
def photographs():
    """Crops with little overlap, uint8 `[n, 32, 32, 3]`."""
    return sample.load_images("train")[::16]


def desaturated(images, saturation=0.3):
    rgb = from_uint8(images)
    gray = luma(rgb)
    return to_uint8(gray + saturation * (rgb - gray)).numpy()


@pytest.fixture
def short(monkeypatch):
    """Reduce the number of training steps."""
    monkeypatch.setattr(fooling, "MIN_STEPS", 40)


@pytest.mark.slow
@pytest.mark.parametrize("size", [4, 32])
def test_obvious_defects_rarely_fool(photographs, size, short):
    assert fooling.fooling_rate(photographs, desaturated(photographs), size, epochs=1) < 25


@pytest.mark.slow
def test_flipped_images_are_indistinguishable(photographs, short):
    rates = [
        fooling.fooling_rate(photographs, photographs[:, :, ::-1], 4, seed, epochs=1)
        for seed in range(2)
    ]
    assert np.mean(rates) == pytest.approx(50, abs=6)


@pytest.mark.slow
def test_scores_are_reproducible(photographs, monkeypatch):
    monkeypatch.setattr(fooling, "MIN_STEPS", 5)
    sets = (photographs, desaturated(photographs))
    pairs = np.stack([fooling.block_means(images, 8) for images in sets], axis=1)

    def scores(seed):
        network = fooling.build(8, seed)
        fooling._train(network, pairs, seed, epochs=1)
        return fooling._scores(network, pairs[:, 0])

    first = scores(3)
    np.testing.assert_array_equal(first, scores(3))
    assert np.abs(first - scores(4)).max() > 0.01


def test_initial_weights_depend_on_seed_and_layer():
    first, again, other = (fooling.build(8, seed).get_weights() for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert np.abs(first[0] - other[0]).max() > 0
    kernels = [weight for weight in first if weight.ndim == 4]
    assert len({float(kernel.ravel()[0]) for kernel in kernels}) == len(kernels)


@pytest.mark.parametrize("size", fooling.SIZES)
def test_network_returns_one_score_per_image(size):
    assert fooling.build(size)(np.zeros([2, size, size, 3], np.float32)).shape == (2, 1)


def test_compress_acts_like_a_jpeg_file(photographs):
    once = fooling.compress(photographs)
    assert once.shape == photographs.shape and once.dtype == np.uint8
    change = np.abs(once.astype(int) - photographs).mean()
    assert 1 < change < 15
    # A second compression changes little, so it hides the artifacts of an earlier one.
    again = np.abs(fooling.compress(once).astype(int) - once).mean()
    assert again < change / 3
    flat = np.full((1, 16, 16, 3), 128, np.uint8)
    np.testing.assert_array_equal(fooling.compress(flat), flat)


def test_block_means_by_hand():
    images = np.zeros([1, 32, 32, 3], np.uint8)
    images[0, :16, :16, 0] = 10
    images[0, 0, 0, 1] = 255  # 255 / 64 = 3.98 in its 8x8 block.
    images[0, 24:, 24:, 2] = 200
    images[0, 24:, 24:28, 2] = 101  # (101 + 200) / 2 = 150.5, rounded to even.
    means = fooling.block_means(images, 4)
    assert means.dtype == np.uint8
    expected = np.zeros([1, 4, 4, 3], np.uint8)
    expected[0, :2, :2, 0] = 10
    expected[0, 0, 0, 1] = 4
    expected[0, 3, 3, 2] = 150
    np.testing.assert_array_equal(means, expected)


def test_block_means_at_full_size_are_the_images(photographs):
    np.testing.assert_array_equal(fooling.block_means(photographs[:9], 32), photographs[:9])


@pytest.mark.parametrize(
    ("real", "recolored", "expected"),
    [
        ([3, 4, 5], [0, 1, 2], 0.0),
        ([0, 1, 2], [3, 4, 5], 1.0),
        # At thresholds between 1 and 2, one of four is wrong on either side.
        ([1, 3, 4, 5], [-1, 0, 1, 2], 0.25),
        ([0, 2, 4, 6], [1, 3, 5, 7], 0.5),
        ([7, 7, 7], [7, 7], 0.5),
        # The tie at 1 moves the rates from (missed 0, fooled 1/2) to (missed 1/2, fooled 0).
        ([1, 2], [0, 1], 0.25),
        # Classes of different sizes: rates are relative to the class size.
        ([0, 5], [1, 1, 1, 9], 0.5),
    ],
)
def test_equal_error_rate_by_hand(real, recolored, expected):
    assert fooling.equal_error_rate(real, recolored) == pytest.approx(expected)


@pytest.mark.parametrize("score", [np.nan, 0.25])
def test_a_discriminator_that_learned_nothing_is_an_error(photographs, monkeypatch, score):
    monkeypatch.setattr(fooling, "_train", lambda *arguments: None)
    monkeypatch.setattr(fooling, "_scores", lambda network, images: np.full(len(images), score))
    with pytest.raises(DivergedError, match="8x8 pixels with seed 3 learned anything"):
        fooling.fooling_rate(photographs, photographs, 8, seed=3)


def test_equal_error_rate_does_not_depend_on_order():
    generator = np.random.default_rng(0)
    real, recolored = generator.normal(1, 1, 500), generator.normal(0, 1, 400)
    rate = fooling.equal_error_rate(real, recolored)
    assert rate == fooling.equal_error_rate(real[::-1], np.sort(recolored))
    # Gaussians one standard deviation apart: the threshold is halfway between the means.
    assert rate == pytest.approx(0.3085, abs=0.03)


@pytest.mark.parametrize("num_images", [200, 201])
def test_halves_are_disjoint_and_depend_on_the_seed(num_images):
    train, test = fooling.halves(num_images, seed=0)
    assert len(train) == 100
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(num_images))
    for first, second in zip((train, test), fooling.halves(num_images, seed=0), strict=True):
        np.testing.assert_array_equal(first, second)
    assert len(np.setdiff1d(train, fooling.halves(num_images, seed=1)[0])) > 20


def test_real_and_recolored_image_are_in_the_same_half(monkeypatch):
    """The network is trained on the pairs in one half and scores the pairs in the other."""
    truth = np.zeros([200, 32, 32, 3], np.uint8)
    truth[..., 0] = np.arange(200)[:, None, None]
    recolored = truth.copy()
    recolored[..., 1] = 9
    trained, scored = [], []
    monkeypatch.setattr(fooling, "_train", lambda network, pairs, *rest: trained.append(pairs))
    monkeypatch.setattr(
        fooling,
        "_scores",
        lambda network, images: scored.append(images) or np.arange(len(images)),
    )
    assert fooling.fooling_rate(truth, recolored, 4) == 50
    (pairs,), (real, fake) = trained, scored
    train, test = fooling.halves(200, 0)
    np.testing.assert_array_equal(pairs[:, :, 0, 0, 0], np.stack([train, train], axis=1))
    np.testing.assert_array_equal(pairs[:, :, 0, 0, 1], [[0, 9]] * 100)
    for images, green in ((real, 0), (fake, 9)):
        np.testing.assert_array_equal(images[:, 0, 0, 0], test)
        assert np.all(images[..., 1] == green)


def test_schedule_is_balanced_and_flips_half():
    order, flipped = fooling._schedule(1000, seed=0, epochs=16)
    # 15 full batches per epoch, without repeated images.
    assert order.shape == flipped.shape == (240, 64)
    assert np.bincount(order[:15].ravel()).max() == 1
    assert np.bincount(order.ravel(), minlength=1000).min() >= 10
    assert flipped.mean() == pytest.approx(0.5, abs=0.02)
    again, _ = fooling._schedule(1000, seed=0, epochs=16)
    np.testing.assert_array_equal(order, again)


@pytest.mark.parametrize(("min_loss", "epochs"), [(0.0, 4), (9.0, 1)])
def test_training_stops_at_the_minimum_loss(photographs, monkeypatch, min_loss, epochs):
    monkeypatch.setattr(fooling, "MIN_LOSS", min_loss)
    monkeypatch.setattr(fooling, "MIN_STEPS", 4)
    network = fooling.build(4)
    pairs = fooling.block_means(photographs[:40], 4)
    fooling._train(network, pairs.reshape(20, 2, 4, 4, 3), seed=0, epochs=1)
    assert len(network.history.epoch) == epochs


def test_few_images_are_repeated():
    order, _ = fooling._schedule(20, seed=0, epochs=1)
    assert order.shape == (fooling.MIN_STEPS, 20)


def test_luma_and_chroma_have_similar_scales(photographs):
    deviations = tf.math.reduce_std(fooling._luma_chroma(photographs), axis=[0, 1, 2])
    assert np.all((deviations.numpy() > 0.4) & (deviations.numpy() < 2.5))
