"""SavedModels that any TensorFlow program loads without colorkeras or Keras."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from colorkeras.color.guided_upsampling import RENDER_SIZE
from colorkeras.config.colorize_options import check_option
from colorkeras.config.settings import shown
from colorkeras.export import bundled, checksums, signatures
from colorkeras.export.metadata import (
    FORMAT_VERSION,
    METADATA_FILE,
    README_FILE,
    explain_load_errors,
    read_metadata,
)
from colorkeras.models.predictions import prediction_name
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import (
    RESULTS_BEGIN,
    RESULTS_END,
    escape_markdown,
    write_json,
    write_next_version,
    write_text,
)

_README = """\
# {name}

A colorkeras SavedModel: {architecture} ({num_parameters:,} parameters), prediction {prediction}. It
computes in float32 and needs TensorFlow only.

{endpoints}
`n` is any number{sizes}. `colorize_bytes` turns colored input gray first.{sampling}
The settings and versions behind this export are in `{metadata_file}`.

```python
import tensorflow as tf

model = tf.saved_model.load("path/to/this/folder")
rgb = model.signatures["serving_default"](grayscale=tf.zeros([1, 32, 32, 1]))["rgb"]
```

## Intended use

For people who want to see gray pictures in color. The colors are plausible guesses and no record of
what was there: they are no evidence, and a picture should say that a program colored it.

## Data

Trained on {dataset}{labels}.
The grayscale input is luma, 0.299 R + 0.587 G + 0.114 B, of the same pictures. Pictures that differ
from these in subject, size of things or tone are colored worse.{origin}

## Training

{training}

## Figures

{begin}
Not measured yet: `colorkeras evaluate --model` and this folder.
{end}

## Limits

{large}- `colorize_bytes` drops transparency and metadata. One file that it cannot read fails the
  whole call, and it refuses no size: limit that before, as memory grows with it.
- Values are not checked: NaN comes out as NaN.

## Failures

Things that come in many colors, such as cars, clothes and birds, get one that may be wrong; what
the training pictures rarely show is colored like what they show often.
{failures}

## License

The program that made it is under the Apache License 2.0. Whether terms of the training pictures
bear on the weights is for their user to judge.
"""


_SAMPLING = """
Another seed gives another plausible version, the same seed the same one; a lower temperature gives
paler colors. The endpoints without a seed take seed 0 and temperature {temperature:g};
`colorize_with_confidence` draws more versions, and takes several times as long."""

_LARGE = """\
- Things in large pictures are larger than those it learned from. `colorize_bytes` shows it a
  version whose longer side has {render_size} pixels; make pictures small for the other endpoints.
"""

_FAILURES = {
    False: """Where several colors are plausible it takes one between them, paler than any.""",
    True: """A version may put patches of colors side by side that do not belong together, before
