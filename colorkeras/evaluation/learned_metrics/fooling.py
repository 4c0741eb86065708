"""The fooling rate: how often a small network takes recolored pictures for real ones.

The network learns real from recolored on one half of the pictures and is tested on the other. It
sees block means of few pixels, so that at 4x4 it judges which colors lie where, at 32x32 also how
they meet the edges.
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
"""Pixels: heights and widths at which pictures are judged."""

JPEG_QUALITY = 75
"""Of the files in which pictures were that are judged as compressed: Pillow's default."""

EPOCHS = 12
"""Passes over the pictures that the network learns from, each time mirrored or not at random."""

MIN_STEPS = 200
"""Few pictures are seen more often, because batch normalization needs steps to settle."""

PAIRS_PER_BATCH = 64
"""A batch holds both versions of so many pictures: what they show is then no clue."""

LEARNED = 0.002
"""Mean loss of a pass at which training ends early: such a network errs on next to no picture."""

ATTEMPTS, SEED_STEP = 3, 1000
"""How many networks are tried where one learns nothing, and how far apart their seeds are."""

LEARNING_RATE = 3e-3
"""AdamW's after the warm-up; it falls to zero."""
WEIGHT_DECAY = 0.01
"""AdamW's."""

CHROMA_GAIN = 20.0
"""Brings chroma, whose standard deviation in photographs is about 0.05, to about 1."""


def fooling_rate(truth, recolored, size, seed=0, epochs=EPOCHS):
    """Share of recolored pictures that a network, trained for the purpose, takes for real.

    The threshold is that of equal errors: as large a share of the real pictures is taken for
    recolored. 50 % means that the network can't tell.

    Args:
        truth: uint8 `[n, 32, 32, 3]`.
        recolored: uint8 `[n, 32, 32, 3]`, the same pictures in the same order.
        size: Pixels: what the pictures are reduced to by their mean.
        seed: Whole number, of which halves, first weights, order and mirroring are a function.
        epochs: Passes over the pictures that it learns from; more where they are few, see
            `MIN_STEPS`.

    Returns:
        float in 0..100, percent.

    Raises:
        DivergedError: The network's scores are not finite, or all the same, as are those of
            networks with other first weights that were tried then.
    """
    pairs = np.stack([block_means(images, size) for images in (truth, recolored)], axis=1)
    learn, test = halves(len(pairs), seed)
    for attempt in range(ATTEMPTS):
        network = build(size, seed + SEED_STEP * attempt)
        _train(network, pairs[learn], seed, epochs)
        real, fake = (_scores(network, pairs[test, version]) for version in (0, 1))
        scores = np.concatenate([real, fake])
        # What says the same of every picture would look like a judge that every second fools.
        if np.isfinite(scores).all() and np.ptp(scores) > 0:
            return 100 * equal_error_rate(real, fake)
    raise DivergedError(
        f"None of {ATTEMPTS} networks that were to judge at {size}x{size} pixels, seed {seed}, "
        "learned anything."
    )


def compress(images, quality=JPEG_QUALITY):
    """Pictures as they are after a JPEG file, chroma at half resolution in it.

    Pictures of a data set that once were in such files carry traces of it that no colorizer should
    learn to make. Where both versions go through the same compression, these are no clue.

    Args:
        images: uint8 `[n, h, w, 3]`.
        quality: Of the file, 1..95.

    Returns:
        uint8 `[n, h, w, 3]`.
    """
    return np.stack([_compress_one(image, quality) for image in images])


def _compress_one(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(file))


