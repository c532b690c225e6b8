"""torchvision: RoIAlign is `mean(over=boxes(…))` where all points of a box lie in the image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.ops import roi_align

from .copying import first, last, pool, same

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 9, 12, 3))
INSIDE = np.array(
    [
        [[0.0, 0.0, 12.0, 9.0], [1.3, 2.7, 6.1, 7.9], [4.0, 4.0, 5.5, 5.5]],
        [[0.4, 0.2, 3.0, 8.7], [6.0, 1.0, 11.9, 2.1], [2.0, 3.0, 11.0, 8.0]],
    ]
)


def theirs(x: np.ndarray, boxes: np.ndarray, size: object, scale: float, samples: int, aligned: bool) -> np.ndarray:
    """(batch, n, rows, cols, features), as ours."""
    given = roi_align(first(x), [torch.from_numpy(b) for b in boxes], size, scale, samples, aligned)
    return last(given).reshape(*boxes.shape[:2], *given.shape[2:], x.shape[-1])


@pytest.mark.parametrize("aligned", [True, False], ids=["aligned", "not aligned"])
@pytest.mark.parametrize("samples", [1, 2, 3], ids=lambda samples: f"{samples} samples")
@pytest.mark.parametrize(
    ("size", "scale"),
    [
        pytest.param([1, 1], 1.0, id="one cell"),
        pytest.param([2, 3], 1.0, id="cells that are not square"),
        pytest.param([7, 7], 1.0, id="more cells than positions"),
        pytest.param([2, 2], 0.25, id="boxes in pixels of a map of stride 4"),
    ],
)
def test_inside_the_image(size: list[int], scale: float, samples: int, aligned: bool) -> None:
    boxes = INSIDE / scale
    spec = f"mean(over=boxes({size}, samples={samples}, scale={scale}, aligned={str(aligned).lower()}))"
    same(pool(spec, X, regions=boxes), theirs(X, boxes, tuple(size), scale, samples, aligned))


def test_points_outside_are_not_counted() -> None:
    """RoIAlign averages zeros in for the points outside; so a box half out of an image of ones has 1/2, ours 1."""
    ones, box = np.ones((1, 8, 8, 1)), np.array([[[-8.5, 0.5, 9.5, 8.5]]])
    np.testing.assert_allclose(theirs(ones, box, 1, 1.0, 6, True).item(), 0.5)
    np.testing.assert_allclose(pool("mean(over=boxes(1, samples=6))", ones, regions=box).item(), 1.0)


def test_a_box_far_outside_is_empty() -> None:
    ones, box = np.ones((1, 8, 8, 1)), np.array([[[20.0, 20.0, 24.0, 24.0]]])
    assert theirs(ones, box, 1, 1.0, 2, True).item() == 0
    assert pool("mean(over=boxes(1))", ones, regions=box).item() == 0
    assert pool("mean(over=boxes(1), empty_value=-1.0)", ones, regions=box).item() == -1


def test_small_boxes_that_are_not_aligned() -> None:
    """Without `aligned`, RoIAlign makes every box at least 1 wide and high: [2, 2.5) is read as [2, 3). Ours stays as
    it is; with `aligned`, so does theirs."""
    ramp = np.broadcast_to(np.arange(8.0)[None, None, :, None], (1, 8, 8, 1))
    box = np.array([[[2.0, 2.0, 2.5, 4.0]]])
    np.testing.assert_allclose(theirs(ramp, box, 1, 1.0, 2, False).item(), 2.5)
    np.testing.assert_allclose(pool("mean(over=boxes(1, aligned=false))", ramp, regions=box).item(), 2.25)
    np.testing.assert_allclose(theirs(ramp, box, 1, 1.0, 2, True).item(), 1.75)
    np.testing.assert_allclose(pool("mean(over=boxes(1))", ramp, regions=box).item(), 1.75)
