"""The stages: what follows pooling in a head."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_stages() -> list[Component]:
    return [
        Component("activation", "kpool_plugins.stages.activation:activation", "One of Keras's activations."),
        Component("batch_norm", "kpool_plugins.stages.batch_norm:batch_norm", "Batch normalisation."),
        Component("dense", "kpool_plugins.stages.dense:dense", "A fully connected layer."),
        Component("dropout", "kpool_plugins.stages.dropout:dropout", "Dropout, in training only."),
        Component("l2_norm", "kpool_plugins.stages.l2_norm:l2_norm", "Scales to unit length; 0 stays 0."),
        Component("layer_norm", "kpool_plugins.stages.layer_norm:layer_norm", "Layer normalisation."),
        Component("mlp", "kpool_plugins.stages.mlp:mlp", "Fully connected layers, one after the other."),
    ]
