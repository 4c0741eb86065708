"""The residual U-Net that other architectures end in their own way, and its parts.

There is no batch normalization, which takes much of the time on CPUs. Instead each block starts as
the identity, because its last convolution starts at zero.

References: He, Zhang, Ren, Sun, "Identity mappings in deep residual networks", ECCV 2016 (blocks
that begin with the activation); Zhang, Dauphin, Ma, "Fixup initialization: residual learning
without normalization", ICLR 2019 (zeros at the end of each block).
"""

from keras import layers

from colorkeras.models.layers import DepthToSpace, PadToMultiple

STEM_STRIDE = 2
"""Pixels of the picture for each of the first features: chroma is smooth."""


def trunk(grayscale, widths, depths):
    """A U-Net from half resolution down and up again, which also sees the picture as a whole.

    Args:
        grayscale: Tensor `[n, h, w, 1]` in 0..1.
        widths: Channels at 1/2, 1/4, 1/8, ... of height and width.
        depths: Residual blocks at each on the way down; there is one at each on the way up.

    Returns:
        `(features, summary)`: tensors `[n, h', w', width]` at each resolution, finest first, with
        h' and w' those of the padded picture (see `PadToMultiple`); and `[n, widths[-1]]`, the mean
        over the picture of what is seen at the coarsest.
    """
    x = PadToMultiple(STEM_STRIDE * 2 ** (len(widths) - 1))(grayscale)
    x = layers.Rescaling(4.0, offset=-2.0)(x)  # About -2..2, the scale of the other features.
    x = convolution(x, widths[0], kernel_size=4, strides=STEM_STRIDE)
    skips = []
    for level, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        if level:
            x = down(x, width)
        for _ in range(depth):
            x = residual_block(x)
        skips.append(x)
    summary = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    # What the whole shows tells what its parts are.
    context = layers.Dense(widths[-1], activation="relu")(summary)
    x = add_everywhere(x, layers.Dense(widths[-1])(context))
    features = [x]
    for skip in reversed(skips[:-1]):
        x = residual_block(up(x, skip))
        features.append(x)
    return features[::-1], summary


def convolution(x, filters, kernel_size=3, strides=1):
    """A convolution whose initial weights keep the scale of what ReLU lets through."""
    return layers.Conv2D(
        filters, kernel_size, strides=strides, padding="same", kernel_initializer="he_normal"
    )(x)


def residual_block(x, condition=None):
    """Adds to `x` two convolutions of it, nothing at first.

    Args:
        x: Tensor `[n, h, w, c]`.
        condition: Tensor `[n, k]` or None, which shifts the channels between the two.
    """
    width = x.shape[-1]
    residual = convolution(layers.ReLU()(x), width)
    if condition is not None:
        residual = add_everywhere(residual, layers.Dense(width)(condition))
    residual = layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros")(
        layers.ReLU()(residual)
    )
    return layers.Add()([x, residual])


def down(x, width):
    """Half of height and width: means of 2x2 pixels, and another number of channels."""
    return convolution(layers.AveragePooling2D(2)(layers.ReLU()(x)), width, kernel_size=1)


def up(x, skip):
    """Double height and width, fitted to the channels of `skip`, to which it is added."""
    x = convolution(layers.ReLU()(x), skip.shape[-1], kernel_size=1)
    # Each pixel four times, for which Keras's UpSampling2D needs many more operations.
    x = DepthToSpace()(layers.Concatenate()([x] * 4))
    return layers.Add()([x, skip])


def add_everywhere(x, vector):
    """Adds `[n, c]` to every pixel of `[n, h, w, c]`."""
    return layers.Add()([x, vector])  # Which Keras takes for `[n, 1, 1, c]`.


def class_head(summary, num_classes, name, trainable=True):
    """Logits `[n, num_classes]` in float32: what the picture shows, nothing in particular at first.

    Reference: Iizuka, Simo-Serra, Ishikawa, "Let there be color!", ACM Transactions on Graphics 35
    (SIGGRAPH), 2016: colors are learned better beside the class of the scene.
    """
    return layers.Dense(
        num_classes, kernel_initializer="zeros", dtype="float32", name=name, trainable=trainable
    )(summary)
