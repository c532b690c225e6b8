"""The layers of the plugin; imported when a spec names one."""

import kpool
from keras import ops
from kpool.reductions import Mean


class GeometricMeanPooling(kpool.Pooling, name="geometric_mean"):
    """The geometric mean of the magnitudes, moved by one so that a 0 does not settle it.

    y = exp(Σ log(1 + |x|) / n) − 1

    Shape: (bag, features) -> (features,)
    Empty: 0.
    """

    exports = ("tf_saved_model", "litert")  # log1p and expm1 have no way into ONNX (tf2onnx 1.17)

    def lift(self, x):
        return Mean(ops.log1p(ops.abs(x)))

    def lower(self, mean):
        return ops.expm1(mean)
