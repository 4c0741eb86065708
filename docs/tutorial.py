"""
# Colorize images with a U-Net

This tutorial trains a U-Net that colorizes grayscale images, shows its predictions, and loads the
exported model in plain TensorFlow. It runs in about a minute on a laptop, because it trains on the
small sample dataset in the package: crops from six photographs. This dataset is too small to train
a useful model; the last section lists commands that train one.

## Setup

Install colorkeras from a clone with `pip install -e .`. To see progress messages, set the
`colorkeras` logger to INFO.
"""

import logging

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import colorkeras

logging.basicConfig(format="%(message)s")
logging.getLogger("colorkeras").setLevel(logging.INFO)
print("colorkeras", colorkeras.__version__)

"""
## Inspect the data

A dataset has three splits. The input pipeline yields only uint8 RGB images. The compiled train step
computes the grayscale input from them as the luma `0.299 R + 0.587 G + 0.114 B`.
"""

dataset = colorkeras.load_dataset("sample")
print(dataset.description)

splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
for name, split in splits.items():
    print(f"{name}: {split.num_examples} images of {split.image_size}x{split.image_size} pixels")


def random_images(split, count):
    """Load random images from a split, uint8 `[count, height, width, 3]`."""
    indices = np.random.default_rng(0).choice(split.num_examples, count, replace=False)
    return split.load(tf.constant(indices), tf.constant(0, tf.int64)).numpy()


def luma(images):
    """Convert RGB in `[0, 255]` to grayscale float32 `[batch, height, width, 1]` in `[0, 1]`."""
    return (images / 255.0 @ np.array([0.299, 0.587, 0.114], np.float32)[:, None]).astype("float32")


def show(rows):
    """Plot titled rows of images in `[0, 1]`."""
    columns = len(next(iter(rows.values())))
    _, axes = plt.subplots(len(rows), columns, figsize=(columns, len(rows) * 1.15))
    for line, (title, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(line, images, strict=True):
            axis.imshow(image, cmap="gray", vmin=0, vmax=1)
            axis.axis("off")
        line[0].set_title(title, loc="left", fontsize=9)
    plt.show()


images = random_images(dataset.train, 10)
show({"grayscale input": luma(images), "ground truth": images / 255.0})

"""
## Build the U-Net

`build_network` returns a Keras functional model. By default, the network predicts chroma (the
BT.601 channels Cb and Cr), and the output keeps the luma of the input. Images can have any height
and width.

The first convolution folds blocks of 2x2 pixels into channels, so all layers except the last run at
half resolution. Each decoder level receives the encoder features of the same resolution through a
skip connection.
"""

network = colorkeras.build_network("unet")
print(f"{network.count_params():,} parameters")
print("input ", network.input_shape)
print("output", network.output_shape)

convolutions = [layer for layer in network.layers if layer.__class__.__name__ == "Conv2D"]
for layer in convolutions:
    print(f"{layer.name:12} {layer.output.shape!s:28} {layer.count_params():>8,}")

"""
## Train for two epochs

`TrainingConfig` has one field for each `colorkeras train` option. `train` builds the network,
trains it, exports it as a SavedModel, and evaluates it on the test split. Two epochs on the sample
dataset take a few seconds.
"""

config = colorkeras.TrainingConfig(arch="unet", dataset="sample", epochs=2, batch_size=64)
run = colorkeras.train(config)

"""
The run folder contains the settings, the training history, the metrics and ten test images. The
grayscale baseline is the input itself; a model that does not beat it has learned nothing useful.
"""

metrics = run.metrics["metrics"]
baseline = run.metrics["grayscale_baseline"]
for name in ("psnr_pooled", "ciede2000", "colorfulness"):
    print(f"{name:14} model {metrics[name]:6.2f}   grayscale baseline {baseline[name]:6.2f}")

print(sorted(path.name for path in run.folder.iterdir() if not path.name.startswith(".")))

"""
## Load the SavedModel in plain TensorFlow

Using the export requires neither colorkeras nor Keras. Its default signature maps grayscale images
in `[0, 1]` to RGB images in `[0, 1]`.
"""

model = tf.saved_model.load(str(run.export_folder))
print(sorted(model.signatures))

"""
## Colorize ten images

Colorize ten images from the test split. None of their photographs were used for training.
"""

images = random_images(dataset.test, 10)
grayscale = luma(images)
predicted = model.signatures["serving_default"](grayscale=tf.constant(grayscale))["rgb"].numpy()
show({"grayscale input": grayscale, "prediction": predicted, "ground truth": images / 255.0})

"""
After two epochs on a handful of photographs, the colors are faint. When several colors are
plausible, a network trained with mean squared error predicts their mean, which is pale.

## Next steps

Train on CIFAR-10:

```
python pipelines/train.py --arch unet
```

Train a model with vivid colors using flow matching, which takes about an hour:

```
python pipelines/train.py --preset vivid
```

Colorize a photograph with a bundled model:

```
colorkeras colorize grandma.jpg
```

[Train](training.md) explains data, objectives and losses, [TensorBoard](tensorboard.md) describes
how to inspect runs, and [Evaluate](evaluation.md) defines the metrics.
"""
