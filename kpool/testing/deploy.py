"""Deploy: what leaves Keras answers as it did in Keras."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kpool.errors import KpoolError
from kpool.exported import FORMATS
from kpool.lowering import is_keras, lower, replaced
from kpool.testing import run
from kpool.testing.check import Skipped, check
from kpool.testing.compare import hold, near
from kpool.testing.models import answer, feed, model_of
from kpool.testing.target import Target


@check("An exported SavedModel is another function, or knows one batch size and one length only.")
def saved_model(target: Target) -> str:
    unknown = (None,) * (target.rank - 2)
    return _exported(target, "tf_saved_model", "the SavedModel", positions=unknown, rows=(4, 2), units=4)


@check("A phone or microcontroller lacks the operations that it is made of.")
def litert(target: Target) -> str:
    if not hasattr(run.tensorflow("LiteRT"), "lite"):
        raise Skipped("this TensorFlow has no LiteRT converter")
    return _exported(target, "litert", "LiteRT", positions=target.positions, units=64)


@check("An ONNX runtime answers something else.")
def onnx(target: Target) -> str:
    return _exported(target, "onnx", "ONNX", positions=target.positions, units=64)


def _no_lowering(target: Target) -> str:
    layer = target.layer()
    if not replaced(layer):
        return "it is no strategy: kpool.lower leaves it as it is"
    lowers = all(getattr(inner, "lowers", True) for inner in layer._flatten_layers())
    return "" if lowers else "it declares that it does not lower"


@check("A model lowered to Keras's operations needs kpool, or is another function.", unless=_no_lowering)
def lowered(target: Target) -> str:
    model = model_of(target)
    try:
        plain = lower(model)
    except KpoolError as error:
        raise AssertionError(f"{error}; or declare `lowers = False`") from error
    foreign = {type(step).__module__ for step in (*plain._flatten_layers(), *plain.operations) if not is_keras(step)}
    hold(not foreign, f"lowered, it still needs {', '.join(sorted(foreign))}")
    given = feed(target, empty=1)
    return near(answer(plain, given), answer(model, given), "lowered", units=4 * target.depth, terms=given[0])


def _exported(
    target: Target,
    name: str,
    what: str,
    *,
    positions: tuple[int | None, ...],
    units: float,
    rows: tuple[int, ...] = (4,),
) -> str:
    """Of batches of so many rows, the last of them empty: as far apart as `units` eps."""
    kept, declared = FORMATS[name], getattr(target.layer(), "exports", None)
    run.tensorflow(what)
    if declared is not None and name not in declared:
        raise Skipped(f"it declares that it does not export to {name}")
    if kept.missing():
        raise Skipped(f"not installed: {', '.join(kept.missing())}")
    model, noted = model_of(target, positions=positions), ""
    batches = [feed(target, rows=n, empty=1) for n in rows]
    expected = [answer(model, given) for given in batches]  # first: Keras (3.15.1) exports to ONNX what was called
    with tempfile.TemporaryDirectory(prefix="kpool-kit-") as folder:
        path = Path(folder) / f"model{kept.suffix}"
        try:
            kept.export(model, path)
        except KpoolError as error:
            raise AssertionError(str(error)) from error
        for given, exact in zip(batches, expected, strict=True):
            (exported,) = kept.answers(path, model, given)
            noted = near(exported, exact, what, units=units, terms=given[0])
    return noted
