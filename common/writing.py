"""Steps that every action shares: lock a row, compare versions, put a refusal into words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import IntegrityError, connection, models, transaction

from .characters import likeness
from .errors import Changed, Refused
from .tenancy.context import require_tenant_id

M = TypeVar("M", bound=models.Model)


def lock(row: M, *, version: int | None = None) -> M:
    """Return the row as it is now, locked until the transaction ends.

    Other edits of the row wait. Those who only refer to it do not, and are not waited for: a sync
    of a metric, a key into the table (FOR NO KEY UPDATE lets FOR KEY SHARE pass).
    version: the one the person saw, None when it does not matter.
    Raises Changed when the row has another version by now.
    """
    manager: Any = type(row)._default_manager
    fresh: Any = manager.select_for_update(no_key=True).get(pk=row.pk)
    if version is not None and fresh.version != version:
        raise Changed
    found: M = fresh
    return found


def lock_alone(row: models.Model) -> None:
    """Wait for everybody who refers to a locked row, and let nobody new refer to it until the end."""
    manager: Any = type(row)._default_manager
    manager.select_for_update().values_list("pk").get(pk=row.pk)


def take_turn(what: str) -> None:
    """Wait until no other transaction of the tenant does the same thing; holds until the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [what, require_tenant_id()]
        )


def refuse_equal_name(name: str, *, what: str, others: models.QuerySet[Any]) -> None:
    """Raise Refused, naming the other row by its code, when people would take two names for one.

    others: the rows in use that stand beside this one in lists to choose from. Naming waits for its
    turn, so call it last before the write: two new rows cannot both find the name free.
    """
    take_turn(f"{what} name")
    alike = likeness(name)
    for code, taken in others.order_by("code").values_list("code", "name"):
        if likeness(taken) == alike:
            raise Refused(
                f"The {what} {code} is called “{taken}” already, and nobody could tell the two"
                " apart. Choose another name.",
                code="name_taken",
                field="name",
            )


def change(row: models.Model, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set values on a locked row and save it under its next version.

    Returns old and new value of each field that moved. Nothing is saved, and the answer is empty,
    when every value is what it was.
    """
    moved = {
        name: [getattr(row, name), value]
        for name, value in values.items()
        if getattr(row, name) != value
    }
    if not moved:
        return {}
    for name, (_, value) in moved.items():
        setattr(row, name, value)
    versioned: Any = row
    versioned.version += 1
    row.save(update_fields=[*moved, "version"])
    return moved


def told(moved: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return moved fields as the audit trail keeps them: rows by their key, the rest as text."""
    return {"changed": {name: [_plain(value) for value in pair] for name, pair in moved.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value.pk)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return str(value)


@contextmanager
def explained(refusals: Mapping[str, Refused]) -> Iterator[None]:
    """Turn violations of the named constraints into words; any other rises as it is.

    The block runs in a savepoint, so the transaction goes on after a refusal.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        refused = refusals.get(constraint_of(error))
        if refused is None:
            raise
        raise refused from error


def constraint_of(error: IntegrityError) -> str:
    """Return the name of the constraint that was violated; empty when none was."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
