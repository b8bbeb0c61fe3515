"""Cursors of lists: opaque, bound to a tenant, a list and its filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from django.core import signing
from msgspec import Meta, Struct

MAX_PAGE = 1_000
PAGE = 100

Limit = Annotated[int, Meta(ge=1, le=MAX_PAGE, description="Rows in one answer.")]
Cursor = Annotated[
    str, Meta(max_length=500, description="`next_cursor` of the answer before; first page without.")
]


class PageQuery(Struct, forbid_unknown_fields=True):
    """Paging of a list."""

    limit: Limit = PAGE
    cursor: Cursor | None = None


class ArchivedQuery(PageQuery):
    """Paging of a list whose rows can be archived."""

    archived: Annotated[bool, Meta(description="Also the archived ones.")] = False


class BadCursor(Exception):
    """The cursor was changed, or belongs to another tenant, list or filter."""


def _signer(scope: str) -> signing.Signer:
    return signing.Signer(salt=f"cursor:{scope}")


def write(scope: str, place: list[Any]) -> str:
    """Return the cursor behind a row. place: the row's sort key, JSON values."""
    return _signer(scope).sign_object(place)


def read(scope: str, cursor: str, length: int) -> list[Any]:
    """Return the sort key that a cursor stands for, `length` values. Raises BadCursor."""
    try:
        place = _signer(scope).unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise BadCursor(str(error)) from None
    if not isinstance(place, list) or len(place) != length:
        raise BadCursor("another list")
    return place


class HasCode(Protocol):
    """A row that its code names."""

    code: Any


Row = TypeVar("Row", bound=HasCode)


class Listing(Protocol):
    """A view that answers lists; tenants.api.TenantView says what its methods do."""

    def place(self, cursor: str | None, length: int, *filters: Any) -> list[Any] | None: ...
    def scope(self, *filters: Any) -> str: ...


def page_by_code(
    view: Listing, sent: ArchivedQuery, find: Callable[..., list[Row]]
) -> tuple[list[Row], str | None]:
    """Return a page of rows by their codes, and the cursor of the page behind it.

    find: takes `after` (a code), `archived` and `limit`.
    """
    place = view.place(sent.cursor, 1, sent.archived)
    found = find(after=place[0] if place else "", archived=sent.archived, limit=sent.limit + 1)
    rows = found[: sent.limit]
    more = len(found) > sent.limit
    return rows, write(view.scope(sent.archived), [rows[-1].code]) if more else None


class HasKey(Protocol):
    """A row that its key names."""

    pk: Any


Kept = TypeVar("Kept", bound=HasKey)


def page_by_key(
    view: Listing, sent: PageQuery, filters: tuple[Any, ...], find: Callable[..., list[Kept]]
) -> tuple[list[Kept], str | None]:
    """Return a page of rows by their keys, oldest first, and the cursor of the page behind it.

    filters: what the cursor is bound to. find: takes `after` (a key or None) and `limit`.
    """
    place = view.place(sent.cursor, 1, *filters)
    found = find(after=UUID(place[0]) if place else None, limit=sent.limit + 1)
    rows = found[: sent.limit]
    more = len(found) > sent.limit
    return rows, write(view.scope(*filters), [str(rows[-1].pk)]) if more else None
