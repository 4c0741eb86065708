"""Fooling rate: percentage of recolored images that a small discriminator classifies as real.

The discriminator is trained on one half of the images and tested on the other half. Its inputs are
block means. At 4x4 pixels, they only show the layout of colors; at 32x32 pixels, they also show
whether colors are aligned with edges.
"""

import io

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from colorkeras.color.spaces import from_uint8, luma, rgb_to_chroma
from colorkeras.utils.errors import DivergedError

SIZES = (4, 8, 16, 32)
"""Image heights and widths, in pixels, at which discriminators are trained."""

JPEG_QUALITY = 75
"""JPEG quality for fooling rates after compression (Pillow's default)."""

EPOCHS = 12
"""Number of training epochs; images are flipped horizontally at random."""

MIN_STEPS = 200
"""Minimum number of training steps, needed for batch normalization if there are few images."""

PAIRS_PER_BATCH = 64
"""Number of image pairs per batch. Each pair consists of a real image and its recolored version, so
the discriminator cannot rely on the content."""

MIN_LOSS = 0.002
"""Mean epoch loss below which training stops early; the error rate is then almost zero."""

ATTEMPTS, SEED_STEP = 3, 1000
"""Maximum number of attempts to train a discriminator, and the seed increment per attempt."""

LEARNING_RATE = 3e-3
"""Peak learning rate for AdamW; it decays to zero."""
WEIGHT_DECAY = 0.01
"""Weight decay for AdamW."""

CHROMA_GAIN = 20.0
"""Scale factor for chroma; its standard deviation in photographs is about 0.05."""


def fooling_rate(truth, recolored, size, seed=0, epochs=EPOCHS):
    """Train a discriminator; return the percentage of recolored images that it classifies as real.

    At the decision threshold, the same percentage of real images is classified as recolored (equal
    error rate). 50% means that real and recolored images are indistinguishable.

    Args:
        truth, recolored: uint8 `[n, 32, 32, 3]`, in the same order.
        size: Height and width, in pixels, to which images are downscaled.
        seed: Seed for the split, initial weights, order and flips.
        epochs: Number of training epochs; increased if there are few images (see `MIN_STEPS`).

    Raises:
        DivergedError: The scores of all `ATTEMPTS` networks are constant or not finite.
    """
    pairs = np.stack([block_means(images, size) for images in (truth, recolored)], axis=1)
    train, test = halves(len(pairs), seed)
    for attempt in range(ATTEMPTS):
        network = build(size, seed + SEED_STEP * attempt)
        _train(network, pairs[train], seed, epochs)
        real, fake = (_scores(network, pairs[test, version]) for version in (0, 1))
        scores = np.concatenate([real, fake])
        # Constant scores would result in a fooling rate of 50%.
        if np.isfinite(scores).all() and np.ptp(scores) > 0:
            return 100 * equal_error_rate(real, fake)
    raise DivergedError(
        f"None of the {ATTEMPTS} discriminators trained at {size}x{size} pixels with seed {seed} "
        "learned anything."
    )


def compress(images, quality=JPEG_QUALITY):
    """Compress uint8 images `[n, h, w, 3]` as JPEG with 4:2:0 chroma subsampling and decode them.

    The images in a dataset may have artifacts from earlier compression that a colorizer need not
    reproduce. Compressing real and recolored images in the same way hides these artifacts.
    """
    return np.stack([_compress_one(image, quality) for image in images])


def _compress_one(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(file))


