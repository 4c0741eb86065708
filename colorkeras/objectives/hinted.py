"""Hinted: the network predicts the distribution, mean and median of chroma, given color hints.

References: Zhang, Isola, Efros, "Colorful image colorization", ECCV 2016 (classification); Zhang et
al., "Real-time user-guided image colorization with learned deep priors", ACM Transactions on
Graphics 36 (SIGGRAPH), 2017 (hints).
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from colorkeras.color import chroma_bins
from colorkeras.color.guided_upsampling import upsample_chroma
from colorkeras.color.honor_hints import honor_hints
from colorkeras.color.resampling import upsample
from colorkeras.color.spaces import luma_chroma_to_rgb
from colorkeras.objectives import hinted_loss
from colorkeras.objectives.classification import priors_metadata
from colorkeras.objectives.color_distribution import likeliest_colors
from colorkeras.objectives.hint_sampling import draw_numbers, sample_hints
from colorkeras.objectives.hinted_loss import STRIDE
from colorkeras.objectives.objective import HintFunctions, Objective
from colorkeras.objectives.reference_hints import downscale_references, reference_hints
from colorkeras.objectives.vividness import DEFAULT_VIVIDNESS, decode_chroma

RENDER_SIZE = 256
"""Longer side, in pixels, to which photographs are resized for the network."""

MAX_SCALE = 1.5
"""Maximum factor by which smaller photographs are enlarged for the network."""


def hinted(prediction, settings, source=None, priors=None):
    """Create the objective for the "hinted_bins" prediction.

    Args:
        prediction: "hinted_bins".
        settings: Ignored.
        source: `Source` of training images, for computing the priors; None for inference.
        priors: Chroma bin frequencies; None computes them from `source`.

    Returns:
        `Objective`.

    Raises:
        UserError: All training images are gray.
    """
    del prediction, settings
    if priors is None and source is not None:
        priors = hinted_loss.count_priors(source)
    colorizer = HintedColorizer(np.log(hinted_loss.class_weights(priors)))
    return Objective(
        description="cross entropy, mean and median, with hints",
        target=hinted_loss.target,
        # Create the loss on demand: its table is slow to compute and not needed for inference.
        loss=lambda target, predicted: hinted_loss.make_loss(priors)(target, predicted),
        colorize=colorizer.colorize,
        standard_deviation=colorizer.standard_deviation,
        hint_functions=HintFunctions(
            colorizer.colorize_with_hints,
            colorizer.sample,
            colorizer.sample_from_numbers,
            colorizer.color_distribution,
            colorizer.colorize_with_reference,
            reference_hints,
        ),
        metadata={
            "vividness": DEFAULT_VIVIDNESS,
            "render_size": RENDER_SIZE,
            "max_scale": MAX_SCALE,
            **priors_metadata(priors),
        },
    )


@dataclass(frozen=True)
class HintedColorizer:
    """Decoder for networks that predict "hinted_bins".

    Attributes:
        log_weights: Logarithms of the class weights, float32 `[NUM_CHROMA_BINS]`.
    """

    log_weights: np.ndarray

    def colorize(self, network, grayscale, seeds=None, temperature=None):
        """Colorize images without hints, at the default vividness; see `Objective.colorize`."""
        del seeds, temperature
        return self.colorize_with_hints(network, grayscale, None, DEFAULT_VIVIDNESS)

    def colorize_with_hints(self, network, grayscale, hints, vividness):
        """Colorize images with hints; see `HintFunctions.colorize`."""
        chroma = self._chroma(network, grayscale, hints, vividness)
        if hints is not None:
            chroma = honor_hints(chroma, hints)
        return luma_chroma_to_rgb(grayscale, chroma)

    def sample(self, network, grayscale, seeds, vividness):
        """Colorize images with hints drawn from the network's predictions; see `HintFunctions`."""
        return self.sample_from_numbers(network, grayscale, draw_numbers(seeds), vividness)

    def sample_from_numbers(self, network, grayscale, numbers, vividness):
        """Colorize images like `sample`, but from given random numbers; see `HintFunctions`."""

        def predict_logits(hints):
            return predict(network, grayscale, hints)["logits"]

        hints = sample_hints(predict_logits, self.log_weights, grayscale, numbers)
        # Do not enforce these hints exactly, because the network's own predictions are more
        # coherent.
        return luma_chroma_to_rgb(grayscale, self._chroma(network, grayscale, hints, vividness))

    def colorize_with_reference(self, network, grayscale, reference, vividness):
        """Colorize images using the colors of reference images; see `HintFunctions`."""
        hints = reference_hints(network, grayscale, downscale_references(reference))
        return self.colorize_with_hints(network, grayscale, hints, vividness)

    def color_distribution(self, network, grayscale, points):
        """Return the most likely colors at the given points; see `HintFunctions`."""
        places = tf.reverse(points, axis=[-1])
        logits = predict(network, grayscale)["logits"] - self.log_weights
        logits = tf.gather_nd(logits, places // STRIDE, batch_dims=1)
        luma = tf.gather_nd(grayscale, places, batch_dims=1)
        return likeliest_colors(tf.nn.softmax(logits), luma)

    def _chroma(self, network, grayscale, hints, vividness):
        predictions = predict(network, grayscale, hints)
        chroma = decode_chroma(predictions, self.log_weights, vividness)
        return upsample_chroma(grayscale, chroma, STRIDE)

    def standard_deviation(self, network, grayscale):
        """Return the standard deviation of chroma without class rebalancing; see `Objective`."""
        logits = predict(network, grayscale)["logits"] - self.log_weights
        return upsample(chroma_bins.standard_deviation(logits), grayscale, STRIDE)


def predict(network, grayscale, hints=None):
    """Return the network's predictions.

    Args:
        network: Network that predicts "hinted_bins".
        grayscale: float32 `[batch, h, w, 1]` in `[0, 1]`.
        hints: float32 `[batch, h, w, 3]`; None for no hints.

    Returns:
        Dict with "logits" and "points"; see `hint_decoder.head`.
    """
    grayscale = tf.convert_to_tensor(grayscale)
    if hints is None:
        hints = tf.zeros_like(tf.repeat(grayscale, 3, axis=-1))
    predicted = network([grayscale, hints], training=False)
    num_bins = chroma_bins.NUM_CHROMA_BINS
    return {"logits": predicted[..., :num_bins], "points": predicted[..., num_bins:]}
