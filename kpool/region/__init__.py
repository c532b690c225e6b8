"""The regions kpool brings, one file each."""

from __future__ import annotations

from kpool.hookspecs import Component, hookimpl


@hookimpl
def kpool_regions() -> list[Component]:
    return [
        Component("axis", "kpool.region.axis:AxisRegion", "What stands along one axis, such as a network's layers."),
        Component("bins", "kpool.region.bins:Bins", "A fixed number of bins, whatever the length: adaptive pooling."),
        Component("boxes", "kpool.region.boxes:Boxes", "Cells of boxes, given with each call: RoIAlign."),
        Component("everything", "kpool.region.everything:Everything", "The whole input is one bag."),
        Component("pyramid", "kpool.region.pyramid:Pyramid", "Bins of several sizes, side by side."),
        Component("segments", "kpool.region.segments:SegmentsRegion", "Elements of the same id, given with each call."),
        Component("spans", "kpool.region.spans:Spans", "Spans of a sequence, given with each call."),
        Component("window", "kpool.region.window:Window", "Sliding windows, as in a local pooling layer."),
    ]
