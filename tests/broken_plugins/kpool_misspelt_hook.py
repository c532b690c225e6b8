"""bad_hook: nobody would ever call it."""

from kpool import hookimpl


@hookimpl
def kpool_strategys():
    return []
