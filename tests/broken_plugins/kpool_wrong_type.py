"""invalid_component: names, where Components belong."""

from kpool import hookimpl


@hookimpl
def kpool_strategies():
    return ["wrong"]
