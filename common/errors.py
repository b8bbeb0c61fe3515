"""The one exception for "a rule says no"."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blocker:
    """What stands in the way of something: words that say what to do first, and the page for it."""

    words: str
    path: str


class Refused(Exception):
    """A rule said no; the text is for the person who asked.

    code: stable word for clients, such as `pilot_archived`.
    field: the field the words belong to, empty when they concern the whole.
    blockers: what to do first, each on a page of its own.
    """

    def __init__(
        self,
        words: str,
        *,
        code: str = "refused",
        field: str = "",
        blockers: Sequence[Blocker] = (),
    ) -> None:
        super().__init__(words)
        self.code = code
        self.field = field
        self.blockers = tuple(blockers)


class Unconfirmed(Refused):
    """A rule asks first: the same again, with this answer, is done.

    answer: the number that the words name, so that a yes is to this and to nothing larger.
    """

    def __init__(self, words: str, *, code: str, field: str, answer: int) -> None:
        super().__init__(words, code=code, field=field)
        self.answer = answer


class Changed(Refused):
    """Somebody else changed the row since the asking person opened it; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "This was changed by someone else since you opened it. Nothing of yours was saved yet.",
            code="changed_meanwhile",
        )
