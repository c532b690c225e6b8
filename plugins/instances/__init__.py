"""The instances family: multiple-instance learning."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component(
            "clam",
            "kpool_plugins.instances.clam:CLAMPooling",
            "Class scores of one attention branch a class: clustering-constrained attention.",
        ),
        Component(
            "dsmil",
            "kpool_plugins.instances.dsmil:DSMILPooling",
            "Class scores of the strongest element and of what resembles it, averaged.",
        ),
        Component(
            "isr",
            "kpool_plugins.instances.isr:ISRPooling",
            "Integrated segmentation and recognition: odds of the bag are the sum of its odds.",
        ),
        Component(
            "noisy_and",
            "kpool_plugins.instances.noisy_and:NoisyAndPooling",
            "Active once enough of the bag is, with a threshold learned for each class.",
        ),
        Component(
            "noisy_or",
            "kpool_plugins.instances.noisy_or:NoisyOrPooling",
            "The probability that at least one element is active.",
        ),
    ]
