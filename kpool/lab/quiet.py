"""Starting Keras without TensorFlow's chatter."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def start_keras() -> None:
    """Import Keras, and kpool's layers with it; what TensorFlow prints is shown only if the import fails.

    Its first lines come before its log level is read (TensorFlow 2.21), so the level alone does not keep them back.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # A new model per trial is a new trace; TensorFlow takes that for a mistake.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with _held_back():
        import keras

        keras.ops.zeros(1)


@contextmanager
def _held_back() -> Iterator[None]:
    """Keep what native code writes to stderr; let it out if the block raises."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(terminal, kept.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
