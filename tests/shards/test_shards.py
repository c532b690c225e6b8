"""Bags that are split over shards give what they give whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kpool
from kpool.errors import KpoolError

Elements = tuple[np.ndarray, np.ndarray]


def pooled(path: Path, key: str = "pooled") -> np.ndarray:
    with np.load(path) as archive:
        return np.asarray(archive[key])


def whole(layer: keras.layers.Layer, elements: Elements) -> np.ndarray:
    """Each bag pooled at once, in the order of the ids."""
    x, ids = elements
    return np.concatenate([layer(x[None, ids == bag]) for bag in np.unique(ids)])


@pytest.mark.parametrize("block", [pytest.param(2**25, id="all at once"), pytest.param(1, id="bag by bag")])
@pytest.mark.parametrize(
    "spec", ["mean", "concat(mean, std | l2_norm)", "gem", "lse", "first", "last", "position_mean"]
)
def test_split_over_shards_is_whole(spec: str, block: int, folder: Path, elements: Elements, tmp_path: Path) -> None:
    done = kpool.pool_shards(spec, folder, tmp_path / "out.npz", block=block)
    assert (done.bags, done.shards, done.reduced) == (4, 12, 12)
    np.testing.assert_array_equal(pooled(done.path, "ids"), [3, 5, 7, 12])
    expected = whole(kpool.head(spec), elements)
    terms = max(np.abs(elements[0]).max(), np.abs(expected).max())
    np.testing.assert_allclose(pooled(done.path), expected, rtol=0, atol=8 * 2.0**-23 * terms)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16", "float64"])
def test_dtypes_are_the_layers(dtype: str, folder: Path, elements: Elements, tmp_path: Path) -> None:
    layer = kpool.Head("concat(mean, std)", dtype=dtype)
    expected = keras.ops.convert_to_numpy(keras.ops.cast(keras.ops.stack(list(whole(layer, elements))), "float64"))
    done = kpool.pool_shards(layer, folder, tmp_path / "out.npz")
    given = pooled(done.path)
    assert given.dtype == ("float32" if dtype == "bfloat16" else layer.compute_dtype)
    units = {"bfloat16": 2.0**-8, "float64": 2.0**-49}.get(dtype, 2.0**-11)
    np.testing.assert_allclose(given, expected, rtol=2 * units, atol=0 if dtype != "float64" else 1e-12)


def test_a_trained_layer_pools_with_its_weights(folder: Path, elements: Elements, tmp_path: Path) -> None:
    layer = kpool.pool("attention")
    expected = whole(layer, elements)
    done = kpool.pool_shards(layer, folder, tmp_path / "out.npz")
    np.testing.assert_allclose(pooled(done.path), expected, rtol=1e-6)
    layer.set_weights([-2 * w - 1 for w in layer.get_weights()])
    again = kpool.pool_shards(layer, folder, tmp_path / "out.npz")
    assert again.reduced == 12, "states of other weights were used"
    np.testing.assert_allclose(pooled(again.path), whole(layer, elements), rtol=1e-6)


def test_words_pairs_and_several_answers(folder: Path, elements: Elements, tmp_path: Path) -> None:
    x, ids = elements
    paired = tmp_path / "paired"
    paired.mkdir()
    for i, (a, b) in enumerate(zip(np.split(x, 3), np.split(ids, 3), strict=True)):
        np.save(paired / f"part{i}.x.npy", a)
        np.save(paired / f"part{i}.ids.npy", b.astype(str))
    done = kpool.pool_shards("heads(a=mean, b=last)", paired, tmp_path / "out.npz")
    assert pooled(done.path, "ids").tolist() == ["12", "3", "5", "7"]
    layer, words = kpool.pool("last"), ids.astype(str)
    np.testing.assert_array_equal(pooled(done.path, "pooled_b"), whole(layer, (x, words)))


def test_only_what_changed_is_done_again(folder: Path, elements: Elements, tmp_path: Path) -> None:
    out, steps = tmp_path / "out.npz", list[tuple[int, int]]()
    kpool.pool_shards("mean", folder, out)
    assert kpool.pool_shards("mean", folder, out).reduced == 0
    x, ids = np.array(elements[0]), elements[1]
    x[100:120] += 1
    stat = (folder / "5.npz").stat()
    np.savez(folder / "5.npz", x=x[100:120], ids=ids[100:120])
    os.utime(folder / "5.npz", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert (folder / "5.npz").stat().st_size == stat.st_size
    done = kpool.pool_shards("mean", folder, out, progress=lambda n, of: steps.append((n, of)))
    assert done.reduced == 1
    assert steps == [(11, 12), (12, 12)]
    np.testing.assert_allclose(pooled(out), whole(kpool.pool("mean"), (x, ids)), rtol=1e-6)
    assert len(list(done.states.iterdir())) == 2 * 12, "states of what has changed are still there"


def test_a_shard_that_is_gone_counts_no_more(folder: Path, elements: Elements, tmp_path: Path) -> None:
    kpool.pool_shards("mean", folder, tmp_path / "out.npz")
    (folder / "11.npz").unlink()
    done = kpool.pool_shards("mean", folder, tmp_path / "out.npz")
    assert done.reduced == 0
    np.testing.assert_allclose(
        pooled(done.path), whole(kpool.pool("mean"), (elements[0][:220], elements[1][:220])), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param("median", "median needs its whole bag at once.*write each bag into one shard", id="no fold"),
        pytest.param("concat(mean, top_k(k=0.5))", "top_k needs its whole bag at once", id="a branch is no fold"),
        pytest.param("attention", "random weights.*give the layer of a trained model", id="not trained"),
        pytest.param("mean(over=segments(3))", "here ids say the bags: give it without over=", id="segments"),
        pytest.param("mean(over=window(2))", "a stream pools over everything", id="a region"),
    ],
)
def test_what_cannot_be_merged_is_refused(spec: str, message: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match=message):
        kpool.pool_shards(spec, folder, tmp_path / "out.npz")
    assert not (tmp_path / "out.npz.states").exists()


def test_a_layer_of_another_width_is_refused(folder: Path, tmp_path: Path) -> None:
    layer = kpool.pool("attention")
    layer(np.zeros((1, 2, 5), "float32"))
    with pytest.raises(KpoolError, match="attention was built for elements 5 wide, and x is 4 wide in the shards"):
        kpool.pool_shards(layer, folder, tmp_path / "out.npz")


@pytest.mark.parametrize(
    ("out", "options", "message"),
    [
        pytest.param("out.npy", {}, r"to an \.npz file, not to .*out\.npy", id="another ending"),
        pytest.param("shards/out.npz", {}, "would be taken for a shard the next time", id="among the shards"),
        pytest.param("out.npz", {"workers": 0}, "workers must be 1 or more, not 0", id="no workers"),
        pytest.param("out.npz", {"engine": "rey"}, "engine is one of local, ray, not 'rey'", id="no such engine"),
        pytest.param("out.npz", {"address": "auto"}, "give engine='ray' with it", id="a cluster and no Ray"),
        pytest.param("out.npz", {"engine": "ray", "workers": 2}, "workers=2 are processes of this", id="both"),
    ],
)
def test_what_is_asked_for_must_make_sense(
    out: str, options: dict[str, Any], message: str, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(KpoolError, match=message):
        kpool.pool_shards("mean", folder, tmp_path / out, **options)