def block_means(images, size):
    """Pictures reduced to `size` x `size` pixels by the mean of blocks, rounded to 8 bits.

    Args:
        images: uint8 `[n, h, w, 3]`, h and w multiples of `size`.
        size: Pixels.

    Returns:
        uint8 `[n, size, size, 3]`; halves go to the even neighbor, as in `to_uint8`.
    """
    count, height, width, channels = images.shape
    blocks = images.reshape(count, size, height // size, size, width // size, channels)
    return np.rint(blocks.mean(axis=(2, 4), dtype=np.float64)).astype(np.uint8)


def halves(num_images, seed):
    """Numbers of the pictures to learn from and of those to test on: `(learn, test)`, in order.

    They follow from the number of pictures and the seed alone: all models are judged on the same
    halves. Of an odd number one more is tested on.
    """
    order = np.random.default_rng(seed).permutation(num_images)
    middle = num_images // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


def equal_error_rate(real, recolored):
    """The share of errors at the threshold where both classes have the same share.

    Between thresholds the shares are interpolated, so that ties cost each class as much.

    Args:
        real: float `[n]`, scores that are high where a picture looks real.
        recolored: float `[m]`.

    Returns:
        float in 0..1; 0.5 where the scores say nothing.

    >>> equal_error_rate([3.0, 2.0], [1.0, 0.0]), equal_error_rate([1.0, 1.0], [1.0, 1.0])
    (0.0, 0.5)
    """
    thresholds = np.unique(np.concatenate([real, recolored]))
    # One threshold above all scores, where every picture is taken for recolored.
    missed = np.append(np.searchsorted(np.sort(real), thresholds), len(real)) / len(real)
    below = np.append(np.searchsorted(np.sort(recolored), thresholds), len(recolored))
    fooled = 1 - below / len(recolored)
    # From -1 to 1, rising all the way: it crosses zero once.
    excess = missed - fooled
    return float(np.interp(0.0, excess, missed))


def build(size, seed=0):
    """The judging network with fresh weights.

    Args:
        size: Pixels, one of `SIZES`.
        seed: Whole number.

    Returns:
        `keras.Model`, luma and chroma as from `_luma_chroma`, float32 `[n, size, size, 3]`, to a
        score float32 `[n, 1]`, positive where the picture looks real.
    """
    # One generator for all layers: equal seeds would give layers of one shape equal weights.
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
    # At full size the first layer already halves it, which spares three quarters of the work.
    x = convolution(inputs, 48, 4, strides=2) if size >= 32 else convolution(inputs, 48)
    x = convolution(x, 48)
    for width, smallest in ((96, 16), (96, 8)):
        if size >= smallest:
            x = layers.MaxPooling2D(2)(x)
        x = convolution(x, width)
    # Where colors lie tells something at few pixels.
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu", kernel_initializer=initializer)(x)
    return keras.Model(inputs, layers.Dense(1, kernel_initializer=initializer)(x), name="judge")


def _luma_chroma(images):
    """uint8 RGB `[..., 3]` to float32 of the same shape: luma and chroma, each about -2..2.

    Chroma is much the smaller and tells the more: learned from RGB the judge is weaker.
    """
    rgb = from_uint8(images)
    return tf.concat([4.0 * luma(rgb) - 2.0, CHROMA_GAIN * rgb_to_chroma(rgb)], axis=-1)


def _train(network, pairs, seed, epochs):
    """Fits the network to uint8 `[n, 2, size, size, 3]`, real and recolored."""
    order, mirrored = _schedule(len(pairs), seed, epochs)
    pairs = _luma_chroma(pairs)
    labels = tf.tile([1.0, 0.0], [order.shape[1]])[:, tf.newaxis]

    def batch(indices, mirrored):
        # Both versions of a picture alike.
        mirrored = mirrored[:, tf.newaxis, tf.newaxis, tf.newaxis, tf.newaxis]
        images = tf.gather(pairs, indices)
        images = tf.where(mirrored, tf.reverse(images, [3]), images)
        return tf.reshape(images, [-1, *pairs.shape[2:]]), labels

    steps, warmup_steps = len(order), len(order) // 10
    steps_per_pass = len(pairs) // order.shape[1]
    # Without a warm-up some seeds end in a network that says the same of every picture.
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup_steps, warmup_target=LEARNING_RATE, warmup_steps=warmup_steps
    )
    network.compile(
        keras.optimizers.AdamW(schedule, WEIGHT_DECAY),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    batches = tf.data.Dataset.from_tensor_slices((order, mirrored)).map(batch)
    network.fit(
        batches.prefetch(2),
        epochs=steps // steps_per_pass,
        steps_per_epoch=steps_per_pass,
        callbacks=[_StopWhenLearned()],
        shuffle=False,
        verbose=0,
    )


class _StopWhenLearned(keras.callbacks.Callback):
    """Ends training where nothing is left to learn, as of grayscale beside color."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < LEARNED:
            self.model.stop_training = True


def _schedule(num_pairs, seed, epochs):
    """Numbers of the pairs of each batch, int64 `[steps, n]`, and which to mirror, bool alike."""
    generator = np.random.default_rng([seed, 1])  # Not the one that drew the halves.
    size = min(PAIRS_PER_BATCH, num_pairs)
    steps_per_pass = num_pairs // size
    passes = max(epochs, -(-MIN_STEPS // steps_per_pass))
    # A pass leaves out what does not fill a batch, each time others.
    seen = steps_per_pass * size
    order = np.concatenate([generator.permutation(num_pairs)[:seen] for _ in range(passes)])
    order = order.reshape(-1, size)
    return order, generator.random(order.shape) < 0.5


def _scores(network, images):
    return network.predict(_luma_chroma(images), batch_size=500, verbose=0)[:, 0]
