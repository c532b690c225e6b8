"""What kpool wrote once it reads for ever, with the same answers; README.md says how."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import kpool

from . import write

HERE = Path(__file__).parent
RECORDS = sorted(HERE.glob("*/*.npz"))
MOST_ULPS = 4
"""Of float32, for chains of several layers: processors add in other orders. The worst was 2.7 from exact, on two."""
SAME = 1e-12
"""In float64, of the largest number in a row: wherever it is added up, closer than any change would be."""


def load(record: Path) -> keras.Model:
    if record.with_suffix(".keras").exists():
        return keras.models.load_model(record.with_suffix(".keras"))
    model = keras.models.model_from_json(record.with_suffix(".json").read_text(encoding="utf-8"))
    model.load_weights(record.with_suffix(".weights.h5"))
    return model


@pytest.mark.parametrize("record", [r for r in RECORDS if r.with_suffix(".keras").exists()], ids=lambda r: r.stem)
def test_the_file_passes_what_a_file_is_looked_through_for(record: Path) -> None:
    assert kpool.load_model(record.with_suffix(".keras")).count_params() >= 0


def ulps(actual: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, in ulps of the largest number in its row."""
    size = np.spacing(np.abs(expected).max(axis=-1, keepdims=True).astype("float32")).astype("float64")
    return float((np.abs(actual.astype("float64") - expected.astype("float64")) / size).max())


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record.parent.name}/{record.stem}")
def test_answers_are_those_of_the_version_that_wrote_it(record: Path) -> None:
    given, kept = contents(record)
    answered = write.answers(load(record), given)
    assert answered.keys() == kept.keys()
    for name, expected in kept.items():
        assert answered[name].shape == expected.shape
        assert ulps(answered[name], expected) <= MOST_ULPS, name


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX has float64 only where all is float64")
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record.parent.name}/{record.stem}")
def test_in_float64_they_are_the_same(record: Path) -> None:
    given, kept = contents(record)
    for name, answered in write.exact_answers(load(record), given).items():
        size = np.abs(kept[name]).max(axis=-1, keepdims=True)
        assert np.isfinite(kept[name]).all()
        assert (np.abs(answered - kept[name]) <= SAME * size).all(), name


def contents(record: Path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What a model was given, and what it answers in float64."""
    with np.load(record, allow_pickle=False) as arrays:
        given = {name: arrays[name] for name in ("x", "mask", "regions") if name in arrays}
        return given, {name: arrays[name] for name in arrays if name not in given}


def test_every_model_of_the_table_is_written() -> None:
    assert {record.stem for record in RECORDS} >= write.MODELS.keys()


def test_every_family_region_and_combinator_is_in_the_table() -> None:
    """Read from what is written, so that a new family or combinator asks for a golden file of its own."""
    seen = " ".join(layer for path in HERE.glob("*/*.keras") for layer in kpool.inspect(path).layers)
    specs = " ".join(spec for path in HERE.glob("*/*.keras") for spec in kpool.inspect(path).specs)
    families = {c.target.split(".")[1] for c in kpool.strategies().values() if c.target.startswith("kpool_plugins.")}
    for family in families:
        classes = {c.target.partition(":")[2] for c in kpool.strategies().values() if f"plugins.{family}." in c.target}
        assert any(f"kpool>{name}" in seen for name in classes), family
    assert all(f"over={region}(" in specs for region in ("pyramid", "segments"))
    assert all(f"kpool>{name}" in seen for name in ("Concat", "Mix", "Add", "MaxOf"))


def test_an_ulp_is_that_of_the_row() -> None:
    row = np.array([[1.0, 0.0]], "float32")
    eps = np.float32(2**-23)
    assert ulps(row, row) == 0
    assert ulps(row + np.array([[2 * eps, 0]], "float32"), row) == 2
    assert ulps(row + np.array([[0, 3 * eps]], "float32"), row) == 3
