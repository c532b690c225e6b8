"""A trial's error is one line, and the same line of several seeds is said once."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kpool import ops
from kpool.lab.complaints import sentence, spans

NODE = "ValueError: Graph execution error:\n\nDetected at node a/b\n\n{}\n\t [[{{{{node a/b}}}}]] [Op:__inference_1]"
ERRORS = {
    "assertion": (NODE.format("assertion failed: [a mask [0, 1] is wrong]"), "a mask [0, 1] is wrong"),
    "assertion-with-values": (NODE.format("assertion failed: [mask: wrong] [[0 0]...]"), "mask: wrong"),
    "node": (NODE.format("Input is not invertible."), "Input is not invertible."),
    "lines": ("\n  MemoryError: no room\nhints", "MemoryError: no room"),
    "empty": ("", "no reason given"),
}


@pytest.mark.parametrize(("error", "said"), ERRORS.values(), ids=ERRORS.keys())
def test_the_sentence_that_says_why(error: str, said: str) -> None:
    assert sentence(error) == said


@pytest.mark.parametrize(
    ("seeds", "said"),
    [([1], "seed 1"), ([0, 1, 2], "seeds 0-2"), ([3, 0, 1], "seeds 0-1, 3")],
    ids=["one", "run", "gap"],
)
def test_seeds_in_few_words(seeds: list[int], said: str) -> None:
    assert spans(seeds) == said


class _Refusing(keras.layers.Layer):
    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        ops.require(inputs > 0, ValueError, "a mask [0, 1] is wrong")
        return inputs


def test_what_tensorflow_makes_of_it() -> None:
    model = keras.Sequential([keras.Input((3,)), _Refusing()])
    with pytest.raises(Exception, match="assertion failed") as caught:
        model.predict(np.zeros((2, 3)), verbose=0)
    assert len(str(caught.value).splitlines()) > 10
    assert sentence(str(caught.value)) == "a mask [0, 1] is wrong"
