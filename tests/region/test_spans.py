"""Spans: [start, end) of a sequence; they may overlap, and may be empty."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool.errors import KpoolError, SpecError

rng = np.random.default_rng(0)
X, MASK = rng.normal(size=(2, 9, 4)).astype("float32"), rng.random((2, 9)) < 0.7
SPANS = np.array([[[0, 3], [2, 9], [0, 0]], [[8, 9], [0, 9], [4, 6]]])


@pytest.mark.parametrize("spec", ["spans", "spans(longest=9)"])
def test_a_span_is_its_steps(spec: str) -> None:
    given = kpool.pool(f"mean(over={spec})")(X, mask=MASK, regions=SPANS)
    for row, spans in enumerate(SPANS):
        for i, (start, end) in enumerate(spans):
            bag = X[row, start:end][MASK[row, start:end]]
            np.testing.assert_allclose(given[row, i], bag.mean(0) if len(bag) else np.zeros(4), rtol=1e-6, atol=1e-7)


def test_late_chunks_of_a_document_in_a_model() -> None:
    tokens, spans = keras.Input((None, 4)), keras.Input((None, 2), dtype="int32")
    model = keras.Model([tokens, spans], kpool.head("mean(over=spans) | l2_norm")(tokens, regions=spans))
    assert model.output_shape == (None, None, 4)
    given = model.predict([X, SPANS], verbose=0)
    np.testing.assert_allclose(np.linalg.norm(given, axis=-1), [[1, 1, 0], [1, 1, 1]], rtol=1e-6)


def test_in_a_graph_there_is_room_for_all_steps() -> None:
    layer = kpool.pool("max(over=spans)")
    for jit in (False, True):
        given = tf.function(layer, jit_compile=jit)(X, mask=MASK, regions=SPANS)
        np.testing.assert_array_equal(given, layer(X, mask=MASK, regions=SPANS))


@pytest.mark.parametrize(
    "span", [[0, 10], [3, 2], [-1, 2], [0.5, 2]], ids=["too long", "backwards", "negative", "fraction"]
)
def test_spans_are_within_the_sequence(span: list[float]) -> None:
    with pytest.raises(KpoolError, match="0 ≤ start ≤ end ≤ steps"):
        kpool.pool("mean(over=spans)")(X, regions=np.array([[span], [[0, 1]]]))


def test_where_checks_are_dropped_no_span_reaches_another_example() -> None:
    x = np.stack([np.full((4, 1), 1e6), np.zeros((4, 1))]).astype("float32")
    layer = kpool.pool("mean(over=spans)")
    given = tf.function(layer, jit_compile=True)(x, regions=np.array([[[0, 1]], [[-1, 2]]]))
    np.testing.assert_array_equal(given[:, 0], [[1e6], [0]])


def test_what_spans_look_like() -> None:
    with pytest.raises(SpecError, match=r"whole numbers of shape \(batch, n, 2\), not \(2, 3\)"):
        kpool.pool("mean(over=spans)")(X, regions=SPANS[..., 0])
    with pytest.raises(SpecError, match="cuts sequences"):
        kpool.pool("mean(over=spans)")(X[:, :, None], regions=SPANS)
    with pytest.raises(KpoolError, match="longer than longest=2"):
        kpool.pool("mean(over=spans(longest=2))")(X, regions=SPANS)
