"""Model cards: the README.md of an export."""

from colorkeras.export import signatures
from colorkeras.export.metadata import CARD_FILE, METADATA_FILE, read_card
from colorkeras.utils.files import RESULTS_BEGIN, RESULTS_END, escape_markdown, write_text

_TEMPLATE = """\
# {name}

This SavedModel colorizes grayscale images. It was exported by colorkeras but requires only
TensorFlow. Its architecture is `{architecture}` ({num_parameters:,} parameters), and its prediction
is `{prediction}`. All computations use float32.

## Endpoints

{endpoints}
`n` is the number of images and may be 0. {sizes}
`colorize_bytes` first converts color images to grayscale. Requests fail with `INVALID_ARGUMENT` if
a rank, size, number of channels or dtype does not match the table.

{sampling}`{metadata_file}` contains the settings and package versions.

```python
import tensorflow as tf

model = tf.saved_model.load("path/to/this/folder")
rgb = model.signatures["serving_default"](grayscale=tf.zeros([1, 32, 32, 1]))["rgb"]
```

{conversion}

## Intended use

The model is intended for viewing grayscale images in color. The colors are plausible guesses, not
the original colors. Do not use them as evidence, and label the images as colorized by software.

## Training data

{dataset}{labels}.
The grayscale inputs were computed from the color images as BT.601 luma,
0.299 R + 0.587 G + 0.114 B. Expect worse colors if the subjects, object sizes or tones of an image
differ from those of the training images.{origin}

## Training

{training}

## Metrics

{begin}
Not measured yet. To measure the model, pass this folder to `colorkeras evaluate --model`.
{end}

## Limitations

{large}- `colorize_bytes` drops transparency and metadata. If one of the files cannot be decoded,
  the whole request fails. Images may have any size, but memory use grows with the size, so reject
  very large files before sending them to the model.
- Pixel values are not validated: NaN inputs result in NaN outputs.
- Objects that come in many colors, such as cars, clothes and birds, may get the wrong color.
  Objects that are rare in the training images are colorized like common ones.
{samples}

## License

The code is licensed under the Apache License 2.0. It is up to you to decide whether the license
terms of the training images apply to the weights.
"""

_SAMPLING = """\
Each `seed` produces a different plausible colorization; the same seed always produces the same one.
A lower `temperature` produces paler colors. Endpoints without these inputs use seed 0 and
temperature {temperature:g}. `colorize_with_confidence` draws several samples, so it takes several
times as long.

"""

_HINTS = """\
`vividness` ranges from 0 (muted colors) to 1 (vivid colors). Endpoints without this input use
{vividness:g}. `hints` assigns colors to positions in the image. Where the mask is above 0.5, the
mean chroma of the output matches the hint. `sample` produces a different plausible colorization for
each `seed`: it draws colors for a few positions from the predicted distribution and uses them as
hints. `colorize_with_reference` transfers colors from the reference image to similar regions of the
grayscale image.

"""

_CONVERSION = {
    False: """\
`colorkeras export` converts the model to ONNX or LiteRT. TensorFlow's own converter,
`tf.lite.TFLiteConverter.from_saved_model`, can also convert the `serving_default` endpoint. If it
reports unsupported operations, allow `tf.lite.OpsSet.SELECT_TF_OPS`.""",
    True: """\
`colorkeras export` converts the model to ONNX or LiteRT. TensorFlow's own converter,
`tf.lite.TFLiteConverter`, cannot convert it with LiteRT's built-in operations alone, because they
do not include TensorFlow's random number generator.""",
}
"""Conversion instructions, keyed by whether the model samples."""

_LARGE = """\
- Objects in large images span more pixels than those in the training images. `colorize_bytes`
  therefore runs the network on a copy with a longer side of {render_size} pixels. For the other
  endpoints, downscale large images yourself.
"""

_AVERAGE = """\
- Where several colors are plausible, the model predicts their average, which is paler than any of
  them."""

_PATCHES = """\
- Colors may be patchy and inconsistent, especially in images that are much larger than the training
  images."""

_GUESSES = """\
- The colors of clothes and paint are guesses. If you know the true color, pass a hint. Small faces
  and crowded scenes get paler and less reliable colors than large objects.
- The color of a hint spreads to similar regions nearby, which may be more or less than the whole
  object."""

_ORIGINS = {
    "CIFAR-10": """

CIFAR-10 (Krizhevsky, 2009) is a subset of 80 Million Tiny Images, which were collected through web
searches. The authors and licenses of the images are unknown.""",
    "photographs": """

Most of these photographs are licensed for non-commercial research only. The pretrained weights of
the encoder, EfficientNet-Lite0, are licensed under the Apache License 2.0.""",
}
"""License information, keyed by a substring of the dataset's name."""

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
    "exported_again_by": "re-exported at commit",
}
"""Labels of the metadata listed in the "Training" section."""


def render(metadata, endpoints, image_size):
    """Render a model card as Markdown.

    Args:
        metadata: Dict with the export's metadata.
        endpoints: Names of the endpoints.
        image_size: Fixed height and width of images in pixels, or None for any size.
    """
    takes_hints = "colorize_with_hints" in endpoints
    samples = "sample" in endpoints and not takes_hints
    # Omit a class loss weight of 0, but not a seed of 0.
    settings = {**metadata, "aux_class_loss_weight": metadata.get("aux_class_loss_weight") or None}
    training = [
        f"- {label}: {'yes' if settings[key] is True else escape_markdown(str(settings[key]))}"
        for key, label in _TRAINING.items()
        if settings.get(key) is not None and settings[key] is not False
    ]
    if image_size is None:
        sizes = "Images may have any size: `h` is the height and `w` the width."
    else:
        sizes = f"The height `h` and the width `w` must be {image_size}."
    return _TEMPLATE.format(
        endpoints=signatures.table(endpoints),
        sizes=sizes,
        sampling=(_HINTS if takes_hints else _SAMPLING if samples else "").format(**metadata),
        metadata_file=METADATA_FILE.as_posix(),
        conversion=_CONVERSION[samples],
        labels=", with class labels" if settings["aux_class_loss_weight"] else "",
        origin="".join(text for name, text in _ORIGINS.items() if name in metadata["dataset"]),
        large=_LARGE.format(**metadata) if image_size is None else "",
        samples=_GUESSES if takes_hints else _PATCHES if samples else _AVERAGE,
        training="\n".join(training) or "Not recorded.",
        begin=RESULTS_BEGIN,
        end=RESULTS_END,
        **metadata,
    )


def update(model):
    """Regenerate an `ExportedModel`'s model card, except for the metrics section."""
    before, _, rest = render(model.metadata, model.endpoints, model.image_size).partition(
        RESULTS_BEGIN
    )
    _, _, after = rest.partition(RESULTS_END)
    _, _, old = read_card(model.path).partition(RESULTS_BEGIN)
    metrics, _, _ = old.partition(RESULTS_END)
    write_text(model.path / CARD_FILE, f"{before}{RESULTS_BEGIN}{metrics}{RESULTS_END}{after}")
