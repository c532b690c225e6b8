"""Average of class scores, weighted by their probabilities."""

from __future__ import annotations

from keras import ops as kops

import kpool
from kpool.ops import Tensor
from kpool.reductions import SoftmaxSum


class PCAMPooling(kpool.Pooling, name="pcam"):
    """Average of each class's scores, weighted by the probabilities that they stand for.

    y = Σ σ(s) s / Σ σ(s)

    The features are scores, one a class: `dense(20) | pcam`. The paper averages the features with each class's weights
    and then applies the same dense layer, which is the same. The weights are taken as softmax(log σ(s)): no sum of
    probabilities vanishes, however low the scores.

    Shape: (bag, classes) -> (classes,)
    Empty: 0.
    Source: Ye et al. 2020, arXiv:2005.14480, sec. 3.
    """

    def lift(self, s: Tensor) -> SoftmaxSum:
        return SoftmaxSum(scores=kops.log_sigmoid(s), values=s)
