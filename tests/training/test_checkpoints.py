"""Tests for checkpoint content and damaged checkpoints."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.training import checkpoints, optimizers
from colorkeras.training.checkpoints import Position
from colorkeras.training.train_step import TrainingModel
from colorkeras.utils.errors import UserError

POSITION = Position(
    num_epochs=3, minutes=1.5, history={"loss": [0.3, 0.2, 1 / 3], "val_loss": [3.0]}, best_epoch=1
)


def make_model(arch="skip_cnn", output="chroma", optimizer="adamw", **sizes):
    networks = [ARCHITECTURES[arch].constructor(output, **sizes) for _ in range(2)]
    config = TrainingConfig(sampling_steps=2, optimizer=optimizer, ema_decay=0.9)
    model = TrainingModel(*networks, objectives.create(output, config), config)
    model.compile(optimizer=optimizers.create(config, total_steps=10))
    return model


def take_steps(model, crops, count):
    for _ in range(count):
        model.train_step(tf.constant(crops))
    return model


def state_of(model):
    variables = [
        *model.network.weights,
        *model.ema_network.weights,
        *model.optimizer.variables,
    ]
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


@pytest.fixture(scope="module")
def trained(crops):
    return take_steps(make_model(), crops, 3)


# These cases cover all state: the optimizers, and noise that depends on the step number.
@pytest.mark.parametrize(
    "settings",
    [{}, {"optimizer": "muon", "filters": 16}, {"arch": "flow_unet", "output": "velocity"}],
    ids=str,
)
def test_state_is_restored_and_the_next_step_is_the_same(settings, tmp_path, crops):
    trained = take_steps(make_model(**settings), crops, 3)
    best = [weight + 1 for weight in trained.ema_network.get_weights()]
    checkpoints.save(tmp_path, trained, best, POSITION)
    other = make_model(**settings)
    best_again, position, notices = checkpoints.restore(tmp_path, other)
    assert (position, notices) == (POSITION, [])
    for one, two in zip(best_again, best, strict=True):
        np.testing.assert_array_equal(one, two)
    assert int(other.optimizer.iterations) == 3
    for one, two in zip(state_of(other), state_of(trained), strict=True):
        np.testing.assert_array_equal(one, two)
    for model in (other, trained):
        take_steps(model, crops, 1)
    for one, two in zip(state_of(other), state_of(trained), strict=True):
        np.testing.assert_array_equal(one, two)


def test_last_two_are_kept_and_the_newest_is_used(trained, tmp_path):
    for number in (1, 2, 9999, 10000):
        position = Position(number, 0.0, {}, 0)
        checkpoints.save(tmp_path, trained, [], position)
    names = sorted(path.name for path in (tmp_path / checkpoints.FOLDER).iterdir())
    assert names == ["epoch-10000.npz", "epoch-9999.npz"]
    assert checkpoints.restore(tmp_path, make_model())[1].num_epochs == 10000


def test_missing_checkpoint_is_refused(tmp_path):
    assert not checkpoints.exist(tmp_path)
    with pytest.raises(UserError, match="no checkpoint was found"):
        checkpoints.restore(tmp_path, make_model())


def damage(path, kind):
    content = bytearray(path.read_bytes())
    if kind == "cut":
        content = content[: len(content) // 2]
    elif kind == "flipped":
        # Damage the data of the first arrays, which the archive's checksums cover.
        content[len(content) // 3] ^= 1
    elif kind == "text":
        content = b"not an archive"
    path.write_bytes(content)


@pytest.mark.parametrize("kind", ["cut", "flipped", "text"])
def test_damaged_checkpoint_is_refused(kind, trained, tmp_path):
    checkpoints.save(tmp_path, trained, trained.ema_network.get_weights(), POSITION)
    (path,) = (tmp_path / checkpoints.FOLDER).iterdir()
    damage(path, kind)
    with pytest.raises(UserError, match="cannot be used"):
        checkpoints.restore(tmp_path, make_model())


@pytest.mark.parametrize("kind", ["cut", "flipped", "text"])
def test_checkpoint_before_a_damaged_one_is_used(kind, trained, tmp_path):
    for num_steps in (0, 7):
        checkpoints.save(tmp_path, trained, [], Position(3, 0.0, {}, None, num_steps, [1.5, 7.0]))
    newest = tmp_path / checkpoints.FOLDER / "epoch-0003-step-000007.npz"
    damage(newest, kind)
    # With several workers, only the chief changes files.
    for is_chief in (False, True):
        assert newest.exists()
        _, position, notices = checkpoints.restore(tmp_path, make_model(), is_chief)
        assert (position.num_epochs, position.num_steps) == (3, 0)
        (notice,) = notices
        assert str(newest) in notice and "cannot be used" in notice
    assert not newest.exists()
    assert newest.with_name(f"{newest.name}.unusable").exists()


@pytest.mark.parametrize("kind", [PermissionError, MemoryError])
def test_intact_checkpoint_that_cannot_be_read_is_not_renamed(kind, trained, tmp_path, monkeypatch):
    path = checkpoints.save(tmp_path, trained, [], POSITION)

    def refuse(*_, **__):
        raise kind(13, "not now")

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises((UserError, MemoryError), match="not now"):
        checkpoints.restore(tmp_path, make_model())
    assert path.exists()


def test_names_sort_in_the_order_of_training(trained, tmp_path):
    for num_epochs, num_steps in ((9, 0), (9, 120), (10, 0), (10, 5)):
        checkpoints.save(tmp_path, trained, [], Position(num_epochs, 0.0, {}, 0, num_steps))
    names = sorted(path.name for path in (tmp_path / checkpoints.FOLDER).iterdir())
    assert names == ["epoch-0010-step-000005.npz", "epoch-0010.npz"]
    (tmp_path / checkpoints.FOLDER / ".epoch-0011.1.2.tmp.npz").write_bytes(b"left by a kill")
    assert checkpoints.restore(tmp_path, make_model())[1].num_steps == 5


def test_checkpoint_of_another_network_is_refused(trained, tmp_path):
    checkpoints.save(tmp_path, trained, [], POSITION)
    with pytest.raises(UserError, match="cannot be used"):
        checkpoints.restore(tmp_path, make_model(filters=5))


def test_pickled_objects_are_refused(tmp_path):
    folder = tmp_path / checkpoints.FOLDER
    folder.mkdir()
    np.savez(folder / "epoch-0001.npz", position=np.array({"num_epochs": 1}, dtype=object))
    with pytest.raises(UserError, match="cannot be used"):
        checkpoints.restore(tmp_path, make_model())
