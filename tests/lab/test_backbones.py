"""A backbone either fits the data or says why it does not."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from kpool.errors import KpoolError
from kpool.lab import backbones
from kpool.lab.dataset import Dataset
from kpool.lab.reload import reload_difference
from kpool.lab.trial import Settings, run


def saved(folder: Path, *layers: keras.layers.Layer) -> str:
    path = folder / "backbone.keras"
    keras.Sequential([keras.Input((8, 8, 1)), *layers]).save(path)
    return str(path)


@pytest.mark.parametrize(("side", "grid"), [(8, 8), (17, 9), (64, 16)])
def test_conv_leaves_a_grid_to_pool(side: int, grid: int) -> None:
    assert backbones.features("conv", keras.Input((side, side, 3))).shape == (None, grid, grid, 32)


def test_none_leaves_everything_as_it_is() -> None:
    inputs = keras.Input((5, 3))
    assert backbones.features("none", inputs) is inputs


def test_cyclic_conv_shifts_with_its_input() -> None:
    inputs = keras.Input((12, 12, 1))
    model = keras.Model(inputs, backbones.features("cyclic_conv", inputs))
    x = np.random.default_rng(0).normal(size=(2, 12, 12, 1)).astype("float32")
    shifted = model(np.roll(x, (5, 3), (1, 2)))
    np.testing.assert_allclose(shifted, np.roll(model(x), (5, 3), (1, 2)), atol=1e-5)


def test_mlp_sees_each_element_by_itself_and_none_that_does_not_count(tokens: Dataset) -> None:
    inputs, mask = keras.Input((6, 3)), keras.Input((6,), dtype="bool")
    model = keras.Model([inputs, mask], backbones.features("mlp", inputs, mask))
    backwards = model([tokens.x[:, ::-1], tokens.mask[:, ::-1]])
    np.testing.assert_allclose(backwards[:, ::-1], model([tokens.x, tokens.mask]), atol=1e-6)
    assert np.isfinite(backwards).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp", "cyclic_conv"])
def test_a_backbone_loads_again(name: str, tokens: Dataset, images: Dataset, tmp_path: Path) -> None:
    dataset = tokens if name == "mlp" else images
    trained = run("mean | dense(classes)", 0, dataset, Settings(name, 1, 8))
    assert np.isfinite(trained.outputs).all()
    trained.model.save(tmp_path / "a.keras")
    assert reload_difference(tmp_path / "a.keras", trained.outputs, dataset, 8) <= 1e-6


def test_conv_takes_images_only(images: Dataset) -> None:
    flat = Dataset("flat", images.x[:, :, :, 0], images.y, images.classes)
    with pytest.raises(KpoolError, match=r"conv takes images.*\(20, 8, 8\); use --backbone none"):
        backbones.check("conv", flat)


def test_a_mask_means_nothing_behind_a_backbone(tokens: Dataset) -> None:
    with pytest.raises(KpoolError, match="use --backbone none"):
        backbones.check("conv", tokens)


def test_no_such_file(images: Dataset) -> None:
    with pytest.raises(KpoolError, match=r"no backbone 'cnov'; give none, mlp, conv, cyclic_conv or the path"):
        backbones.check("cnov", images)


def test_a_file_that_is_no_model(tmp_path: Path, images: Dataset) -> None:
    (tmp_path / "a.keras").write_text("no zip")
    with pytest.raises(KpoolError, match=r"a\.keras"):
        backbones.check(str(tmp_path / "a.keras"), images)


def test_a_model_with_nothing_left_to_pool(tmp_path: Path, images: Dataset) -> None:
    with pytest.raises(KpoolError, match="with nothing left to pool"):
        backbones.check(saved(tmp_path, keras.layers.Flatten()), images)


def test_a_model_for_other_data(tmp_path: Path, images: Dataset) -> None:
    larger = Dataset("larger", np.zeros((20, 9, 9, 1), np.float32), images.y, images.classes)
    with pytest.raises(KpoolError, match=r"takes examples of shape \(8, 8, 1\); those of larger have \(9, 9, 1\)"):
        backbones.check(saved(tmp_path, keras.layers.Conv2D(2, 3)), larger)


def test_a_models_weights_stay(tmp_path: Path, images: Dataset) -> None:
    name = saved(tmp_path, keras.layers.Conv2D(2, 3), keras.layers.BatchNormalization())
    backbones.check(name, images)
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, backbones.features(name, inputs))
    assert not model.trainable_variables
    assert np.array_equal(model(images.x, training=True), model(images.x, training=False))
