"""import_failed: a script that was never meant to be imported."""

raise SystemExit(3)
