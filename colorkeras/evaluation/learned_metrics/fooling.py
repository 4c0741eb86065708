"""Fooling rate: share of recolored images that a small discriminator takes for real ones.

The discriminator is trained on one half of the images and tested on the other. It sees block means:
at 4x4 pixels only the layout of colors, at 32x32 also their alignment with edges.
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
"""Heights and widths in pixels at which a discriminator compares images."""

JPEG_QUALITY = 75
"""JPEG quality for fooling rates after compression: Pillow's default."""

EPOCHS = 12
"""Epochs of training, with random horizontal flips."""

MIN_STEPS = 200
"""Minimum number of training steps; batch normalization needs them on few images."""

PAIRS_PER_BATCH = 64
"""Number of images per batch, each real and recolored, so that the content is no clue."""

MIN_LOSS = 0.002
"""Mean loss of an epoch at which training stops early: the error rate then is nearly zero."""

ATTEMPTS, SEED_STEP = 3, 1000
"""Number of networks to try if one learns nothing, and the distance of their seeds."""

LEARNING_RATE = 3e-3
"""Peak learning rate of AdamW; it decays to zero."""
WEIGHT_DECAY = 0.01
"""Weight decay of AdamW."""

CHROMA_GAIN = 20.0
"""Scales chroma, whose standard deviation in photographs is about 0.05, to about 1."""


def fooling_rate(truth, recolored, size, seed=0, epochs=EPOCHS):
    """Train a discriminator and return the share of recolored images that it takes for real.

    The decision threshold is that of the equal error rate, where the same share of real images is
    taken for recolored. 50 % means that real and recolored images are indistinguishable.

    Args:
        truth: uint8 `[n, 32, 32, 3]`.
        recolored: uint8 `[n, 32, 32, 3]`, the same images in the same order.
        size: Size in pixels to which images are reduced.
        seed: Seed of the split, the initial weights, the order and the flips.
        epochs: Epochs of training; more for few images, see `MIN_STEPS`.

    Returns:
        Percentage, float in `[0, 100]`.

    Raises:
        DivergedError: The scores of all `ATTEMPTS` networks are not finite, or constant.
    """
    pairs = np.stack([block_means(images, size) for images in (truth, recolored)], axis=1)
    train, test = halves(len(pairs), seed)
    for attempt in range(ATTEMPTS):
        network = build(size, seed + SEED_STEP * attempt)
        _train(network, pairs[train], seed, epochs)
        real, fake = (_scores(network, pairs[test, version]) for version in (0, 1))
        scores = np.concatenate([real, fake])
        # Constant scores would look like a fooling rate of 50 %.
        if np.isfinite(scores).all() and np.ptp(scores) > 0:
            return 100 * equal_error_rate(real, fake)
    raise DivergedError(
        f"None of {ATTEMPTS} discriminators at {size}x{size} pixels, seed {seed}, learned anything."
    )


def compress(images, quality=JPEG_QUALITY):
    """Compress images as JPEG with 4:2:0 chroma subsampling and decode them.

    Images of a data set may carry traces of earlier compression that a colorizer should not
    reproduce. After the same compression of real and recolored images, they are no clue.

    Args:
        images: uint8 `[n, h, w, 3]`.
        quality: JPEG quality in `[1, 95]`.

    Returns:
        uint8 `[n, h, w, 3]`.
    """
    return np.stack([_compress_one(image, quality) for image in images])


def _compress_one(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(file))


