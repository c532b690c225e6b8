"""What `kpool.distribute` changes, and what it refuses; tests/machines has workers that train."""

from __future__ import annotations

import keras
import pytest

import kpool
from kpool import workers


def compiled(**options: object) -> keras.Model:
    model = keras.Sequential([keras.Input((None, 4)), kpool.head("mean | dense(2)")])
    model.compile("sgd", "mse", **options)
    return model


def test_one_worker_needs_no_change() -> None:
    model = compiled()
    assert kpool.distribute(model) is model
    assert not {"_make_function", "_maybe_symbolic_build"} & vars(model).keys()


def test_another_keras_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = compiled(jit_compile=False)
    monkeypatch.setattr(workers, "_several_workers", lambda model: True)
    monkeypatch.setattr(keras, "__version__", "3.16.0")
    with pytest.raises(kpool.KpoolError, match=r"mends Keras 3\.15\.x, and this is 3\.16\.0: try fit without it"):
        kpool.distribute(model)
    assert "_make_function" not in vars(model)


def test_what_xla_compiles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_several_workers", lambda model: True)
    with pytest.raises(kpool.KpoolError, match="jit_compile=False"):
        kpool.distribute(compiled(jit_compile=True))


def test_another_backend_has_ways_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    model = compiled()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(kpool.KpoolError, match=r"not for jax; with JAX, keras\.distribution"):
        kpool.distribute(model)
