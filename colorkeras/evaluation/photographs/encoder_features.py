"""Features of photographs from a pretrained encoder, for the Frechet distance."""

import tensorflow as tf

from colorkeras.models.backbones import BACKBONES

BACKBONE, STRIDE = "efficientnet_lite0", "32"


def load_encoder(weights_file):
    """Load the pretrained encoder as a function from images to features.

    Args:
        weights_file: `.npz` file with ImageNet weights for `BACKBONE`.

    Returns:
        Function that maps an image, uint8 `[h, w, 3]`, to its features at `STRIDE`, averaged over
        all positions, float32 `[k]`.

    Raises:
        UserError: The file does not contain weights for `BACKBONE`.
    """
    backbone = BACKBONES[BACKBONE]
    model = backbone.constructor()
    backbone.load_weights(model, weights_file)

    @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)], autograph=False)
    def features(image):
        rgb = (tf.cast(image, tf.float32)[tf.newaxis] - 127.0) / 128.0
        return tf.reduce_mean(model(rgb)[STRIDE][0], axis=[0, 1])

    return lambda image: features(image).numpy()
