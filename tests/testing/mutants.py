"""For every check of the kit a layer that breaks it, and its twin that keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import loud_layer
import numpy as np
import wrong_layers as layers
import wrong_poolings as poolings

import kpool
from kpool import registry
from kpool.hookspecs import Component
from kpool.testing.naming import as_target
from kpool.testing.target import Target

BUILT_IN = Component("twin", "wrong_poolings:Twin", "The mean, without a mistake.", kind="strategy", plugin="twins")


def given_as(plugin: str = "", **changes: Any) -> Target:
    """The twin as a plugin might give it."""
    return Target("twin", poolings.Twin, replace(BUILT_IN, **changes), plugin or "kpool_plugins.basic")


def registered(layer: kpool.Pooling) -> Target:
    """A strategy of this process."""
    name, cls = layer.strategy_name, type(layer)
    registry.default().add(Component(name, f"here:{cls.__name__}", "A mutant.", kind="strategy", loaded=cls))
    return Target(name, lambda: layer, registry.default().of_class(cls))


def doubled(bag: np.ndarray, layer: keras.layers.Layer) -> np.ndarray:
    return 2 * bag.mean(axis=0)


MUTANTS = {
    "import_light": lambda: given_as("heavy_plugin"),
    "hook_signature": lambda: given_as("misspelt_plugin"),
    "component_valid": lambda: given_as(summary="no full stop"),
    "target_resolves": lambda: given_as(target="wrong_poolings:Nothing"),
    "name_unique": lambda: given_as(name="mean"),
    "no_side_effects": lambda: loud_layer.Loud,
    "json_round_trip": lambda: layers.ConfigHasObject,
    "from_config_equal": lambda: layers.ConfigDrifts,
    "arguments_kept": lambda: layers.ConfigForgets,
    "unknown_argument_refused": lambda: layers.TakesAnything,
    "clone_model": lambda: layers.WeightsOfChance,
    "spec_round_trip": lambda: registered(poolings.SpecForgets(scale=2.0)),
    "accepts_input": lambda: layers.TakesNothing,
    "output_shape": lambda: layers.AnnouncesWrongly,
    "dynamic_sizes": lambda: layers.DividesByLength,
    "length_one": lambda: layers.SampleVariance,
    "batch_one": lambda: layers.SqueezesBatch,
    "batch_zero": lambda: keras.layers.GlobalMaxPooling1D,
    "no_steps": lambda: keras.layers.GlobalAveragePooling1D,
    "wrong_rank_refused": lambda: layers.Layer,
    "data_format": lambda: poolings.OneFormat,
    "output_dtype": lambda: poolings.AlwaysFloat32,
    "masked_values": lambda: layers.MultipliesByMask,
    "masked_gradients": lambda: layers.ChoosesTooLate,
    "full_mask": lambda: layers.AddsEpsilon,
    "padding": lambda: layers.DividesByLength,
    "empty_row": lambda: keras.layers.GlobalAveragePooling1D,
    "empty_row_gradient": lambda: layers.RootOfNothing,
    "no_mask_leak": lambda: layers.LeaksMask,
    "mask_dtypes": lambda: layers.BoolOnly,
    "implicit_mask": lambda: keras.layers.GlobalMaxPooling1D,
    "bad_mask_refused": lambda: keras.layers.GlobalAveragePooling1D,
    "lost_mask_refused": lambda: poolings.NeedsNoMask,
    "weights": lambda: poolings.IgnoresWeights,
    "weights_repeat": lambda: poolings.RootsWeights,
    "grid_mask": lambda: poolings.WrongGridMask(over="window(2)"),
    "region_bags": lambda: poolings.ComparesBags,
    "region_gradients": lambda: poolings.StopsOnGrid,
    "region_modes": lambda: poolings.EagerlyOther,
    "chunks_merged": lambda: poolings.MergesWrongly,
    "oracle": lambda: as_target(poolings.Twin, oracle=doubled),
    "permutation": lambda: poolings.CallsItselfInvariant,
    "batch_mates": lambda: layers.CentresBatch,
    "modes_agree": lambda: layers.EagerlyOther,
    "deterministic": lambda: layers.Noisy,
    "training_flag": lambda: layers.TrainsOtherwise,
    "finite_gradients": lambda: layers.UnguardedRoot,
    "gradcheck": lambda: layers.StopsGradient,
    "half_precision": lambda: layers.SquaresInHalf,
    "half_precision_masked": lambda: keras.layers.GlobalAveragePooling1D,
    "float32_precision": lambda: layers.Cancels,
    "keras_file": lambda: layers.Unsaved,
    "weights_file": lambda: layers.Unsaved,
    "quantized_file": lambda: layers.ForgetsPolicies,
    "no_list_containers": lambda: layers.ListsLayers,
    "lowered": lambda: poolings.ComparesObjects,
    "saved_model": lambda: layers.DividesByLength,
    "litert": lambda: layers.RareOperation,
    "onnx": lambda: layers.RareOperation,
}

# The mean keeps every law but those that it has nothing to do with.
TWINS = {
    "oracle": lambda: as_target("mean", oracle=lambda bag, layer: bag.mean(axis=0)),
    "grid_mask": lambda: "mean(over=window(2))",
}
