"""One trial: a head, a seed, and what came of training it."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kpool.errors import KpoolError
from kpool.lab import backbones, measures
from kpool.lab.dataset import Dataset
from kpool.lab.model import build, gives_probabilities, parse

TIMED_EXAMPLES, TIMED_RUNS = 256, 10
MUCH = 2**30
"""So many numbers to pool while training are worth compiling, on two cores: for a mean just, for others by far."""
Outputs = NDArray[np.float32]


@dataclass(frozen=True)
class Settings:
    """What all trials of a comparison share.

    `train` is the number of examples to learn from, drawn anew for each seed; None is all of them. `measures` are
    names in `kpool.lab.measures`.
    """

    backbone: str = backbones.CONV
    epochs: int = 12
    batch_size: int = 32
    learning_rate: float = 5e-3
    train: int | None = None
    measures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "measures": list(self.measures)}


@dataclass(frozen=True)
class Trial:
    """The outcome of one head and one seed.

    `parameters` counts the whole model, `head_parameters` the head alone. `ms_per_example` is one prediction by the
    whole model, in a batch of up to 256. `history` holds loss and accuracy on the training examples, epoch by epoch;
    `measures` what the settings ask for, of the test examples.
    """

    spec: str
    seed: int
    parameters: int
    head_parameters: int
    validation_accuracy: float
    test_accuracy: float
    train_seconds: float
    ms_per_example: float
    history: dict[str, list[float]]
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Trained:
    """A trial with its model, and that model's outputs for the test examples."""

    trial: Trial
    model: Any
    outputs: Outputs


def run(spec: str, seed: int, dataset: Dataset, settings: Settings) -> Trained:
    """Train one head from one seed, and judge it on examples that it has not seen.

    The seed sets the backbone's initial weights, the examples to learn from where not all are, and their order: these
    are the same for every head.

    Raises:
        KpoolError: the head does not fit the data, or its loss is not finite.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = build(spec, dataset, settings.backbone)
    batches = _Batches(dataset, dataset.lesson(settings.train, seed), settings.batch_size, seed)
    steps = len(batches) * settings.epochs
    _compile(model, settings, steps, from_logits=not gives_probabilities(spec, dataset))
    plain, model.jit_compile = model.jit_compile, model.jit_compile or _pays(dataset, settings, steps)
    started = time.perf_counter()
    history = _fit(model, batches, settings.epochs)
    seconds = time.perf_counter() - started
    model.jit_compile = plain  # a model as any, not compiled anew for each length of its input
    if not np.isfinite(history["loss"]).all():
        raise KpoolError(f"{spec!r}: the loss is not finite; try a lower --learning-rate")
    return _judge(
        model, dataset, settings, spec=str(parse(spec, dataset)), seed=seed, train_seconds=seconds, history=history
    )


class _Batches(keras.utils.PyDataset):
    """The examples to learn from, in a new order each epoch, the same for all heads.

    Not left to Keras: after `set_random_seed`, `fit` has the same order in every epoch (Keras 3.15, TensorFlow 2.21).
    """

    def __init__(self, dataset: Dataset, lesson: NDArray[np.intp], size: int, seed: int) -> None:
        super().__init__()
        self._dataset, self._lesson, self._size = dataset, lesson, size
        self._random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._rows) // self._size)

    def __getitem__(self, step: int) -> tuple[dict[str, NDArray[Any]], NDArray[np.int32]]:
        rows = self._rows[step * self._size : (step + 1) * self._size]
        return self._dataset.inputs(rows), self._dataset.y[rows]

    def on_epoch_end(self) -> None:
        self._rows = self._random.permutation(self._lesson)


def _compile(model: keras.Model, settings: Settings, steps: int, from_logits: bool) -> None:
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
        metrics=["accuracy"],
        jit_compile="auto" if keras.backend.backend() == "jax" else False,
    )


def _pays(dataset: Dataset, settings: Settings, steps: int) -> bool:
    """Whether TensorFlow's XLA saves more of the training than compiling takes: with much to pool, and no backbone, as
    on CPU dense layers and convolutions take longer there (TF 2.21)."""
    pooled = steps * settings.batch_size * math.prod(dataset.x.shape[1:])
    return keras.backend.backend() == "tensorflow" and settings.backbone == backbones.NONE and pooled >= MUCH


def _fit(model: keras.Model, batches: _Batches, epochs: int) -> dict[str, list[float]]:
    history = model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def _judge(model: keras.Model, dataset: Dataset, settings: Settings, **known: Any) -> Trained:
    validation, test = dataset.split.validation, dataset.split.test
    outputs = predict(model, dataset, test, settings)
    trial = Trial(
        **known,
        parameters=model.count_params(),
        head_parameters=model.layers[-1].count_params(),
        validation_accuracy=_accuracy(predict(model, dataset, validation, settings), dataset.y[validation]),
        test_accuracy=_accuracy(outputs, dataset.y[test]),
        ms_per_example=_ms_per_example(model, dataset.inputs(test[:TIMED_EXAMPLES])),
        measures=measures.taken(settings.measures, dataset, lambda of: predict(model, of, test, settings)),
    )
    return Trained(trial, model, outputs)


def predict(model: keras.Model, dataset: Dataset, rows: NDArray[np.intp], settings: Settings) -> Outputs:
    """The model's outputs, (examples, classes)."""
    outputs: Outputs = model.predict(dataset.inputs(rows), batch_size=settings.batch_size, verbose=0)
    return outputs


def _accuracy(outputs: Outputs, y: NDArray[np.int32]) -> float:
    return float((outputs.argmax(-1) == y).mean())


def _ms_per_example(model: keras.Model, batch: dict[str, NDArray[Any]]) -> float:
    model.predict_on_batch(batch)  # traces
    seconds = []
    for _ in range(TIMED_RUNS):
        started = time.perf_counter()
        model.predict_on_batch(batch)
        seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds) / len(batch["x"])
