"""People named in a company, with or without a sign-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common.errors import Blocker, Refused
from common.writing import change, explained, lock

from .. import queries
from ..models import (
    Person,
)
from ..queries import Doer

PLAUSIBLE = {
    "tenants_person_leaves_plausible": Refused(
        "This day is in no plausible year. Check the year.", code="implausible", field="leaves_on"
    )
}
EMAIL_TAKEN = {
    "tenants_person_email_once": Refused(
        "Somebody here has this e-mail address already, perhaps in the archive.",
        code="email_taken",
        field="email",
    )
}


def add_person(
    *, name: str, actor: str, email: str = "", job_title: str = "", function: str = ""
) -> Person:
    """Name somebody in this tenant.

    Raises Refused for an e-mail address that somebody here has already. Audit: PERSON_ADDED.
    """
    with explained(EMAIL_TAKEN):
        person: Person = Person.objects.create(
            name=name, email=email.lower(), job_title=job_title, function=function
        )
    audit.record(actor=actor, action="PERSON_ADDED", object=f"person:{person.id}")
    return person


@transaction.atomic
def change_person(
    *,
    person: Person,
    version: int,
    name: str,
    email: str,
    job_title: str,
    function: str,
    leaves_on: date | None,
    by: Doer,
) -> Person:
    """Change what is known of a person; leaves_on: their last day, None while nobody knows one.

    Raises Changed for an old version, Refused for an e-mail address that somebody has already and for
    a last day in no plausible year.
    Audit: PERSON_CHANGED with the names of the fields, never their content.
    """
    person = lock(person, version=version)
    values = {
        "name": name,
        "email": email.lower(),
        "job_title": job_title,
        "function": function,
        "leaves_on": leaves_on,
    }
    with explained(EMAIL_TAKEN | PLAUSIBLE):
        moved = change(person, values)
    if moved:
        audit.record(
            actor=by.audit_name,
            action="PERSON_CHANGED",
            object=f"person:{person.id}",
            payload={"changed": sorted(moved)},
        )
    return person


@transaction.atomic
def archive_person(
    *, person: Person, used_by: Callable[[Person], Sequence[Blocker]], by: Doer, now: datetime
) -> Person:
    """Take a person out of every list to choose from; their past stays.

    used_by: finds where other apps use the person, and is asked once the person is locked; this
    app knows the membership itself.
    Raises Refused while somebody needs them. Audit: PERSON_ARCHIVED.
    """
    person = lock(person)
    if person.archived_at is not None:
        return person
    uses = [*used_by(person)]
    if queries.find_member_of(person.id) is not None:
        members = reverse("members", args=[queries.current_slug()])
        uses.append(Blocker(f"Remove {person.name} from the members first", members))
    if uses:
        raise Refused(f"{person.name} is still needed.", code="person_in_use", blockers=uses)
    change(person, {"archived_at": now})
    audit.record(actor=by.audit_name, action="PERSON_ARCHIVED", object=f"person:{person.id}")
    return person


@transaction.atomic
def restore_person(*, person: Person, by: Doer) -> Person:
    """Bring a person back from the archive. Audit: PERSON_RESTORED."""
    person = lock(person)
    if change(person, {"archived_at": None}):
        audit.record(actor=by.audit_name, action="PERSON_RESTORED", object=f"person:{person.id}")
    return person
