"""U-Net for photographs with a pretrained backbone and color hints as an additional input."""

import keras
import tensorflow as tf
from keras import layers

from colorkeras.models.backbones import BACKBONES
from colorkeras.models.hint_decoder import WIDTHS, decoder, head
from colorkeras.models.layers import CropLike, PadToMultiple
from colorkeras.models.predictions import PREDICTIONS

BACKBONE, DECODER, HEAD = "backbone", "decoder", "head"
"""Names of the submodels."""

LARGEST_STRIDE = 32
"""Largest stride of the backbone's features; images are padded to a multiple of this size."""

_FROZEN_STRIDE = 8


def hint_unet(
    prediction="hinted_bins", backbone="efficientnet_lite0", widths=None, name="hint_unet"
):
    """Build a backbone, a decoder with attention to hints, and a head.

    The submodels are available as `get_layer(BACKBONE)`, `get_layer(DECODER)` and
    `get_layer(HEAD)`. The backbone's layers up to stride 8 are frozen. Its weights are random until
    `BACKBONES[backbone].load_weights` is called.

    Args:
        prediction: "hinted_bins".
        backbone: Key in `BACKBONES`.
        widths: Number of decoder channels by stride; see `hint_decoder.decoder`.
        name: Name of the model, a key in `ARCHITECTURES`.

    Returns:
        `keras.Model` for images of any size. It maps a list of two inputs to the prediction:

        - grayscale: float32 `[batch, height, width, 1]` in `[0, 1]`;
        - hints: float32 `[batch, height, width, 3]`: Cb and Cr in `[-0.5, 0.5]`, and a mask in
          `[0, 1]` that is 0 where there is no hint.

    Example:

    >>> [tuple(x.shape[1:]) for x in hint_unet().inputs]
    [(None, None, 1), (None, None, 3)]
    """
    widths = widths or WIDTHS
    encoder = BACKBONES[backbone].constructor(name=BACKBONE)
    for layer in keras.Model(encoder.input, encoder.output[str(_FROZEN_STRIDE)]).layers:
        layer.trainable = False
    grayscale = keras.Input((None, None, 1), name="grayscale")
    hints = keras.Input((None, None, 3), name="hints")
    pad = PadToMultiple(LARGEST_STRIDE, dtype="float32")
    padded = pad(grayscale)
    # Backbones expect inputs scaled by `(pixel - 127) / 128`.
    scaled = layers.Rescaling(255 / 128, -127 / 128, dtype="float32")(padded)
    features = encoder(layers.Concatenate(dtype="float32")([scaled] * 3))
    decode = decoder(BACKBONES[backbone].channels, widths, DECODER)
    predicted = head(widths[4], HEAD)(
        decode({"grayscale": padded, "hints": pad(hints), **features})
    )
    outputs = layers.Concatenate(dtype="float32")([predicted["logits"], predicted["points"]])
    outputs = CropLike(PREDICTIONS[prediction].stride, dtype="float32", name=prediction)(
        [outputs, grayscale]
    )
    return keras.Model([grayscale, hints], outputs, name=name)


def backbone_features(network, grayscale):
    """Return the backbone's features for grayscale images.

    Args:
        network: Network from `hint_unet`.
        grayscale: float32 `[batch, h, w, 1]` in `[0, 1]`.

    Returns:
        Dict from stride to the features of the padded images. For example, "8" has shape
        `[batch, 4 ceil(h / 32), 4 ceil(w / 32), channels]`.
    """
    padded = PadToMultiple(LARGEST_STRIDE, dtype="float32")(grayscale)
    return network.get_layer(BACKBONE)(tf.repeat((255 * padded - 127) / 128, 3, axis=-1))
