"""What is no shard is refused before anything is pooled, with what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kpool.errors import KpoolError
from kpool.shards.shard import shards_of

X, IDS = np.ones((6, 4), "float32"), np.arange(6)


def save(**arrays: Any) -> Callable[[Path], None]:
    return lambda folder: np.savez(folder / "b.npz", **arrays)


def truncate(folder: Path) -> None:
    path = folder / "b.npz"
    np.savez(path, x=X, ids=IDS)
    path.write_bytes(path.read_bytes()[:-100])


def half_a_pair(folder: Path) -> None:
    np.save(folder / "b.x.npy", X)


def both(folder: Path) -> None:
    np.save(folder / "a.x.npy", X)
    np.save(folder / "a.ids.npy", IDS)


WRONG: dict[str, tuple[Callable[[Path], None], str]] = {
    "truncated": (truncate, r"b\.npz cannot be read \(.*\); if its extractor was interrupted, remove it"),
    "no zip": (lambda folder: (folder / "b.npz").write_text("x") and None, r"b\.npz cannot be read"),
    "no ids": (save(x=X, y=IDS), r"b\.npz lacks ids \(it holds x, y\)"),
    "no pair": (half_a_pair, r"lacks b\.ids\.npy"),
    "twice": (both, r"holds a as \.npz and as a pair"),
    "a batch": (save(x=X[None], ids=IDS), r"b: x has shape \(1, 6, 4\) .* must be \(elements, features\)"),
    "complex": (save(x=X.astype("complex64"), ids=IDS), "b: x .* holds complex64"),
    "short ids": (save(x=X, ids=IDS[:5]), r"b: ids has shape \(5,\); .* must be \(6,\)"),
    "objects": (save(x=X, ids=IDS.astype(object)), r"b: ids holds object; .* ids\.astype\(str\)"),
    "fractions": (save(x=X, ids=IDS / 2), "b: ids holds float64"),
    "another width": (save(x=X[:, :3], ids=IDS), "x is 4 wide in a and 3 in b"),
    "other ids": (save(x=X, ids=IDS.astype(str)), "ids are words in b and whole numbers in a"),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said(wrong: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, ids=IDS)
    wrong(tmp_path)
    with pytest.raises(KpoolError, match=message):
        shards_of(tmp_path)


def test_a_folder_must_have_shards(tmp_path: Path) -> None:
    np.savez(tmp_path / ".hidden.npz", x=X, ids=IDS)
    with pytest.raises(KpoolError, match=r"holds no shards; a shard is NAME\.npz with x"):
        shards_of(tmp_path)
    with pytest.raises(KpoolError, match="is no folder"):
        shards_of(tmp_path / ".hidden.npz")


def test_numbers_in_names_are_numbers(tmp_path: Path) -> None:
    for name in ("s10-2", "s9", "s10-10", "other"):
        np.savez(tmp_path / f"{name}.npz", x=X, ids=IDS)
    assert [shard.name for shard in shards_of(tmp_path)] == ["other", "s9", "s10-2", "s10-10"]


def test_damage_behind_the_header_is_found_when_it_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, ids=IDS)
    (shard,) = shards_of(tmp_path)
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[200] ^= 255
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(KpoolError, match=r"a\.npz cannot be read \(Bad CRC-32"):
        shard.read()


def test_a_shard_that_grows_meanwhile_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, ids=IDS)
    (shard,) = shards_of(tmp_path)
    np.savez(tmp_path / "a.npz", x=np.ones((7, 4)), ids=np.arange(7))
    with pytest.raises(KpoolError, match="a was written to while it was read"):
        shard.read()


def test_ids_beyond_int64_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, ids=np.full(6, 2**63, "uint64"))
    (shard,) = shards_of(tmp_path)
    with pytest.raises(KpoolError, match="ids go up to 9223372036854775808"):
        shard.read()
