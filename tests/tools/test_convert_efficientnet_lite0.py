"""Tests for converting public weights. They do not require PyTorch."""

import runpy
from pathlib import Path

import numpy as np

from colorkeras.models.backbones import efficientnet_lite0

TOOL = Path(__file__).resolve().parents[2] / "tools" / "convert_efficientnet_lite0.py"


def published_state(encoder):
    """Return random encoder weights with PyTorch's names and layout."""
    generator = np.random.default_rng(0)
    state = {"_conv_head.weight": np.zeros([8, 320, 1, 1]), "_fc.bias": np.zeros(10)}
    for layer in (layer for layer in encoder.layers if layer.weights):
        block, _, part = layer.name.partition("_")
        number = {"": 0, "expand": 0, "depthwise": 1, "project": 2}[part]
        prefix = f"_blocks.{int(block[5:])}._" if part else "_"
        kernel = generator.normal(size=layer.weights[0].shape).astype(np.float32)
        order = (2, 3, 0, 1) if part == "depthwise" else (3, 2, 0, 1)
        name = f"{part}_conv" if part else "conv_stem"
        state[f"{prefix}{name}.weight"] = kernel.transpose(order)
        channels = layer.weights[1].shape[0]
        for statistic in ("weight", "bias", "running_mean", "running_var"):
            state[f"{prefix}bn{number}.{statistic}"] = generator.uniform(0.5, 2, channels)
        state[f"{prefix}bn{number}.num_batches_tracked"] = np.array(1)
    return state


def test_converted_weights_are_those_that_the_backbone_loads(tmp_path):
    encoder = efficientnet_lite0.encoder()
    state = published_state(encoder)
    arrays = runpy.run_path(str(TOOL))["convert"](state)
    assert all(array.dtype == np.float32 for array in arrays.values())
    np.savez(tmp_path / "weights.npz", **arrays)
    efficientnet_lite0.load_weights(encoder, tmp_path / "weights.npz")
    for name, key, number, order in (
        ("stem", "_conv_stem", "_bn0", (2, 3, 1, 0)),
        ("block03_depthwise", "_blocks.3._depthwise_conv", "_blocks.3._bn1", (2, 3, 0, 1)),
        ("block15_project", "_blocks.15._project_conv", "_blocks.15._bn2", (2, 3, 1, 0)),
    ):
        kernel, bias = encoder.get_layer(name).get_weights()
        scale = state[f"{number}.weight"] / np.sqrt(state[f"{number}.running_var"] + 1e-3)
        scaled = state[f"{key}.weight"] * scale[:, np.newaxis, np.newaxis, np.newaxis]
        np.testing.assert_allclose(kernel, scaled.transpose(order), rtol=1e-5)
        expected = state[f"{number}.bias"] - state[f"{number}.running_mean"] * scale
        np.testing.assert_allclose(bias, expected, rtol=1e-4, atol=1e-6)
