"""Starting Keras without TensorFlow's chatter."""

from __future__ import annotations

import logging
import os

from kpool.terminal import held_back


def start_keras() -> None:
    """Import Keras, and kpool's layers with it; what TensorFlow prints is shown only if the import fails.

    Its first lines come before its log level is read (TensorFlow 2.21), so the level alone does not keep them back.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # A new model per trial is a new trace; TensorFlow takes that for a mistake.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with held_back():
        import keras

        keras.ops.zeros(1)
