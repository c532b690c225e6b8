"""The stages: what follows pooling in a head."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_stages() -> list[Component]:
    return [
        Component("activation", "kpool_plugins.stages.activation:activation", "One of Keras's activations."),
        Component("batch_norm", "kpool_plugins.stages.batch_norm:batch_norm", "Batch normalisation."),
        Component("conv1x1", "kpool_plugins.stages.conv1x1:conv1x1", "A fully connected layer at every position."),
        Component("cosine", "kpool_plugins.stages.cosine:cosine", "Cosines as logits: a classifier by angle."),
        Component("dense", "kpool_plugins.stages.dense:dense", "A fully connected layer."),
        Component("dropout", "kpool_plugins.stages.dropout:dropout", "Dropout, in training only."),
        Component("l2_norm", "kpool_plugins.stages.l2_norm:l2_norm", "Scales to unit length; 0 stays 0."),
        Component("layer_norm", "kpool_plugins.stages.layer_norm:layer_norm", "Layer normalisation."),
        Component("mlp", "kpool_plugins.stages.mlp:mlp", "Fully connected layers, one after the other."),
        Component("reshape", "kpool_plugins.stages.reshape:reshape", "The same numbers in another layout."),
        Component(
            "rms_norm", "kpool_plugins.stages.rms_norm:rms_norm", "Normalisation by the root of the mean square."
        ),
        Component("scale", "kpool_plugins.stages.scale:scale", "A learned factor."),
        Component(
            "token_mask",
            "kpool_plugins.stages.token_mask:token_mask",
            "Which elements count, by the ids of their tokens.",
        ),
        Component(
            "token_weights",
            "kpool_plugins.stages.token_weights:token_weights",
            "How often an element counts, by the id of its token.",
        ),
        Component("truncate", "kpool_plugins.stages.truncate:truncate", "The first features."),
    ]
