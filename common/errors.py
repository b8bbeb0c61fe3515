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


class StorageAway(OSError):
    """Files that people brought cannot be reached now; none is known to be gone."""


class Unconfirmed(Refused):
    """A rule asks first: the same again, with this answer, is done.

    answer: the number that the words name, so that a yes is to this and to nothing larger.
    """

    def __init__(self, words: str, *, code: str, field: str, answer: int) -> None:
        super().__init__(words, code=code, field=field)
        self.answer = answer


class Changed(Refused):
    """Somebody else changed the row since the asking person opened it; nothing was written.

    by_now: a sentence that says how it stands, where no field of a form can.
    """

    def __init__(self, by_now: str = "") -> None:
        words = (
            "This was changed by someone else since you opened it. Nothing of yours was saved yet."
        )
        super().__init__(f"{words} {by_now}".rstrip(), code="changed_meanwhile")
