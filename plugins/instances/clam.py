"""Class scores of gated attention, one branch a class, and the loss that clusters what it attends to."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.errors import KpoolError
from kpool.ops import Tensor, matmul
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum


class CLAMPooling(kpool.Pooling, name="clam"):
    """Class scores of gated attention, one branch a class: clustering-constrained attention.

    y_c = w_cᵀ Σ a_c x + b_c,  a_c = softmax(v_cᵀ (tanh(V x) ⊙ σ(U x)))

    The instance loss needs the bag's label, which Keras gives to no layer: `fit` trains without it, and a `train_step`
    of one's own adds `layer.instance_loss(x, labels, mask)`. The paper's first dense layer is a stage before this.

    Args:
        classes: How many scores.
        branches: "multi" gives each class an attention of its own (CLAM-MB), "single" one to all (CLAM-SB).
        units: Width of the attention network.
        instances: Learn a classifier of elements for each class, for `instance_loss`.
        k: How many of the most and of the least attended elements that loss takes.

    Shape: (bag, features) -> (classes,), scores and not yet probabilities
    Empty: 0.
    Source: Lu et al. 2021, arXiv:2004.09666, Methods.
    """

    def __init__(
        self,
        classes: Count = 2,
        branches: Literal["multi", "single"] = "multi",
        units: Count = 256,
        instances: bool = False,
        k: Count = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.branches = branches
        self.units = units
        self.instances = instances
        self.k = k

    def output_features(self, features: int) -> int:
        return self.classes

    def make_weights(self, features: int) -> None:
        drawn = {"initializer": "glorot_uniform"}
        branches = self.classes if self.branches == "multi" else 1
        self.V = self.add_weight(name="V", shape=(features, self.units), **drawn)
        self.U = self.add_weight(name="U", shape=(features, self.units), **drawn)
        self.v = self.add_weight(name="v", shape=(self.units, branches), **drawn)
        self.W = self.add_weight(name="W", shape=(features, self.classes), **drawn)
        self.b = self.add_weight(name="b", shape=(self.classes,), initializer="zeros")
        if self.instances:
            self.W_inst = self.add_weight(name="W_inst", shape=(features, self.classes), **drawn)
            self.b_inst = self.add_weight(name="b_inst", shape=(self.classes,), initializer="zeros")

    def lift(self, x: Tensor) -> SoftmaxSum:
        return SoftmaxSum(self._scores(x), matmul(x, self.W))  # the average of wᵀ x is that of x, times wᵀ

    def lower(self, average: Tensor) -> Tensor:
        return average + self.b

    def instance_loss(self, inputs: Tensor, labels: Tensor, mask: Tensor = None, exclusive: bool = False) -> Tensor:
        """The cross-entropy of elements, the most attended taken for their bag's class and the least for another.

        Args:
            inputs: As of a call; the bag is the whole of them.
            labels: (batch, classes), 1 for the bag's classes. Of the others' branches nothing is asked,
                or, if classes are `exclusive` (subtyping), that the most attended are not of that class.

        Returns: A number, the mean over bags, summed over classes, or averaged over them if they are exclusive.
        """
        if not self.instances or self.region.grid((None,)):
            raise KpoolError("clam: instance_loss is for instances=true, over everything")
        (bags,) = self.cut(inputs, mask)
        labels = kops.cast(labels, bags.elements.dtype)
        logits = matmul(bags.elements, self.W_inst) + self.b_inst
        attended = self._scores(bags.elements) + kops.zeros_like(logits)
        inside = (self._mean(bags, attended, -logits) + self._mean(bags, -attended, logits)) / 2
        if not exclusive:
            return kops.mean(kops.sum(labels * inside, axis=-1))
        return kops.mean(labels * inside + (1 - labels) * self._mean(bags, attended, logits))

    def _scores(self, x: Tensor) -> Tensor:
        return matmul(kops.tanh(matmul(x, self.V)) * kops.sigmoid(matmul(x, self.U)), self.v)

    def _mean(self, bags: Bags, order: Tensor, logits: Tensor) -> Tensor:
        """The mean of log(1 + e^logits) over each bag's k largest by `order`: (batch, classes)."""
        room = [[0, 0], [0, 0], [0, self.k]]
        lined = kops.swapaxes(bags.line_up(order, -float("inf")), 1, 2)
        order, places = kops.top_k(kops.pad(lined, room, constant_values=-float("inf")), self.k)
        logits = kops.pad(kops.swapaxes(bags.line_up(logits, 0.0), 1, 2), room)
        taken = order > -float("inf")
        losses = kops.where(taken, kops.softplus(kops.take_along_axis(logits, places, axis=-1)), 0.0)
        return ops.divide(kops.sum(losses, axis=-1), kops.sum(kops.cast(taken, losses.dtype), axis=-1))
