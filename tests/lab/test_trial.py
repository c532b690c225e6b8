"""A trial is fair: what is not the head is the same for every head."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from kpool.errors import KpoolError
from kpool.lab import trial
from kpool.lab.dataset import Dataset
from kpool.lab.model import build, gives_probabilities
from kpool.lab.trial import Settings, run

MASKED = Settings(backbone="none", epochs=8, batch_size=8, learning_rate=0.1)


def test_it_learns_past_a_mask_with_nan_behind_it(tokens: Dataset) -> None:
    trained = run("mean | dense(classes)", 0, tokens, MASKED)
    assert trained.trial.test_accuracy == 1
    assert trained.outputs.shape == (8, 2)
    assert trained.trial.parameters == trained.trial.head_parameters == 8
    assert len(trained.trial.history["loss"]) == 8
    assert trained.trial.history["loss"][-1] < trained.trial.history["loss"][0]


def test_a_head_with_a_softmax_of_its_own_learns_as_well(tokens: Dataset) -> None:
    assert run("mean | dense(classes, activation=softmax)", 0, tokens, MASKED).trial.test_accuracy == 1


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("mean | dense(classes)", False),
        ("softmax | dense(classes)", False),
        ("mean | dense(classes, activation=softmax)", True),
        ("mean | dense(classes) | activation(softmax)", True),
    ],
)
def test_probabilities_are_known_from_the_spec(tokens: Dataset, spec: str, expected: bool) -> None:
    assert gives_probabilities(spec, tokens) is expected


HEADS = ("mean | dense(classes)", "concat(mean, max) | dropout(0.5) | dense(classes)")


def test_the_backbone_starts_the_same_for_every_head(images: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    starts: list[list[np.ndarray]] = []

    def start(model: keras.Model, *_: object) -> dict[str, list[float]]:
        starts.append([weight.numpy() for layer in model.layers[:-1] for weight in layer.weights])
        return {"loss": [0.0]}

    monkeypatch.setattr(trial, "_fit", start)
    for spec, seed in ((HEADS[0], 3), (HEADS[1], 3), (HEADS[0], 4)):
        run(spec, seed, images, Settings())
    assert len(starts[0]) == 3 * (1 + 4)
    assert all(np.array_equal(a, b) for a, b in zip(starts[0], starts[1], strict=True))
    assert not np.array_equal(starts[0][0], starts[2][0])


def test_examples_come_in_the_same_order_for_every_head_and_in_another_each_epoch(images: Dataset) -> None:
    seen = [_batches(images, spec) for spec in HEADS]
    assert seen[0] == seen[1]
    first, second = seen[0][:3], seen[0][3:]
    for epoch in (first, second):
        assert sorted(np.concatenate(epoch)) == images.split.train.tolist()
    assert first != second


def test_fewer_examples_are_the_same_for_every_head_and_others_for_another_seed(images: Dataset) -> None:
    first, second, another = (_batches(images, *of) for of in ((HEADS[0], 3, 6), (HEADS[1], 3, 6), (HEADS[0], 4, 6)))
    assert first == second
    assert len(set(np.concatenate(first[:2]))) == 6
    assert set(np.concatenate(first[:2])) != set(np.concatenate(another[:2]))


def test_measures_are_taken(tokens: Dataset) -> None:
    asked = replace(MASKED, measures=("auc",))
    assert run("mean | dense(classes)", 0, tokens, asked).trial.measures == {"auc": 1.0}


def test_a_head_of_another_width_is_told_how_to_end(tokens: Dataset) -> None:
    with pytest.raises(KpoolError, match=r"shape \(None, 3\), and the data has 2 classes; end the spec with `\| dense"):
        build("mean", tokens, "none")


@pytest.mark.parametrize("spec", ["dense(classes)", "mean(over=window(2)) | dense(classes)"], ids=["none", "windows"])
def test_a_head_that_pools_no_whole_input_is_told_how_to_begin(tokens: Dataset, spec: str) -> None:
    with pytest.raises(KpoolError, match=r"nothing in it pools the whole input; begin with `mean \|`, or take over="):
        build(spec, tokens, "none")


def test_several_outputs_are_refused(tokens: Dataset) -> None:
    with pytest.raises(KpoolError, match="has several outputs"):
        build("mean | heads(a=dense(classes), b=dense(3))", tokens, "none")


def test_a_loss_that_is_not_finite_is_an_error(tokens: Dataset) -> None:
    with pytest.raises(KpoolError, match="the loss is not finite; try a lower --learning-rate"):
        run("sum | dense(classes)", 0, replace(tokens, x=np.full_like(tokens.x, 3e38)), MASKED)


class _Watched(Dataset):
    """Writes down which examples are asked for."""

    seen: list[list[int]]

    def inputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        self.__dict__.setdefault("seen", []).append(rows.tolist())
        return super().inputs(rows)


def _batches(dataset: Dataset, spec: str, seed: int = 3, train: int | None = None) -> list[list[int]]:
    """The batches of two epochs; Keras looks at two of them before it starts."""
    watched = _Watched(dataset.name, dataset.x, dataset.y, dataset.classes)
    run(spec, seed, watched, Settings(epochs=2, batch_size=4, train=train))
    return watched.seen[2:8]


def test_with_much_to_pool_training_is_compiled_and_the_model_is_as_any(
    tokens: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = run("gem | dense(classes)", 0, tokens, MASKED)
    compiled: list[bool] = []
    fit = trial._fit

    def seen(model: keras.Model, *rest: Any) -> dict[str, list[float]]:
        compiled.append(model.jit_compile)
        return fit(model, *rest)

    monkeypatch.setattr(trial, "_fit", seen)
    monkeypatch.setattr(trial, "MUCH", 1)
    trained = run("gem | dense(classes)", 0, tokens, MASKED)
    run("gem | dense(classes)", 0, tokens, replace(MASKED, backbone="mlp"))
    assert compiled == [True, False]
    assert not trained.model.jit_compile
    np.testing.assert_allclose(trained.outputs, plain.outputs, rtol=1e-4, atol=1e-5)
