"""The spec language: config strings that say how to pool and what follows; Keras is not imported here."""

from kpool.spec.binding import parse, parse_region
from kpool.spec.schema import schema
from kpool.spec.tree import Call, Spec

__all__ = ["Call", "Spec", "parse", "parse_region", "schema"]
