"""import_failed: what it needs is not installed."""

import nowhere_at_all  # noqa: F401
