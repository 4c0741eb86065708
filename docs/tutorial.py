"""
# Color images with a U-Net

Train a U-Net that adds color to grayscale images, look at what it learned, and load the result in
plain TensorFlow. Everything runs in about a minute on a laptop, because the data is the small
sample in the package: crops of six photographs. The result shows how training works, not how well
it can work; the last section names the commands for real models.

## Set-up

Install colorkeras from a clone with `pip install -e .`. colorkeras logs what it does under its own
name.
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
## Look at the data

A data set has three splits. The input pipeline yields uint8 RGB and nothing else: the network
gets its grayscale input inside the compiled train step, where `0.299 R + 0.587 G + 0.114 B` turns
color into luma.
"""

dataset = colorkeras.load_dataset("sample")
print(dataset.description)

splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
for name, split in splits.items():
    print(f"{name}: {split.num_examples} images of {split.image_size}x{split.image_size} pixels")


def random_images(split, count):
    """Load random images of a split: uint8 `[count, height, width, 3]`."""
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

`build_network` returns a Keras functional model. By default the network predicts chroma, the Cb
and Cr channels of BT.601, and the output keeps the luma of the input. Height and width are free.

The first convolution folds 2x2 pixels into channels, so that all but the last layer work at half
resolution. Each decoder level receives the encoder features of its own resolution through a skip
connection.
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

`TrainingConfig` has a field for each option of `colorkeras train`. `train` builds the network,
trains it, exports it as a SavedModel, and measures it on the test split. Two epochs on the sample
take seconds.
"""

config = colorkeras.TrainingConfig(arch="unet", dataset="sample", epochs=2, batch_size=64)
run = colorkeras.train(config)

"""
The run folder keeps the settings, the history, the metrics and ten test images. The grayscale
baseline is the input itself: a model that does not beat it has learned nothing.
"""

metrics = run.metrics["metrics"]
baseline = run.metrics["grayscale_baseline"]
for name in ("psnr_pooled", "ciede2000", "colorfulness"):
    print(f"{name:14} model {metrics[name]:6.2f}   grayscale baseline {baseline[name]:6.2f}")

print(sorted(path.name for path in run.folder.iterdir() if not path.name.startswith(".")))

"""
## Load the SavedModel in plain TensorFlow

The export needs neither colorkeras nor Keras. Its default signature maps grayscale images in `[0,
1]` to RGB in `[0, 1]`.
"""

model = tf.saved_model.load(str(run.export_folder))
print(sorted(model.signatures))

"""
## Look at ten images

These come from the test split, whose photographs the network has never seen.
"""

images = random_images(dataset.test, 10)
grayscale = luma(images)
predicted = model.signatures["serving_default"](grayscale=tf.constant(grayscale))["rgb"].numpy()
show({"grayscale input": grayscale, "prediction": predicted, "ground truth": images / 255.0})

"""
After two epochs on a handful of photographs, colors are faint. That is what mean squared error
does under uncertainty: it predicts the mean of all plausible colors.

## What next

Train on CIFAR-10 for about 12 minutes on two CPU cores:

```
python pipelines/train.py --arch unet
```

Train for vivid colors with flow matching, about an hour:

```
python pipelines/train.py --preset vivid
```

Color a photograph with a bundled model:

```
colorkeras colorize grandma.jpg
```

[Train](training.md) explains data, objectives and losses, [TensorBoard](tensorboard.md) shows
runs, and [Evaluate](evaluation.md) defines the metrics.
"""
