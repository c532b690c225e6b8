"""incompatible: its distribution requires a kpool that does not exist; it must not be imported."""

raise AssertionError("imported")
