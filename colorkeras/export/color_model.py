"""Runtime-independent interface of exported models."""

import abc
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from colorkeras.config.colorize_options import check_option
from colorkeras.config.validation import shown
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted


@dataclass(frozen=True)
class ColorModel(abc.ABC):
    """An exported model, loaded for inference.

    Attributes:
        path: Path to the export's folder.
        metadata: Contents of `assets.extra/colorkeras.json`.
        engine: Name of the runtime, "LiteRT" or "TensorFlow".
    """

    path: Path
    metadata: dict
    engine: ClassVar[str]

    @property
    @abc.abstractmethod
    def endpoints(self):
        """Names of the endpoints, in the same order as in `signatures.create`."""

    @property
    @abc.abstractmethod
    def image_size(self):
        """Fixed height and width of images in pixels, or None for any size."""

    @property
    def render_size(self):
        """Longer side, in pixels, to which photographs are resized for the network."""
        return self.metadata["render_size"]

    @property
    def max_scale(self):
        """Maximum factor by which images smaller than `render_size` are enlarged."""
        return self.metadata.get("max_scale", 1.0)

    @property
    def samples(self):
        """Whether the model has a `sample` endpoint, whose output differs between seeds."""
        return "sample" in self.endpoints

    @property
    def is_confident(self):
        """Whether the model has a `colorize_with_confidence` endpoint."""
        return "colorize_with_confidence" in self.endpoints

    @property
    def takes_hints(self):
        """Whether the model accepts color hints and reference images."""
        return "colorize_with_hints" in self.endpoints

    @property
    def has_vividness(self):
        """Whether the model has a vividness input."""
        return self.takes_hints

    @abc.abstractmethod
    def color(
        self,
        grayscale,
        seeds=None,
        temperature=None,
        vividness=None,
        hints=None,
        reference=None,
    ):
        """Colorize a batch of images.

        Args:
            grayscale: float32 `[n, h, w, 1]` in [0, 1].
            seeds: int32 `[n]`, one seed per image. If None, models that accept hints return the
                most likely colors, and other models that sample use seed 0. Ignored with hints or a
                reference, and by models that do not sample.
            temperature: float in [0, 1.5] for models with a temperature input; None uses the
                default.
            vividness: float in [0, 1] for models with a vividness input; None uses the default.
            hints: float32 `[n, h, w, 3]` for models that accept hints: Cb and Cr in [-0.5, 0.5],
                and a mask in [0, 1]; or None.
            reference: Color images with similar content, float32 RGB `[n, H, W, 3]` in [0, 1], for
                models that accept hints; or None. Cannot be combined with hints.

        Returns:
            float32 RGB `[n, h, w, 3]` in [0, 1].

        Raises:
            UserError: The model has no temperature or vividness input, or the value is out of
                range.
        """

    @abc.abstractmethod
    def standard_deviation(self, grayscale):
        """Predict the standard deviation of chroma; requires `is_confident`.

        Args:
            grayscale: float32 `[n, h, w, 1]` in [0, 1].

        Returns:
            Joint standard deviation of Cb and Cr, which range from -0.5 to 0.5, NumPy float32
            `[n, h, w, 1]`.
        """

    @abc.abstractmethod
    def color_distribution(self, grayscale, points):
        """Predict the most likely colors at points in images; requires `takes_hints`.

        Args:
            grayscale: float32 `[n, h, w, 1]` in [0, 1].
            points: x and y in pixels, int32 `[n, k, 2]`.

        Returns:
            `(colors, probabilities)`: uint8 RGB `[n, k, 5, 3]`, most likely first, and float32
            `[n, k, 5]`.
        """

    def prepare_distribution(self):  # noqa: B027 (most runtimes need no preparation)
        """Load what `color_distribution` needs, so that its first call is as fast as later ones."""

    def check_vividness(self, vividness):
        """Raise UserError unless the model has a vividness input and the value is in [0, 1]."""
        if not self.has_vividness:
            raise UserError(
                f"vividness {shown(vividness)} for {quoted(self.path)}, which has no such setting",
                "a model with adjustable vividness, such as photo",
                "Omit the vividness or choose another model.",
            )
        check_option("vividness", vividness)

    def check_samples(self, count):
        """Raise UserError unless the model can generate this number of variations."""
        if count > 1 and not self.samples:
            raise UserError(
                f"{count} variations from {quoted(self.path)}, which has only one result per image",
                "a model that can generate variations, such as photo or unet_vivid",
                "Choose another model.",
            )

    def check_temperature(self, temperature):
        """Raise UserError unless the model has a temperature input and the value is in [0, 1.5]."""
        if self.has_vividness:
            raise UserError(
                f"temperature {shown(temperature)} for {quoted(self.path)}, which has a vividness "
                "setting instead",
                "a vividness in [0, 1]",
                "Pass a vividness instead of a temperature.",
            )
        if not self.samples:
            raise UserError(
                f"temperature {shown(temperature)} for {quoted(self.path)}, which has no `sample` "
                "endpoint",
                "a model trained with --objective flow",
                "Omit the temperature or choose another model.",
            )
        check_option("temperature", temperature)