def block_means(images, size):
    """Reduce images to the means of blocks, rounded to 8 bits.

    Args:
        images: uint8 `[n, h, w, 3]`, h and w multiples of `size`.
        size: Height and width of the result in pixels.

    Returns:
        uint8 `[n, size, size, 3]`; halves round to even, as in `to_uint8`.
    """
    count, height, width, channels = images.shape
    blocks = images.reshape(count, size, height // size, size, width // size, channels)
    return np.rint(blocks.mean(axis=(2, 4), dtype=np.float64)).astype(np.uint8)


def halves(num_images, seed):
    """Split image indices into a training and a test half: `(train, test)`, each sorted.

    The split depends on the number of images and the seed only, so it is the same for all models.
    The test half is larger by one for an odd number.
    """
    order = np.random.default_rng(seed).permutation(num_images)
    middle = num_images // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


def equal_error_rate(real, recolored):
    """Return the error rate at the threshold where both classes have the same error rate.

    Error rates are interpolated between thresholds, so ties affect both classes equally.

    Args:
        real: float `[n]`, scores that are high for images that look real.
        recolored: float `[m]`.

    Returns:
        float in `[0, 1]`; 0.5 for uninformative scores.

    >>> equal_error_rate([3.0, 2.0], [1.0, 0.0]), equal_error_rate([1.0, 1.0], [1.0, 1.0])
    (0.0, 0.5)
    """
    thresholds = np.unique(np.concatenate([real, recolored]))
    # The last threshold is above all scores, where every image is taken for recolored.
    missed = np.append(np.searchsorted(np.sort(real), thresholds), len(real)) / len(real)
    below = np.append(np.searchsorted(np.sort(recolored), thresholds), len(recolored))
    fooled = 1 - below / len(recolored)
    # Increases strictly from -1 to 1, so it crosses zero once.
    excess = missed - fooled
    return float(np.interp(0.0, excess, missed))


def build(size, seed=0):
    """Build the discriminator with initial weights.

    Args:
        size: Image size in pixels, one of `SIZES`.
        seed: Seed of the initial weights.

    Returns:
        `keras.Model` from luma and chroma as from `_luma_chroma`, float32 `[n, size, size, 3]`, to
        a score, float32 `[n, 1]`, positive for images that look real.
    """
    # Layers of one shape would get equal weights from equal seeds.
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
    # A strided first layer saves three quarters of the work at full size.
    x = convolution(inputs, 48, 4, strides=2) if size >= 32 else convolution(inputs, 48)
    x = convolution(x, 48)
    for width, smallest in ((96, 16), (96, 8)):
        if size >= smallest:
            x = layers.MaxPooling2D(2)(x)
        x = convolution(x, width)
    # Flattened rather than pooled, because the position of colors matters at small sizes.
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu", kernel_initializer=initializer)(x)
    return keras.Model(
        inputs, layers.Dense(1, kernel_initializer=initializer)(x), name="discriminator"
    )


def _luma_chroma(images):
    """Convert uint8 RGB `[..., 3]` to luma and chroma, float32 in about `[-2, 2]`.

    Chroma is much smaller and more informative; a discriminator of RGB is weaker.
    """
    rgb = from_uint8(images)
    return tf.concat([4.0 * luma(rgb) - 2.0, CHROMA_GAIN * rgb_to_chroma(rgb)], axis=-1)


def _train(network, pairs, seed, epochs):
    """Fit the network to uint8 `[n, 2, size, size, 3]`, real and recolored."""
    order, flipped = _schedule(len(pairs), seed, epochs)
    pairs = _luma_chroma(pairs)
    labels = tf.tile([1.0, 0.0], [order.shape[1]])[:, tf.newaxis]

    def batch(indices, flipped):
        # Real and recolored image are flipped together.
        flipped = flipped[:, tf.newaxis, tf.newaxis, tf.newaxis, tf.newaxis]
        images = tf.gather(pairs, indices)
        images = tf.where(flipped, tf.reverse(images, [3]), images)
        return tf.reshape(images, [-1, *pairs.shape[2:]]), labels

    steps, warmup_steps = len(order), len(order) // 10
    steps_per_epoch = len(pairs) // order.shape[1]
    # Without a warmup, some seeds end with constant scores.
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
    """Stop training when nothing is left to learn, as with grayscale beside color images."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < MIN_LOSS:
            self.model.stop_training = True


def _schedule(num_pairs, seed, epochs):
    """Indices of the pairs of each batch, and which to flip: int64 and bool `[steps, n]`."""
    generator = np.random.default_rng([seed, 1])  # Independent of the split.
    size = min(PAIRS_PER_BATCH, num_pairs)
    steps_per_epoch = num_pairs // size
    num_epochs = max(epochs, -(-MIN_STEPS // steps_per_epoch))
    # An epoch omits a different incomplete batch each time.
    seen = steps_per_epoch * size
    order = np.concatenate([generator.permutation(num_pairs)[:seen] for _ in range(num_epochs)])
    order = order.reshape(-1, size)
    return order, generator.random(order.shape) < 0.5


def _scores(network, images):
    return network.predict(_luma_chroma(images), batch_size=500, verbose=0)[:, 0]
