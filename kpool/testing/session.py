"""x"""

from __future__ import annotations


class Session:
    def __init__(self, targets):
        self.targets = targets

    def __enter__(self):
        for t in self.targets:
            t.session = self
        return self

    def __exit__(self, *_):
        pass
