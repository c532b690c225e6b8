"""y = [(log(n + 1) / δ)^α · a(x)]"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.sets.degree_scaler import DegreeScalerPooling

from ..rows import assert_follows, bags

ALPHA = {"identity": 0, "amplification": 1, "attenuation": -1}


def oracle(x: np.ndarray, layer: DegreeScalerPooling) -> np.ndarray:
    degree = np.log(len(x) + 1) / float(layer.delta)
    answers = [degree ** ALPHA[s] * getattr(x, a)(axis=0) for s in layer.scalers for a in layer.aggregators]
    return np.concatenate(answers)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="PNA"),
        pytest.param({"delta": 2.5}, id="another size of bags"),
        pytest.param({"aggregators": ["std", "mean"], "scalers": ["attenuation"]}, id="a choice, in its order"),
    ],
)
def test_follows_the_formula(arguments: dict) -> None:
    layer = DegreeScalerPooling(**arguments, dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


def test_adapts_to_the_size_of_bags() -> None:
    x, mask = bags()
    layer = DegreeScalerPooling(dtype="float64")
    layer.adapt(x, mask)
    sizes = mask.sum(axis=1)
    assert float(layer.delta) == pytest.approx(np.log(sizes[sizes > 0] + 1).mean())
    assert not layer.trainable_weights


def test_in_bags_of_the_usual_size_the_scalers_agree() -> None:
    layer = DegreeScalerPooling()
    x = bags()[0][:1].astype("float32")
    layer.adapt(x)
    first, *others = np.split(np.asarray(layer(x)), 3, axis=-1)
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-6)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param("degree_scaler(aggregators=[mode])", "degree_scaler: aggregators must be", id="unknown"),
        pytest.param("degree_scaler(scalers=[])", "degree_scaler: scalers must be", id="none"),
        pytest.param("degree_scaler(delta=0)", "degree_scaler: delta must be float > 0, not 0", id="δ = 0"),
    ],
)
def test_errors(spec: str, message: str) -> None:
    with pytest.raises(kpool.SpecError, match=message):
        kpool.pool(spec)
