"""A comparison resumes, loses nothing to one bad head, and is chosen without the test examples."""

from __future__ import annotations

import errno
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from rich.console import Console

from kpool import files
from kpool.errors import KpoolError
from kpool.lab import compare as lab
from kpool.lab import engine
from kpool.lab.dataset import Dataset
from kpool.lab.files import CannotWriteError
from kpool.lab.model import parse
from kpool.lab.trial import Settings, Trained, Trial

SETTINGS = Settings(backbone="none", epochs=1, batch_size=8)
HEADS = ["mean | dense(classes)", "max | dense(classes)"]


class Model:
    """Stands for a trained model: all that a comparison does with one is to save it."""

    def save(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model", "weights")


class Trials:
    """Stands for training. `ran` is what was asked for; `then` may raise instead."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []
        self.errors: dict[tuple[str, int], BaseException] = {}
        self.validation = {"mean": 0.5, "max": 0.75}
        self.test = {"mean": 1.0, "max": 0.25}

    def run(self, spec: str, seed: int, dataset: Dataset, settings: Settings) -> Trained:
        self.ran.append((spec, seed))
        if (spec, seed) in self.errors:
            raise self.errors[spec, seed]
        name = spec.partition(" ")[0]
        figures = (10, 10, self.validation[name], self.test[name], 1.0, 0.1, {"loss": [1.0]})
        trial = Trial(str(parse(spec, dataset)), seed, *figures)
        return Trained(trial, Model(), np.zeros((8, 2), np.float32))


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Trials:
    stand_in = Trials()
    monkeypatch.setattr(engine, "run", stand_in.run)
    monkeypatch.setattr(lab, "reload_difference", lambda *_: 0.0)
    return stand_in


def compare(specs: list[str], dataset: Dataset, out: Path, **changes: Any) -> tuple[dict[str, Any], str]:
    shown = io.StringIO()
    settings = changes.pop("settings", SETTINGS)
    found = lab.compare(specs, dataset, settings, changes.pop("seeds", 2), out, Console(file=shown, width=120))
    return found, shown.getvalue()


def test_a_second_run_trains_nothing(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    first, _ = compare(HEADS, tokens, tmp_path)
    assert sorted(trials.ran) == sorted((head, seed) for head in HEADS for seed in range(2))
    trials.ran.clear()
    second, shown = compare(HEADS, tokens, tmp_path)
    assert trials.ran == []
    assert second["trials"] == first["trials"]
    assert second["winner"] == first["winner"]
    assert "4 of 4 trials were finished before" in shown


def test_ctrl_c_loses_no_finished_trial(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    trials.errors[HEADS[1], 1] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        compare(HEADS, tokens, tmp_path)
    assert not (tmp_path / "results.json").exists()
    trials.errors.clear()
    trials.ran.clear()
    found, _ = compare(HEADS, tokens, tmp_path)
    assert trials.ran == [(HEADS[1], 1)]
    assert len(found["trials"]) == 4


@pytest.mark.parametrize(
    "changes",
    [{"settings": Settings("none", 2, 8)}, {"settings": Settings("none", 1, 4)}, {"dataset": "other"}],
    ids=["epochs", "batch-size", "data"],
)
def test_what_changes_the_outcome_is_run_again(
    trials: Trials, tokens: Dataset, tmp_path: Path, changes: dict[str, Any]
) -> None:
    compare(HEADS, tokens, tmp_path)
    trials.ran.clear()
    other = Dataset("other", tokens.x + 1, tokens.y, tokens.classes, tokens.mask)
    _, shown = compare(HEADS, other if changes.pop("dataset", None) else tokens, tmp_path, **changes)
    assert len(trials.ran) == 4
    assert "replaces the results of: tokens, 2 heads" in shown


@pytest.mark.parametrize("file", ["trial.json", "outputs.npy", "model.keras"])
@pytest.mark.parametrize("damage", [b"junk", b""], ids=["junk", "empty"])
def test_a_damaged_trial_is_run_again(
    trials: Trials, tokens: Dataset, tmp_path: Path, file: str, damage: bytes
) -> None:
    compare(HEADS[:1], tokens, tmp_path, seeds=1)
    next(tmp_path.glob(f"trials/*/{file}")).write_bytes(damage)
    _, shown = compare(HEADS[:1], tokens, tmp_path, seeds=1)
    assert len(trials.ran) == 2
    assert "cannot be read; mean | dense(classes), seed 0, is run again" in shown


def test_a_winner_that_does_not_load_replaces_none(
    trials: Trials, tokens: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(HEADS, tokens, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    monkeypatch.setattr(lab, "reload_difference", Mock(side_effect=KpoolError("it does not load")))
    with pytest.raises(KpoolError, match=r"winner\.keras was not written; to train the winner again, remove .*trials"):
        compare(HEADS, tokens, tmp_path, seeds=1)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_the_same_failure_of_several_seeds_is_one_line(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    trials.errors = {(HEADS[1], seed): RuntimeError("no\nstack") for seed in range(2)}
    found, shown = compare(HEADS, tokens, tmp_path)
    assert shown.splitlines()[-1] == "failed: max | dense(classes), seeds 0-1: RuntimeError: no"
    assert found["heads"][1]["failures"][1]["error"] == "RuntimeError: no\nstack"


def test_no_room_ends_the_comparison(
    trials: Trials, tokens: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Model, "save", Mock(side_effect=OSError(errno.ENOSPC, "full")))
    with pytest.raises(CannotWriteError, match="No space left on device"):
        compare(HEADS, tokens, tmp_path)
    assert len(trials.ran) == 1


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=["no-room", "ctrl-c"])
@pytest.mark.parametrize("writes", [0, 1, 2, 6, 7])
def test_wherever_it_ends_every_file_is_whole(
    trials: Trials, tokens: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int, error: BaseException
) -> None:
    """A second comparison ends after some writes: each file is the former or the new one, and the next goes on."""
    compare(HEADS, tokens, tmp_path, seeds=1)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with monkeypatch.context() as patch:
        patch.setattr(files, "_to_disk", Mock(side_effect=[*[None] * writes, *[error] * 9]))
        with pytest.raises((CannotWriteError, KeyboardInterrupt)):
            compare(HEADS, tokens, tmp_path, seeds=2)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after.keys() >= before.keys()
    assert not [path for path in after if path.name.startswith(".")]
    for path, content in after.items():
        if path.suffix == ".json":
            json.loads(content)
        elif path.suffix == ".keras":
            assert zipfile.ZipFile(path).testzip() is None
        elif path.suffix == ".npy":
            np.load(path)
    done = len(trials.ran)
    assert len(compare(HEADS, tokens, tmp_path, seeds=2)[0]["trials"]) == 4
    assert len(trials.ran) == done + 4 - sum(path.name == "trial.json" for path in after)


def test_a_spec_written_in_two_ways_is_one_head(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    found, _ = compare(["mean|dense(classes)", "mean | dense(2)"], tokens, tmp_path)
    assert [head["given"] for head in found["heads"]] == ["mean|dense(classes)"]


def test_a_failure_is_reported_and_loses_nothing(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    trials.errors[HEADS[1], 0] = MemoryError("[no] room")
    found, shown = compare(HEADS, tokens, tmp_path)
    assert found["heads"][1]["failures"] == [{"seed": 0, "error": "MemoryError: [no] room"}]
    assert "failed: max | dense(classes), seed 0: MemoryError: [no] room" in shown
    assert len(found["trials"]) == 3
    assert found["winner"]["given"] == HEADS[0]


def test_nothing_is_trained_where_one_spec_is_wrong(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match=r"end the spec with `\| dense"):
        compare([*HEADS, "max"], tokens, tmp_path)
    assert trials.ran == []


def test_no_winner_where_all_failed(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    trials.errors = dict.fromkeys([(head, 0) for head in HEADS], RuntimeError("no"))
    found, shown = compare(HEADS, tokens, tmp_path, seeds=1)
    assert found["winner"] is None
    assert not (tmp_path / "winner.keras").exists()
    assert not (tmp_path / "comparison.png").exists()
    assert "validation" not in shown


def test_the_winner_is_chosen_on_validation_examples(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    winner = compare(HEADS, tokens, tmp_path)[0]["winner"]
    assert (winner["given"], winner["test_accuracy"]) == (HEADS[1], 0.25)


def test_results_are_written(trials: Trials, tokens: Dataset, tmp_path: Path) -> None:
    found, shown = compare(HEADS, tokens, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == found
    assert {"kpool", "keras", "numpy", "python"} < set(found["versions"])
    assert found["machine"]["cores"] >= 1
    assert found["data"]["fingerprint"] == tokens.fingerprint
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")
    assert zipfile.is_zipfile(tmp_path / "winner.keras")
    assert "Best validation accuracy first." in " ".join(shown.split())
    assert "75.00 ± 0.00" in shown
    assert "Every head ends with | dense(classes)." in shown


@pytest.mark.slow
def test_a_real_winner_answers_the_same_in_a_new_process(tokens: Dataset, tmp_path: Path) -> None:
    found, _ = compare(["attention | dense(classes)"], tokens, tmp_path, seeds=1)
    assert found["winner"]["reload"]["max_difference"] <= 1e-6
