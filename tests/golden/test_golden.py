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
MOST_ULPS = 2


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
    size = np.spacing(np.abs(expected).max(axis=-1, keepdims=True).astype("float32"))
    return float((np.abs(actual.astype("float64") - expected.astype("float64")) / size).max())


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record.parent.name}/{record.stem}")
def test_answers_are_those_of_the_version_that_wrote_it(record: Path) -> None:
    with np.load(record, allow_pickle=False) as arrays:
        kept = dict(arrays)
    given = {name: kept.pop(name) for name in ("x", "mask", "regions") if name in kept}
    answered = write.answers(load(record), given)
    assert answered.keys() == kept.keys()
    for name, expected in kept.items():
        assert answered[name].shape == expected.shape
        assert np.isfinite(expected).all()
        assert ulps(answered[name], expected) <= MOST_ULPS, name


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
