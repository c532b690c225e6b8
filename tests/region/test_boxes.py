"""Boxes: RoIAlign's points, with any formula in the place of its average."""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError

rng = np.random.default_rng(0)
X = rng.normal(size=(2, 6, 7, 3))
BOXES = np.array([[[0.3, 1.2, 5.1, 4.4], [2, 2, 3, 3]], [[0, 0, 7, 6], [4.5, 0.1, 6.9, 5.9]]])


def bilinear(image: np.ndarray, y: float, x: float) -> np.ndarray:
    """The image between its positions; behind its edge as at the edge."""
    y, x = np.clip(y, 0, image.shape[0] - 1), np.clip(x, 0, image.shape[1] - 1)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, image.shape[0] - 1), min(left + 1, image.shape[1] - 1)
    dy, dx = y - top, x - left
    upper = (1 - dx) * image[top, left] + dx * image[top, right]
    return (1 - dy) * upper + dy * ((1 - dx) * image[bottom, left] + dx * image[bottom, right])


def roi_align(image: np.ndarray, box: np.ndarray, rows: int, cols: int, samples: int, shift: float) -> np.ndarray:
    x1, y1, x2, y2 = box - shift
    ys = y1 + (y2 - y1) / (rows * samples) * (np.arange(rows * samples) + 0.5)
    xs = x1 + (x2 - x1) / (cols * samples) * (np.arange(cols * samples) + 0.5)
    points = np.array([[bilinear(image, y, x) for x in xs] for y in ys])
    return points.reshape(rows, samples, cols, samples, -1).mean((1, 3))


@pytest.mark.parametrize(("aligned", "shift"), [("true", 0.5), ("false", 0.0)], ids=["aligned", "as in the paper"])
@pytest.mark.parametrize("samples", [1, 2, 3])
def test_the_mean_is_roi_align(aligned: str, shift: float, samples: int) -> None:
    layer = kpool.pool(f"mean(over=boxes([2, 3], samples={samples}, aligned={aligned}))")
    given = layer(X, regions=BOXES)
    for row, boxes in enumerate(BOXES):
        for i, box in enumerate(boxes):
            expected = roi_align(X[row], box, 2, 3, samples, shift)
            np.testing.assert_allclose(given[row, i], expected, rtol=1e-4, atol=1e-5)


def test_scale_is_positions_per_unit() -> None:
    given = kpool.pool("max(over=boxes(2, scale=0.0625))")(X, regions=16 * BOXES)
    np.testing.assert_allclose(given, kpool.pool("max(over=boxes(2))")(X, regions=BOXES), rtol=1e-5)


def test_what_does_not_count_takes_no_part() -> None:
    """Of the four positions around a point only the counted ones are averaged; NaN on the others is not seen."""
    x, mask = X.copy(), rng.random((2, 6, 7)) < 0.6
    x[~mask] = np.nan
    assert np.isfinite(kpool.pool("mean(over=boxes(3))")(x, mask=mask, regions=BOXES)).all()
    ones = kpool.pool("mean(over=boxes(3), empty_value=1)")(np.ones_like(x), mask=mask, regions=BOXES)
    np.testing.assert_allclose(ones, np.ones_like(ones), rtol=1e-6)


def test_points_outside_are_not_counted() -> None:
    outside = np.array([[[-9.0, -9.0, -5.0, -5.0]], [[20.0, 20.0, 30.0, 30.0]]])
    given = kpool.pool("mean(over=boxes(2), empty_value=-7)")(X, regions=outside)
    np.testing.assert_array_equal(given, np.full((2, 1, 2, 2, 3), -7))


@pytest.mark.parametrize(
    "box",
    [
        pytest.param([0, 0, 0, 0], id="padding"),
        pytest.param([3, 3, 1, 1], id="inside out"),
        pytest.param([np.nan, 0, 2, 2], id="NaN"),
        pytest.param([0, 0, np.inf, 2], id="infinite"),
    ],
)
def test_what_is_no_box_has_no_elements(box: list[float]) -> None:
    given = kpool.pool("mean(over=boxes(2), empty_value=-7)")(X[:1], regions=np.array([[box]]))
    np.testing.assert_array_equal(given, np.full((1, 1, 2, 2, 3), -7))


def test_an_image_without_rows() -> None:
    given = kpool.pool("mean(over=boxes(1))")(X[:, :0], regions=BOXES)
    np.testing.assert_array_equal(given, np.zeros((2, 2, 1, 1, 3)))


def test_weights_weigh_positions() -> None:
    weights = np.zeros((2, 6, 7))
    weights[:, 2, 3] = 5
    given = kpool.pool("mean(over=boxes(1, samples=6))")(X, weights=weights, regions=BOXES[:, :1])
    np.testing.assert_allclose(given[:, 0, 0, 0], X[:, 2, 3], rtol=1e-5)


def test_what_boxes_look_like() -> None:
    with pytest.raises(SpecError, match=r"of shape \(batch, n, 4\), not shape \(2, 2, 2\)"):
        kpool.pool("mean(over=boxes)")(X, regions=BOXES[..., :2])
    with pytest.raises(SpecError, match="cuts images"):
        kpool.pool("mean(over=boxes)")(X[:, 0], regions=BOXES)
