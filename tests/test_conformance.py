"""Every built-in strategy, put through the kit."""

from __future__ import annotations

import pytest

import kpool
from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

ALONE = [name for name, c in kpool.strategies().items() if c.builtin and c.plugin != "combinators"]

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "attention(heads=2, use_bias=false)",
    "dot_attention(queries=2, values=split, projections=true)",
    "gated_attention(heads=4, use_bias=true)",
    "gem(negatives=error)",
    "gem(negatives=signed)",
    "gem(p=2, trainable=false)",
    "gem(per_channel=true, data_format=channels_first)",
    "lse(trainable=true)",
    "mean(empty_value=-1.0, require_mask=true)",
    "softmax(temperature=-2.0, per_channel=true, trainable=true)",
    "stats(ddof=1)",
    "std(over=window(3, strides=2, padding=same))",
    "top_k(k=0.5)",
    "top_k(k=20)",
]
JOINED = [
    "add(mean, max)",
    "concat(mean, gem | l2_norm, std)",
    "gem | dropout(0.2) | dense(3)",
    "heads(a=mean, b=dense(2) | max)",
    "mix(mean, max)",
]


@pytest.mark.slow
@parametrize_strategies([*ALONE, *(f"{name}(over=window(2))" for name in ALONE), *OTHERWISE, *JOINED])
def test_conformance(conformance: Conformance) -> None:
    conformance()
