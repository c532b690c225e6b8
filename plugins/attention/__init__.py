"""The attention family: averages whose weights are learned."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component(
            "ada_attention",
            "kpool_plugins.attention.ada_attention:AdaAttentionPooling",
            "Average with weights asked for by the bag's mean or one of its elements.",
        ),
        Component(
            "attention",
            "kpool_plugins.attention.attention:AttentionPooling",
            "Average with weights from a small network.",
        ),
        Component(
            "clip_attention",
            "kpool_plugins.attention.clip_attention:ClipAttentionPooling",
            "Attention of the mean among elements that know their positions, as in CLIP.",
        ),
        Component(
            "cls_attention",
            "kpool_plugins.attention.cls_attention:ClsAttentionPooling",
            "A learned token that attends to the elements, block after block, as in CaiT.",
        ),
        Component(
            "dot_attention",
            "kpool_plugins.attention.dot_attention:DotAttentionPooling",
            "Average with weights from learned queries.",
        ),
        Component(
            "gated_attention",
            "kpool_plugins.attention.gated_attention:GatedAttentionPooling",
            "Average with weights from a small gated network.",
        ),
        Component(
            "latent_attention",
            "kpool_plugins.attention.latent_attention:LatentAttentionPooling",
            "The mean of elements that have attended to learned latents, as in NV-Embed.",
        ),
        Component(
            "map",
            "kpool_plugins.attention.map:MAPPooling",
            "Multi-head attention with a learned probe and an MLP, as in SigLIP.",
        ),
        Component(
            "multi_hop",
            "kpool_plugins.attention.multi_hop:MultiHopPooling",
            "Several averages from one small network, kept apart by a penalty.",
        ),
        Component(
            "simpool",
            "kpool_plugins.attention.simpool:SimPoolPooling",
            "Attention of the mean over values raised to a power.",
        ),
        Component(
            "vector_attention",
            "kpool_plugins.attention.vector_attention:VectorAttentionPooling",
            "Average with weights of its own for every feature.",
        ),
    ]
