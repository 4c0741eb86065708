"""Tests of checkpoints: what they keep, and what happens to a damaged one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.training import checkpoints, optimizers
from colorkeras.training.checkpoints import Position
from colorkeras.training.train_step import Colorizer
from colorkeras.utils.errors import UserError

POSITION = Position(
    num_epochs=3, minutes=1.5, history={"loss": [0.3, 0.2, 1 / 3], "val_loss": [3.0]}, best_epoch=1
)


def make_colorizer(arch="skip_cnn", output="chroma", optimizer="adamw", **sizes):
    networks = [ARCHITECTURES[arch].constructor(output, **sizes) for _ in range(2)]
    config = TrainingConfig(sampling_steps=2, optimizer=optimizer)
    objective = objectives.create(output, config)
    colorizer = Colorizer(*networks, objective, {}, 0.9, AUGMENTATIONS["flip"], seed=0)
    colorizer.compile(optimizer=optimizers.create(config, total_steps=10))
    return colorizer


def take_steps(colorizer, crops, count):
    for _ in range(count):
        colorizer.train_step(tf.constant(crops))
    return colorizer


def state_of(colorizer):
    variables = [
        *colorizer.network.weights,
        *colorizer.average.weights,
        *colorizer.optimizer.variables,
    ]
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


@pytest.fixture(scope="module")
def trained(crops):
    return take_steps(make_colorizer(), crops, 3)


# What has a state of its own: optimizers, and noise, which follows from the number of the step.
@pytest.mark.parametrize(
    "settings",
    [{}, {"optimizer": "muon", "filters": 16}, {"arch": "flow_unet", "output": "velocity"}],
    ids=str,
)
def test_everything_comes_back_and_the_next_step_is_the_same(settings, tmp_path, crops):
    trained = take_steps(make_colorizer(**settings), crops, 3)
    best = [weight + 1 for weight in trained.average.get_weights()]
    checkpoints.save(tmp_path, trained, best, POSITION)
    other = make_colorizer(**settings)
    best_again, position = checkpoints.restore(tmp_path, other)
    assert position == POSITION
    for one, two in zip(best_again, best, strict=True):
        np.testing.assert_array_equal(one, two)
    assert int(other.optimizer.iterations) == 3
    for one, two in zip(state_of(other), state_of(trained), strict=True):
        np.testing.assert_array_equal(one, two)
    for colorizer in (other, trained):
        take_steps(colorizer, crops, 1)
    for one, two in zip(state_of(other), state_of(trained), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_last_two_are_kept_and_the_newest_is_used(trained, tmp_path):
    for number in (1, 2, 9999, 10000):
        position = Position(number, 0.0, {}, 0)
        checkpoints.save(tmp_path, trained, [], position)
    names = sorted(path.name for path in (tmp_path / checkpoints.FOLDER).iterdir())
    assert names == ["epoch-10000.npz", "epoch-9999.npz"]
    assert checkpoints.restore(tmp_path, make_colorizer())[1].num_epochs == 10000


def test_no_checkpoint_is_told(tmp_path):
    assert not checkpoints.exist(tmp_path)
    with pytest.raises(UserError, match="has no checkpoint"):
        checkpoints.restore(tmp_path, make_colorizer())


def damage(path, kind):
    content = bytearray(path.read_bytes())
    if kind == "cut":
        content = content[: len(content) // 2]
    elif kind == "flipped":
        # Inside the first arrays' data, of which the archive knows a checksum.
        content[len(content) // 3] ^= 1
    elif kind == "text":
        content = b"no archive"
    path.write_bytes(content)


@pytest.mark.parametrize("kind", ["cut", "flipped", "text"])
def test_a_damaged_checkpoint_is_told(kind, trained, tmp_path):
    checkpoints.save(tmp_path, trained, trained.average.get_weights(), POSITION)
    (path,) = (tmp_path / checkpoints.FOLDER).iterdir()
    damage(path, kind)
    with pytest.raises(UserError, match="cannot be used"):
        checkpoints.restore(tmp_path, make_colorizer())


@pytest.mark.parametrize("kind", ["cut", "flipped", "text"])
def test_a_damaged_one_gives_way_to_the_one_before(kind, trained, tmp_path):
    for num_steps in (0, 7):
        checkpoints.save(tmp_path, trained, [], Position(3, 0.0, {}, None, num_steps, [1.5, 7.0]))
    newest = tmp_path / checkpoints.FOLDER / "epoch-0003-step-000007.npz"
    damage(newest, kind)
    # Of several workers, only the first one changes files.
    for leads in (False, True):
        assert newest.exists()
        lines = []
        _, position = checkpoints.restore(tmp_path, make_colorizer(), lines.append, leads)
        assert (position.num_epochs, position.num_steps) == (3, 0)
        (line,) = lines
        assert str(newest) in line and "cannot be used" in line
    # It is not the newest one any more, and not lost.
    assert not newest.exists()
    assert newest.with_name(f"{newest.name}.unusable").exists()


@pytest.mark.parametrize("kind", [PermissionError, MemoryError])
def test_a_checkpoint_that_is_not_damaged_is_not_put_aside(kind, trained, tmp_path, monkeypatch):
    path = checkpoints.save(tmp_path, trained, [], POSITION)

    def refuse(*_, **__):
        raise kind(13, "not now")

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises((UserError, MemoryError), match="not now"):
        checkpoints.restore(tmp_path, make_colorizer())
    assert path.exists()


def test_names_are_in_the_order_of_training(trained, tmp_path):
    for num_epochs, num_steps in ((9, 0), (9, 120), (10, 0), (10, 5)):
        checkpoints.save(tmp_path, trained, [], Position(num_epochs, 0.0, {}, 0, num_steps))
    names = sorted(path.name for path in (tmp_path / checkpoints.FOLDER).iterdir())
    assert names == ["epoch-0010-step-000005.npz", "epoch-0010.npz"]
    (tmp_path / checkpoints.FOLDER / ".epoch-0011.1.2.tmp.npz").write_bytes(b"left by a kill")
    assert checkpoints.restore(tmp_path, make_colorizer())[1].num_steps == 5


def test_a_checkpoint_of_another_network_is_told(trained, tmp_path):
    checkpoints.save(tmp_path, trained, [], POSITION)
    with pytest.raises(UserError, match="cannot be used"):
        checkpoints.restore(tmp_path, make_colorizer(filters=5))


def test_pickled_objects_are_refused(tmp_path):
    folder = tmp_path / checkpoints.FOLDER
    folder.mkdir()
    np.savez(folder / "epoch-0001.npz", position=np.array({"num_epochs": 1}, dtype=object))
    with pytest.raises(UserError, match="cannot be used"):
        checkpoints.restore(tmp_path, make_colorizer())