def block_means(images, size):
    """Downscale uint8 images `[n, h, w, 3]` to block means `[n, size, size, 3]`.

    h and w must be multiples of `size`. Ties are rounded to even, as in `to_uint8`.
    """
    count, height, width, channels = images.shape
    blocks = images.reshape(count, size, height // size, size, width // size, channels)
    return np.rint(blocks.mean(axis=(2, 4), dtype=np.float64)).astype(np.uint8)


def halves(num_images, seed):
    """Split image indices into a training half and a test half: `(train, test)`, each sorted.

    The split depends only on the number of images and the seed, so it is the same for all models.
    If the number is odd, the test half has one more image.
    """
    order = np.random.default_rng(seed).permutation(num_images)
    middle = num_images // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


def equal_error_rate(real, recolored):
    """Compute the error rate at the threshold where both classes have the same error rate.

    Scores, float `[n]` and `[m]`, are high for images that look real. Error rates are interpolated
    between thresholds, so ties affect both classes equally; uninformative scores result in 0.5.

    >>> equal_error_rate([3.0, 2.0], [1.0, 0.0]), equal_error_rate([1.0, 1.0], [1.0, 1.0])
    (0.0, 0.5)
    """
    thresholds = np.unique(np.concatenate([real, recolored]))
    # The last threshold is above all scores and classifies every image as recolored.
    missed = np.append(np.searchsorted(np.sort(real), thresholds), len(real)) / len(real)
    below = np.append(np.searchsorted(np.sort(recolored), thresholds), len(recolored))
    fooled = 1 - below / len(recolored)
    # The difference strictly increases from -1 to 1, so it crosses zero once.
    excess = missed - fooled
    return float(np.interp(0.0, excess, missed))


def build(size, seed=0):
    """Build a discriminator with random initial weights for an image size in `SIZES`.

    It maps the result of `_luma_chroma`, float32 `[n, size, size, 3]`, to scores, float32 `[n, 1]`,
    which are positive for images that look real.
    """
    # With the same seed, layers of the same shape would get the same weights.
    initializer = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))

    def convolution(x, width, kernel_size=3, strides=1):
        x = layers.Conv2D(
            width,
            kernel_size,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer=initializer,
        )(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))

    inputs = keras.Input((size, size, 3))
    # At full size, a strided first layer saves three quarters of the computation.
    x = convolution(inputs, 48, 4, strides=2) if size >= 32 else convolution(inputs, 48)
    x = convolution(x, 48)
    for width, smallest in ((96, 16), (96, 8)):
        if size >= smallest:
            x = layers.MaxPooling2D(2)(x)
        x = convolution(x, width)
    # Flatten rather than pool because the position of colors matters at small sizes.
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu", kernel_initializer=initializer)(x)
    return keras.Model(
        inputs, layers.Dense(1, kernel_initializer=initializer)(x), name="discriminator"
    )


def _luma_chroma(images):
    """Convert uint8 RGB `[..., 3]` to luma and chroma, float32 in about `[-2, 2]`.

    A discriminator with RGB inputs would be weaker because chroma has a smaller scale than luma but
    is more informative.
    """
    rgb = from_uint8(images)
    return tf.concat([4.0 * luma(rgb) - 2.0, CHROMA_GAIN * rgb_to_chroma(rgb)], axis=-1)


def _train(network, pairs, seed, epochs):
    """Train the network on pairs of real and recolored images, uint8 `[n, 2, size, size, 3]`."""
    order, flipped = _schedule(len(pairs), seed, epochs)
    pairs = _luma_chroma(pairs)
    labels = tf.tile([1.0, 0.0], [order.shape[1]])[:, tf.newaxis]

    def batch(indices, flipped):
        # Flip real and recolored images together.
        flipped = flipped[:, tf.newaxis, tf.newaxis, tf.newaxis, tf.newaxis]
        images = tf.gather(pairs, indices)
        images = tf.where(flipped, tf.reverse(images, [3]), images)
        return tf.reshape(images, [-1, *pairs.shape[2:]]), labels

    steps, warmup_steps = len(order), len(order) // 10
    steps_per_epoch = len(pairs) // order.shape[1]
    # Without warmup, scores become constant for some seeds.
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup_steps, warmup_target=LEARNING_RATE, warmup_steps=warmup_steps
    )
    network.compile(
        keras.optimizers.AdamW(schedule, WEIGHT_DECAY),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    batches = tf.data.Dataset.from_tensor_slices((order, flipped)).map(batch)
    network.fit(
        batches.prefetch(2),
        epochs=steps // steps_per_epoch,
        steps_per_epoch=steps_per_epoch,
        callbacks=[_StopAtMinLoss()],
        shuffle=False,
        verbose=0,
    )


class _StopAtMinLoss(keras.callbacks.Callback):
    """Stop training when there is nothing left to learn, e.g. if recolored images are gray."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < MIN_LOSS:
            self.model.stop_training = True


def _schedule(num_pairs, seed, epochs):
    """Return the indices of the pairs in each batch, int64 `[steps, n]`, and which pairs to flip.

    The flips are bool `[steps, n]`.
    """
    generator = np.random.default_rng([seed, 1])  # Independent of the split.
    size = min(PAIRS_PER_BATCH, num_pairs)
    steps_per_epoch = num_pairs // size
    num_epochs = max(epochs, -(-MIN_STEPS // steps_per_epoch))
    # Drop the last, incomplete batch of each epoch; the dropped images differ between epochs.
    seen = steps_per_epoch * size
    order = np.concatenate([generator.permutation(num_pairs)[:seen] for _ in range(num_epochs)])
    order = order.reshape(-1, size)
    return order, generator.random(order.shape) < 0.5


def _scores(network, images):
    return network.predict(_luma_chroma(images), batch_size=500, verbose=0)[:, 0]
