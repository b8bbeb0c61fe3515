"""The one exception for "a rule says no"."""


class Refused(Exception):
    """A rule said no; the text is for the person who asked.

    code: stable word for clients, such as `pilot_archived`.
    field: the field the words belong to, empty when they concern the whole.
    """

    def __init__(self, words: str, *, code: str = "refused", field: str = "") -> None:
        super().__init__(words)
        self.code = code
        self.field = field


class Changed(Refused):
    """Somebody else changed the row since the asking person opened it; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "This was changed by someone else since you opened it. Nothing of yours was saved yet.",
            code="changed_meanwhile",
        )
