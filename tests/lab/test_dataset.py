"""The split is fair, and a data set is known by its values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kpool.lab.dataset import Dataset, stratified


@pytest.mark.parametrize("counts", [(3, 3), (100, 40, 7), (5, 1000)], ids=["least", "three", "lopsided"])
def test_every_part_has_its_share_of_every_class(counts: tuple[int, ...]) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    split = stratified(y)
    parts = (split.train, split.validation, split.test)
    assert sorted(np.concatenate(parts)) == list(range(len(y)))
    for part, share in zip(parts, (0.6, 0.2, 0.2), strict=True):
        got = np.bincount(y[part], minlength=len(counts))
        assert (got >= 1).all()
        assert np.abs(got - share * np.array(counts)).max() <= 1


def test_the_split_depends_on_its_seed_alone() -> None:
    y = np.arange(100) % 4
    assert np.array_equal(stratified(y).test, stratified(y).test)
    assert not np.array_equal(stratified(y, 0).test, stratified(y, 1).test)


@pytest.mark.parametrize("changed", ["x", "y", "mask"])
def test_the_fingerprint_sees_every_value(tokens: Dataset, changed: str) -> None:
    array = getattr(tokens, changed).copy()
    array.flat[0] = not array.flat[0] if changed == "mask" else 1 - array.flat[0]
    array.flat[0] = 0 if np.isnan(array.flat[0]) else array.flat[0]
    assert replace(tokens, **{changed: array}).fingerprint != tokens.fingerprint
    assert replace(tokens).fingerprint == tokens.fingerprint


@pytest.mark.parametrize("size", [2, 5, 12, 24], ids=["one-of-each", "odd", "half", "all"])
def test_a_lesson_has_its_share_of_every_class(tokens: Dataset, size: int) -> None:
    lesson = tokens.lesson(size, seed=3)
    assert set(lesson) <= set(tokens.split.train)
    assert len(set(lesson)) == size
    assert abs(int(tokens.y[lesson].sum()) - size / 2) <= 0.5
    assert np.array_equal(lesson, tokens.lesson(size, seed=3))
    assert size == 24 or not np.array_equal(lesson, tokens.lesson(size, seed=4))


def test_a_lesson_of_no_size_is_all_there_is(tokens: Dataset) -> None:
    assert np.array_equal(tokens.lesson(None, seed=3), tokens.split.train)


def test_other_test_examples_leave_the_split(tokens: Dataset) -> None:
    parted = replace(tokens, parts=stratified(tokens.y, seed=1))
    changed = parted.with_test(np.ones_like(parted.x[parted.split.test]))
    assert (changed.x[parted.split.test] == 1).all()
    assert np.array_equal(changed.x[parted.split.train], parted.x[parted.split.train], equal_nan=True)
    assert changed.split is parted.split


def test_the_fingerprint_sees_the_split(tokens: Dataset) -> None:
    assert replace(tokens, parts=stratified(tokens.y, seed=1)).fingerprint != tokens.fingerprint
