"""Model cards: the README.md of an export."""

from colorkeras.export import signatures
from colorkeras.export.metadata import CARD_FILE, METADATA_FILE, read_card
from colorkeras.utils.files import RESULTS_BEGIN, RESULTS_END, escape_markdown, write_text

_TEMPLATE = """\
# {name}

A colorkeras SavedModel that colors grayscale images. Architecture {architecture}
({num_parameters:,} parameters), prediction {prediction}. It computes in float32 and needs
TensorFlow only.

{endpoints}
`n` is any number of images, also 0{sizes}. `colorize_bytes` converts color input to grayscale
first. Requests of another rank, size, number of channels or type fail with `INVALID_ARGUMENT`.
{sampling}Settings and package versions are in `{metadata_file}`.

```python
import tensorflow as tf

model = tf.saved_model.load("path/to/this/folder")
rgb = model.signatures["serving_default"](grayscale=tf.zeros([1, 32, 32, 1]))["rgb"]
```

{conversion}

## Intended use

For viewing grayscale images in color. The colors are plausible guesses, not a record of what was
there: do not use them as evidence, and label the results as colored by a program.

## Training data

{dataset}{labels}.
The grayscale input is BT.601 luma, 0.299 R + 0.587 G + 0.114 B, of the same images. Expect worse
colors for other subjects, sizes of objects and tones.{origin}

## Training

{training}

## Metrics

{begin}
Not measured yet: run `colorkeras evaluate --model` with this folder.
{end}

## Limitations

{large}- `colorize_bytes` drops transparency and metadata. A file that it cannot decode fails the
  whole request. It takes images of any size, and memory grows with them: limit sizes upstream.
- Values are not checked: NaN in the input gives NaN in the output.
- Objects that come in many colors, such as cars, clothes and birds, get one that may be wrong.
  Objects that are rare in the training images are colored like common ones.
{samples}

## License

The program is under the Apache License 2.0. Whether the terms of the training images apply to the
weights is for you to decide.
"""

_SAMPLING = """\
Each `seed` gives another plausible coloring, and the same seed always the same one. Lower values of
`temperature` give paler colors. Endpoints without these inputs use seed 0 and
temperature {temperature:g}. `colorize_with_confidence` draws several samples, and takes several
times as long.
"""

_CONVERSION = {
    False: """\
`colorkeras export` writes ONNX and LiteRT files. TensorFlow's own converter,
`tf.lite.TFLiteConverter.from_saved_model`, takes the endpoint `serving_default`; if it reports
unsupported operations, allow `tf.lite.OpsSet.SELECT_TF_OPS`.""",
    True: """\
`colorkeras export` writes ONNX and LiteRT files. `tf.lite.TFLiteConverter` alone cannot convert
this model: LiteRT has no random numbers.""",
}
"""How to convert the model, by whether it samples."""

_LARGE = """\
- Objects in large images are larger than in the training images. `colorize_bytes` shows the
  network an image whose longer side is {render_size} pixels; for other endpoints, shrink images.
"""

_SAMPLES = {
    False: "- Where several colors are plausible, the result is their average, paler than each.",
    True: """\
- A coloring may combine patches of colors that do not belong together, mostly in images that are
  much larger than the training images.""",
}
"""Limitations by whether the model samples."""

_CIFAR10 = """ CIFAR-10
(Krizhevsky, 2009) is a subset of 80 Million Tiny Images, which were collected by web searches;
their authors and terms are unknown."""

_TRAINING = {
    "preset": "preset",
    "loss": "loss",
    "aux_class_loss_weight": "auxiliary class loss weight",
    "flip_tta": "flip test-time augmentation",
    "init": "initialized from",
    "epochs": "epochs",
    "best_epoch": "exported epoch",
    "minutes": "training time (minutes)",
    "device": "hardware",
    "precision": "precision",
    "optimizer": "optimizer",
    "learning_rate": "peak learning rate",
    "augmentation": "augmentation",
    "seed": "seed",
    "git_commit": "commit",
    "exported_again_by": "exported again at commit",
}
"""Labels of the metadata that the section on training lists, where it is set."""


def render(metadata, endpoints, image_size):
    """Return the model card, Markdown.

    Args:
        metadata: Dict, as in `METADATA_FILE`.
        endpoints: Names of the endpoints.
        image_size: The only height and width of images, in pixels; None if the model takes any.
    """
    samples = "sample" in endpoints
    # A weight of 0 means none, but a seed of 0 is a seed.
    settings = {**metadata, "aux_class_loss_weight": metadata.get("aux_class_loss_weight") or None}
    training = [
        f"- {label}: {'yes' if settings[key] is True else escape_markdown(str(settings[key]))}"
        for key, label in _TRAINING.items()
        if settings.get(key) is not None and settings[key] is not False
    ]
    if image_size is None:
        sizes = ", `h` and `w` any size"
    else:
        sizes = f", h = {image_size}, w = {image_size}"
    return _TEMPLATE.format(
        endpoints=signatures.table(endpoints),
        sizes=sizes,
        sampling=_SAMPLING.format(**metadata) if samples else "",
        metadata_file=METADATA_FILE.as_posix(),
        conversion=_CONVERSION[samples],
        labels=", with their class labels" if settings["aux_class_loss_weight"] else "",
        origin=_CIFAR10 if "CIFAR-10" in metadata["dataset"] else "",
        large=_LARGE.format(**metadata) if image_size is None else "",
        samples=_SAMPLES[samples],
        training="\n".join(training) or "Not recorded.",
        begin=RESULTS_BEGIN,
        end=RESULTS_END,
        **metadata,
    )


def update(model):
    """Write the card of an export again and keep its table of metrics.

    Args:
        model: `saved_model.ExportedModel`.
    """
    before, _, rest = render(model.metadata, model.endpoints, model.image_size).partition(
        RESULTS_BEGIN
    )
    _, _, after = rest.partition(RESULTS_END)
    _, _, old = read_card(model.path).partition(RESULTS_BEGIN)
    metrics, _, _ = old.partition(RESULTS_END)
    write_text(model.path / CARD_FILE, f"{before}{RESULTS_BEGIN}{metrics}{RESULTS_END}{after}")
