"""bad_hook: the hook raises."""

from kpool import hookimpl


@hookimpl
def kpool_strategies():
    return [{}["missing"]]
