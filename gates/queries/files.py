"""What the storage holds of a gate's evidence."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from common import files
from common.errors import StorageAway

from ..models import Evidence
from ..rules.states import State
from . import Seen


def is_whole(evidence: Evidence) -> bool:
    """Say whether the file of a piece of evidence lies in the storage as it was brought."""
    return find_content(evidence) is not None


def find_content(evidence: Evidence) -> bytes | None:
    """Return the file of a piece of evidence; None when it is gone, or another one lies there."""
    content = files.read(evidence.file_key)
    if content is None or sha256(content).hexdigest() != evidence.file_digest:
        return None
    return content


def list_gone(seen: Seen) -> list[Evidence]:
    """Return the files that a gate would rest on today and that the storage has no more."""
    current = {piece.key for one in seen.standings for piece in one.pieces}
    return [
        one
        for one in seen.evidence
        if one.file_key and str(one.pk) in current and not is_whole(one)
    ]


def gone_words(gone: Iterable[Evidence]) -> str:
    """Return which files the storage has no more, in words."""
    return f"Gone from the storage, or changed there: {', '.join(one.file_name for one in gone)}."


def find_lost(seen: Seen) -> list[Evidence] | None:
    """Return the files for which a gate that asks for nothing else is not submitted or passed.

    Empty for a gate that is decided, or lacks a criterion: its files are not read. None while the
    storage does not answer.
    """
    if seen.state in {State.PASSED, State.WAIVED} or seen.missing:
        return []
    try:
        return list_gone(seen)
    except StorageAway:
        return None


def list_kept_keys() -> set[str]:
    """Return the keys of every file that some evidence has, taken back or not."""
    return set(Evidence.objects.exclude(file_key="").values_list("file_key", flat=True))
