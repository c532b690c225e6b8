"""What kpool raises. Every error says what was given, what was expected and the way out."""


class KpoolError(ValueError):
    """The root of kpool's errors, a ValueError.

    Any can be made of its message alone: Keras makes it anew when it puts what a layer was called with behind it.
    """


class SpecError(KpoolError):
    """A spec that cannot be understood. `spec` is the text, `span` the part of it that is wrong."""

    def __init__(self, message: str, *, spec: str = "", span: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.spec = spec
        self.span = span


class UnknownNameError(SpecError):
    """A name that no installed plugin gives."""


class AmbiguousNameError(SpecError):
    """A short name that two plugins give; `plugin/name` says which."""


class PluginError(KpoolError):
    """A plugin that cannot be used, with its distribution, version and place of failure."""


class KpoolPluginWarning(UserWarning):
    """A plugin that could not be used, or is not there; all others are used."""


class MaskError(KpoolError):
    """A mask that does not say, element by element, what counts."""


class BudgetError(KpoolError):
    """A head with more parameters than its budget allows; raised before anything is allocated."""
