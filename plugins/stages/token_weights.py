"""How often an element counts, by the id of its token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import keras
import numpy as np
from annotated_types import Ge
from keras import ops as kops

from kpool import ops
from kpool.errors import KpoolError
from kpool.ops import Tensor
from kpool.parameters import Count, Positive


def token_weights(
    vocabulary: Count,
    scheme: Literal["sif", "idf"] = "sif",
    a: Positive = 1e-3,
    unknown: Annotated[float, Ge(0)] = 1.0,
    **kwargs: Any,
) -> keras.layers.Layer:
    """Makes of token ids the weights of their tokens; to be passed on as `weights=`, to any pool.

    SIF: w = a / (a + p), p the token's share of all tokens.  IDF: w = log(N / d), of N texts d have it

    With `weigh = kpool.head("token_weights(30522)")`, `pool(x, mask=mask, weights=weigh(ids))` is the weighted mean
    Σ w x / Σ w where the pool is `mean`. Every weight is `unknown` until the layer is told better: `adapt` counts
    tokens in texts, `assign` takes weights that are known. Training does not move them.

    Args:
        vocabulary: How many ids there are, from 0. Ids beyond are unknown.
        scheme: The formula that `adapt` follows.
        a: Of SIF.
        unknown: The weight of a token that was never seen; 0 leaves it out.

    Shape: whole numbers (batch, steps) -> (batch, steps)
    Source: Arora et al. 2017, A Simple but Tough-to-Beat Baseline for Sentence Embeddings, alg. 1, without its
        principal component; Spärck Jones 1972 for IDF.
    """
    return TokenWeights(vocabulary, scheme, a, unknown, **kwargs)


@keras.saving.register_keras_serializable("kpool")
class TokenWeights(keras.layers.Layer):
    """w[id], from a table that no training moves."""

    def __init__(
        self, vocabulary: int, scheme: str = "sif", a: float = 1e-3, unknown: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        self.vocabulary = vocabulary
        self.scheme = scheme
        self.a = a
        self.unknown = unknown

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        first, dtype = keras.initializers.Constant(self.unknown), ops.accumulator(self.compute_dtype)
        self.w = self.add_weight(
            name="w", shape=(self.vocabulary,), initializer=first, dtype=dtype, trainable=False, autocast=False
        )

    def adapt(self, texts: Iterable[Any]) -> None:
        """Take the weights from texts, each the ids of its tokens, without padding; ids beyond the table are passed."""
        seen, texts_with, texts_seen = np.zeros(self.vocabulary), np.zeros(self.vocabulary), 0
        for text in texts:
            ids = np.asarray(text).reshape(-1)
            counts = np.bincount(ids[(ids >= 0) & (ids < self.vocabulary)], minlength=self.vocabulary)
            seen, texts_with, texts_seen = seen + counts, texts_with + (counts > 0), texts_seen + 1
        if not seen.any():
            raise KpoolError("token_weights: adapt was given no token")
        known = seen > 0
        if self.scheme == "sif":
            found = self.a / (self.a + seen / seen.sum())
        else:
            found = np.log(texts_seen / np.where(known, texts_with, 1))
        self._set(np.where(known, found, self.unknown))

    def assign(self, weights: Mapping[int, float]) -> None:
        """Take known weights, by token id; all other tokens are unknown."""
        if any(not 0 <= one < self.vocabulary or not 0 <= w < float("inf") for one, w in weights.items()):
            raise KpoolError(
                f"token_weights: ids go from 0 to {self.vocabulary - 1}, and weights are finite, 0 or more"
            )
        table = np.full(self.vocabulary, self.unknown)
        table[list(weights)] = list(weights.values())
        self._set(table)

    def call(self, inputs: Tensor) -> Tensor:
        ids = kops.cast(inputs, "int32")
        known = kops.logical_and(ids >= 0, ids < self.vocabulary)
        found = kops.take(kops.convert_to_tensor(self.w), kops.where(known, ids, 0), axis=0)
        return kops.where(known, found, kops.cast(self.unknown, found.dtype))

    def compute_output_spec(self, inputs: Tensor) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype=ops.accumulator(self.compute_dtype))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"vocabulary": self.vocabulary, "scheme": self.scheme, "a": self.a, "unknown": self.unknown}
        return {**super().get_config(), **own}

    def _set(self, table: Any) -> None:
        if not self.built:
            self.build((None, None))
        self.w.assign(table)
