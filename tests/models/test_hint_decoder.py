"""Tests for the decoder and prediction head of `hint_unet`."""

import keras
import numpy as np
import pytest

from colorkeras.color.chroma_bins import NUM_CHROMA_BINS
from colorkeras.models.backbones import BACKBONES
from colorkeras.models.hint_decoder import SpaceToDepth, Standardize, decoder, head

CHANNELS = {2: 3, 4: 4, 8: 5, 16: 6, 32: 7}
WIDTHS = {4: 8, 8: 8, 16: 8, 32: 8}


def random_inputs(height, width):
    generator = np.random.default_rng(0)
    inputs = {
        "grayscale": generator.random([2, height, width, 1], np.float32),
        "hints": np.zeros([2, height, width, 3], np.float32),
    }
    for stride, channels in CHANNELS.items():
        shape = [2, height // stride, width // stride, channels]
        inputs[str(stride)] = generator.normal(size=shape).astype(np.float32)
    return inputs


@pytest.mark.parametrize("size", [(32, 32), (64, 96)])
def test_decoder_and_head_return_a_quarter_of_the_resolution(size):
    predictions = head(8)(decoder(CHANNELS, WIDTHS)(random_inputs(*size)))
    quarter = (2, size[0] // 4, size[1] // 4)
    assert predictions["logits"].shape == (*quarter, NUM_CHROMA_BINS)
    assert predictions["points"].shape == (*quarter, 4)


def test_a_hint_changes_only_its_image():
    model, inputs = decoder(CHANNELS, WIDTHS), random_inputs(32, 64)
    before = model(inputs).numpy()
    inputs["hints"][1, 8:12, 8:12] = (0.2, -0.1, 1)
    after = model(inputs).numpy()
    np.testing.assert_allclose(after[0], before[0], atol=1e-5)
    assert abs(after[1] - before[1]).max() > 1e-3


@pytest.mark.parametrize("backbone", BACKBONES.values(), ids=BACKBONES)
def test_decoder_accepts_the_features_of_each_backbone(backbone):
    model = decoder(backbone.channels)
    for stride, channels in backbone.channels.items():
        assert model.input[str(stride)].shape[-1] == channels


def test_a_saved_decoder_gives_the_same_features(tmp_path):
    model, inputs = decoder(CHANNELS, WIDTHS), random_inputs(32, 32)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def test_space_to_depth_moves_blocks_into_channels():
    images = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    blocks = SpaceToDepth(2)(images).numpy()
    np.testing.assert_array_equal(blocks[0, 0, 1], images[0, :2, 2:, 0].ravel())
    assert SpaceToDepth(2).compute_output_shape(images.shape) == blocks.shape


def test_standardize_scales_and_shifts_each_channel():
    layer = Standardize()
    layer.build([None, None, None, 2])
    layer.set_weights([np.array([2, 3]), np.array([1, -1])])
    np.testing.assert_array_equal(layer(np.ones([1, 1, 1, 2])), [[[[3, 2]]]])
    assert not layer.trainable_weights