all in pictures much larger than those it learned from.""",
}
"""What the card says of models, by whether they sample."""

_CIFAR10 = """ CIFAR-10 (Krizhevsky,
2009) is a part of 80 Million Tiny Images, which web searches had found; authors and terms of the
pictures are not known."""

_TRAINING = {
    "preset": "preset",
    "loss": "objective",
    "aux_class_loss_weight": "weight of labels in it",
    "flip_tta": "looks at the mirror image as well",
    "init": "started from",
    "epochs": "epochs",
    "best_epoch": "exported epoch",
    "minutes": "minutes",
    "device": "on",
    "precision": "in",
    "optimizer": "optimizer",
    "learning_rate": "peak of the learning rate",
    "augmentation": "augmentation",
    "seed": "seed",
    "git_commit": "commit",
    "exported_again_by": "exported again by commit",
}
"""What the card says of each key of the metadata that is set."""


def export(network, objective, parent, metadata):
    """Writes `parent/<n>`, a SavedModel with the endpoints of `signatures.create`.

    Args:
        network: A float32 model from `build_network`, without a class head.
        objective: The `Objective` that it was trained for.
        parent: Folder of the numbered versions of one model.
        metadata: Dict for `assets.extra/colorkeras.json` that names at least "name" and
            "dataset"; what the network and the objective themselves tell is added.

    Returns:
        `Path` of the new version.
    """
    metadata = {
        "format_version": FORMAT_VERSION,
        "name": metadata["name"],
        "architecture": network.name,
        "prediction": prediction_name(network),
        "num_parameters": network.count_params(),
        "render_size": RENDER_SIZE,
        **metadata,
        **objective.metadata,
    }
    offered = signatures.create(network, objective, metadata["render_size"])

    def write(folder):
        # The endpoints track the variables that they use; `track` would store each once more.
        archive = keras.export.ExportArchive()
        for name, (function, signature) in offered.items():
            archive.add_endpoint(name, function, signature)
        archive.write_out(str(folder), verbose=False)
        write_json(folder / METADATA_FILE, metadata)
        write_text(folder / README_FILE, _readme(network, objective, offered, metadata))
        checksums.write_checksums(folder)

    return write_next_version(parent, write)


def _readme(network, objective, offered, metadata):
    _, height, width, _ = network.inputs[0].shape
    # A weight of 0 is none, a seed of 0 is one.
    settings = {**metadata, "aux_class_loss_weight": metadata.get("aux_class_loss_weight") or None}
    facts = {text: settings.get(key) for key, text in _TRAINING.items()}
    training = [
        f"- {text}: {'yes' if value is True else escape_markdown(str(value))}"
        for text, value in facts.items()
        if value is not None and value is not False
    ]
    return _README.format(
        endpoints=signatures.table(offered),
        sizes=", h and w are any size" if height is None else f", h = {height}, w = {width}",
        sampling=_SAMPLING.format(temperature=objective.temperature)
        if objective.is_stochastic
        else "",
        metadata_file=METADATA_FILE.as_posix(),
        labels=", and on what they show" if metadata.get("aux_class_loss_weight") else "",
        origin=_CIFAR10 if "CIFAR-10" in metadata["dataset"] else "",
        large=_LARGE.format(**metadata) if height is None else "",
        failures=_FAILURES[objective.is_stochastic],
        training="\n".join(training) or "Not recorded.",
        begin=RESULTS_BEGIN,
        end=RESULTS_END,
        **metadata,
    )


@dataclass(frozen=True)
class ExportedModel:
    """A SavedModel that `export` wrote, ready to color.

    Attributes:
        path: Its folder.
        metadata: What `assets.extra/colorkeras.json` says.
        saved_model: What `tf.saved_model.load` returned; it keeps the variables alive.
    """

    path: Path
    metadata: dict
    saved_model: Any

    @property
    def signature(self):
        """The function behind the endpoint `serving_default`."""
        return self.saved_model.signatures["serving_default"]

    @property
    def image_size(self):
        """The only height of pictures that it takes; None for any."""
        _, inputs = self.signature.structured_input_signature
        return inputs["grayscale"].shape[1]

    @property
    def render_size(self):
        """Pixels of the longer side of what it sees of photographs, see `full_resolution`."""
        return self.metadata.get("render_size", RENDER_SIZE)

    @property
    def samples(self):
        """Whether another seed gives another plausible version: it has the endpoint `sample`."""
        return "sample" in self.saved_model.signatures

    @property
    def is_confident(self):
        """Whether it tells how sure it is: it has the endpoint `colorize_with_confidence`."""
        return "colorize_with_confidence" in self.saved_model.signatures

    def color(self, grayscale, seeds=None, temperature=None):
        """Colors pictures.

        Args:
            grayscale: float32 `[n, h, w, 1]` in 0..1.
            seeds: int32 `[n]`, one for each picture, for models that sample; others ignore it.
                None takes what the endpoint `serving_default` takes.
            temperature: float in 0..1.5 for models that sample, None for their default.

        Returns:
            float32 RGB `[n, h, w, 3]` in 0..1.

        Raises:
            UserError: A temperature out of range, or for a model that does not sample.
        """
        grayscale = tf.convert_to_tensor(grayscale)
        if temperature is not None:
            self.check_temperature(temperature)
        if not self.samples or (seeds is None and temperature is None):
            return self.signature(grayscale=grayscale)["rgb"]
        return self.saved_model.signatures["sample"](
            grayscale=grayscale,
            seed=tf.constant(0) if seeds is None else tf.cast(seeds, tf.int32),
            temperature=tf.constant(
                self.metadata["temperature"] if temperature is None else temperature, tf.float32
            ),
        )["rgb"]

    def check_temperature(self, temperature):
        """Raises UserError unless the model samples and the temperature is in 0..1.5."""
        if not self.samples:
            raise UserError(
                f"temperature {shown(temperature)} for {str(self.path)!r}, without endpoint "
                "`sample`",
                "a model that was trained with --objective flow",
                "Leave the temperature away, or choose another model.",
            )
        check_option("temperature", temperature)


def load(path):
    """Loads a SavedModel that `export` wrote. A SavedModel is a program: load only what you trust.

    Args:
        path: Folder of one version.

    Returns:
        `ExportedModel`.

    Raises:
        UserError: There is none, it was not written by colorkeras, or it is damaged.
    """
    path = Path(path)
    metadata = read_metadata(path)
    checksums.verify(path, required=bundled.is_bundled(path))
    with explain_load_errors(path):
        model = ExportedModel(path, metadata, tf.saved_model.load(str(path)))
        if "serving_default" not in model.saved_model.signatures:
            raise ValueError("it has no endpoint serving_default")
    return model
