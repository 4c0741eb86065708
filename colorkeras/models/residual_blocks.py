"""Residual blocks, and a U-Net backbone built from them.

The blocks do not use batch normalization, which is slow on CPUs. Instead, the weights of the last
convolution are initialized to zero, so each block starts out as the identity.

References: He, Zhang, Ren, Sun, "Identity mappings in deep residual networks", ECCV 2016
(pre-activation); Zhang, Dauphin, Ma, "Fixup initialization: residual learning without
normalization", ICLR 2019 (zero initialization).
"""

from keras import layers

from colorkeras.models.layers import PadToMultiple, upsample_nearest

STEM_STRIDE = 2
"""Stride of the finest features; half resolution suffices because chroma is smooth."""


def unet_backbone(grayscale, widths, depths):
    """Build a residual U-Net at half resolution with global context.

    Args:
        grayscale: Tensor `[batch, height, width, 1]` in `[0, 1]`.
        widths: Number of channels at 1/2, 1/4, 1/8, ... of height and width.
        depths: Number of residual blocks at each encoder level; decoder levels have one.

    Returns:
        `(features, summary)`. The features are a list of tensors `[batch, h, w, width]`, one per
        resolution, finest first, computed from the padded image (see `PadToMultiple`). The summary
        is the spatial mean of the coarsest encoder features, `[batch, widths[-1]]`.
    """
    x = PadToMultiple(STEM_STRIDE * 2 ** (len(widths) - 1))(grayscale)
    x = layers.Rescaling(4.0, offset=-2.0)(x)  # `[-2, 2]`, similar to the range of other features.
    x = convolution(x, widths[0], kernel_size=4, strides=STEM_STRIDE)
    skips = []
    for level, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        if level:
            x = downsample(x, width)
        for _ in range(depth):
            x = residual_block(x)
        skips.append(x)
    summary = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    # Global context: the subject of the image determines the colors of its parts.
    context = layers.Dense(widths[-1], activation="relu")(summary)
    x = add_to_all_pixels(x, layers.Dense(widths[-1])(context))
    features = [x]
    for skip in reversed(skips[:-1]):
        x = residual_block(upsample(x, skip))
        features.append(x)
    return features[::-1], summary


def convolution(x, filters, kernel_size=3, strides=1):
    """Apply a convolution with He initialization, for ReLU activations."""
    return layers.Conv2D(
        filters, kernel_size, strides=strides, padding="same", kernel_initializer="he_normal"
    )(x)


def residual_block(x, condition=None):
    """Apply a pre-activation residual block with two convolutions, which is initially the identity.

    If `condition` is given, a tensor `[batch, k]`, it is projected and added between the two
    convolutions.
    """
    width = x.shape[-1]
    residual = convolution(layers.ReLU()(x), width)
    if condition is not None:
        residual = add_to_all_pixels(residual, layers.Dense(width)(condition))
    residual = layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros")(
        layers.ReLU()(residual)
    )
    return layers.Add()([x, residual])


def downsample(x, width):
    """Halve height and width by average pooling and change the number of channels to `width`."""
    return convolution(layers.AveragePooling2D(2)(layers.ReLU()(x)), width, kernel_size=1)


def upsample(x, skip):
    """Double height and width, match the number of channels in `skip`, and add `skip`."""
    x = convolution(layers.ReLU()(x), skip.shape[-1], kernel_size=1)
    return layers.Add()([upsample_nearest(x), skip])


def add_to_all_pixels(x, vector):
    """Add a vector `[batch, channels]` to every pixel of `[batch, height, width, channels]`."""
    return layers.Add()([x, vector])  # Keras broadcasts it to `[batch, 1, 1, channels]`.
