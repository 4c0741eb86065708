"""Residual blocks and the U-Net backbone built of them.

The blocks have no batch normalization, which is slow on CPUs. Instead, each block starts as the
identity: the initial weights of its last convolution are zero.

References: He, Zhang, Ren, Sun, "Identity mappings in deep residual networks", ECCV 2016
(pre-activation); Zhang, Dauphin, Ma, "Fixup initialization: residual learning without
normalization", ICLR 2019 (zero initialization).
"""

from keras import layers

from colorkeras.models.layers import DepthToSpace, PadToMultiple

STEM_STRIDE = 2
"""Image pixels per feature of the first level along each axis; chroma is smooth."""


def unet_backbone(grayscale, widths, depths):
    """Residual U-Net at half resolution with global context.

    Args:
        grayscale: Tensor `[batch, height, width, 1]` in `[0, 1]`.
        widths: Channels at 1/2, 1/4, 1/8, ... of height and width.
        depths: Residual blocks of each encoder level; each decoder level has one.

    Returns:
        `(features, summary)`: tensors `[batch, h, w, width]` of each resolution, finest first,
        where h and w are those of the padded image (see `PadToMultiple`); and
        `[batch, widths[-1]]`, the coarsest encoder features averaged over the image.
    """
    x = PadToMultiple(STEM_STRIDE * 2 ** (len(widths) - 1))(grayscale)
    x = layers.Rescaling(4.0, offset=-2.0)(x)  # `[-2, 2]`, the scale of the other features.
    x = convolution(x, widths[0], kernel_size=4, strides=STEM_STRIDE)
    skips = []
    for level, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        if level:
            x = downsample(x, width)
        for _ in range(depth):
            x = residual_block(x)
        skips.append(x)
    summary = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    # Global context: what the image shows determines the colors of its parts.
    context = layers.Dense(widths[-1], activation="relu")(summary)
    x = add_to_all_pixels(x, layers.Dense(widths[-1])(context))
    features = [x]
    for skip in reversed(skips[:-1]):
        x = residual_block(upsample(x, skip))
        features.append(x)
    return features[::-1], summary


def convolution(x, filters, kernel_size=3, strides=1):
    """Apply a convolution with He initialization, for inputs that pass through ReLU."""
    return layers.Conv2D(
        filters, kernel_size, strides=strides, padding="same", kernel_initializer="he_normal"
    )(x)


def residual_block(x, condition=None):
    """Apply a pre-activation residual block of two convolutions.

    Args:
        x: Tensor `[batch, height, width, channels]`.
        condition: Tensor `[batch, k]` whose projection is added between the convolutions, or None.

    Returns:
        Tensor of the shape of `x`; equal to `x` with the initial weights.
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
    """Double height and width, project to the channels of `skip` and add `skip`."""
    x = convolution(layers.ReLU()(x), skip.shape[-1], kernel_size=1)
    # Nearest-neighbor upsampling with fewer operations than Keras' UpSampling2D.
    x = DepthToSpace()(layers.Concatenate()([x] * 4))
    return layers.Add()([x, skip])


def add_to_all_pixels(x, vector):
    """Add a vector `[batch, channels]` to every pixel of `[batch, height, width, channels]`."""
    return layers.Add()([x, vector])  # Keras broadcasts it to `[batch, 1, 1, channels]`.
