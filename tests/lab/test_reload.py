"""A saved model that does not load, or answers differently, is found out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset
from kpool.lab.reload import reload_difference
from kpool.lab.trial import Settings, run


@pytest.mark.slow
def test_a_model_that_answers_differently(tokens: Dataset, tmp_path: Path) -> None:
    trained = run("mean | dense(classes)", 0, tokens, Settings("none", 1, 8))
    trained.model.save(tmp_path / "a.keras")
    with pytest.raises(KpoolError, match="in a new process, answers differently, by up to 1"):
        reload_difference(tmp_path / "a.keras", trained.outputs + np.float32(1), tokens, 8)


@pytest.mark.slow
def test_a_model_that_does_not_load(tokens: Dataset, tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_text("no model")
    with pytest.raises(KpoolError, match=r"a\.keras does not load in a new process:") as caught:
        reload_difference(tmp_path / "a.keras", np.zeros((8, 2), np.float32), tokens, 8)
    assert "Traceback" not in str(caught.value)
