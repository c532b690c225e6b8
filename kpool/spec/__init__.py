"""The spec language: config strings that say how to pool and what follows; Keras is not imported here."""

from kpool.spec.binding import check_syntax, parse, parse_region
from kpool.spec.schema import schema
from kpool.spec.tree import Call, Spec

__all__ = ["Call", "Spec", "check_syntax", "parse", "parse_region", "schema"]
