"""Each named constraint of the tenants' tables refuses what breaks it, whichever code writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.tenancy.context import require_tenant_id
from common.writing import constraint_of
from tenants.models import (
    ApiToken,
    DigestMail,
    IdempotencyRecord,
    MailLine,
    Membership,
    Notification,
    Person,
    User,
)

pytestmark = pytest.mark.usefixtures("acme")


def person(**values: Any) -> Person:
    return Person.objects.create(**{"name": "Kim"} | values)


def user(**values: Any) -> User:
    return User.objects.create(**{"email": f"{uuid4()}@plant.example", "name": "Kim"} | values)


def member(**values: Any) -> Membership:
    defaults: dict[str, Any] = {"roles": ["reader"]}
    if "user" not in values:
        defaults["user"] = user()
    if not {"person", "person_id"} & values.keys():
        defaults["person"] = person()
    return Membership.objects.create(**defaults | values)


def token(**values: Any) -> ApiToken:
    defaults: dict[str, Any] = {
        "name": "ERP",
        "prefix": uuid4().hex[:10],
        "digest": b"0" * 32,
        "scopes": [],
        "expires_at": timezone.now() + timedelta(days=1),
    }
    if "created_by_id" not in values:
        defaults["created_by"] = Membership.objects.first()
    return ApiToken.objects.create(**defaults | values)


def answer() -> IdempotencyRecord:
    return IdempotencyRecord.objects.create(
        client="c", key="k", request_hash=b"0" * 32, status=200, body=b""
    )


def line(**values: Any) -> Notification:
    defaults: dict[str, Any] = {"topic": "t", "title": "t", "dedup_key": "k"}
    if "member_id" not in values:
        defaults["member"] = Membership.objects.order_by("id").first()
    return Notification.objects.create(**defaults | values)


def digest(**values: Any) -> DigestMail:
    defaults: dict[str, Any] = {"day": date(2026, 11, 2), "due_at": timezone.now()}
    if "member_id" not in values:
        defaults["member"] = Membership.objects.order_by("id").first()
    return DigestMail.objects.create(**defaults | values)


def mail_line(**values: Any) -> MailLine:
    defaults: dict[str, Any] = {"dedup_key": "k"}
    if "member_id" not in values:
        defaults["member"] = Membership.objects.order_by("id").first()
    return MailLine.objects.create(**defaults | values)


def twice(make: Callable[..., Any], **values: Any) -> None:
    make(**values)
    make(**values)


CASES: dict[str, Callable[[], Any]] = {
    "tenants_user_email_lower": lambda: user(email="Kim@plant.example"),
    "tenants_person_email_once": lambda: twice(person, email="kim@plant.example"),
    "tenants_person_name_given": lambda: person(name=""),
    "tenants_person_leaves_plausible": lambda: person(leaves_on=date(26, 11, 30)),
    "tenants_membership_once": lambda: twice(member, user=user()),
    "tenants_membership_person_once": lambda: twice(member, person=person()),
    "tenants_membership_person_fk": lambda: member(person_id=uuid4()),
    "tenants_membership_roles_known": lambda: member(roles=["king"]),
    "tenants_apitoken_by_fk": lambda: token(created_by_id=uuid4()),
    "tenants_apitoken_expires_within_a_year": lambda: token(
        expires_at=timezone.now() + timedelta(days=367)
    ),
    "tenants_idempotencyrecord_once": lambda: twice(answer),
    "tenants_notification_member_fk": lambda: line(member_id=uuid4()),
    "tenants_notification_once": lambda: twice(line),
    "tenants_digestmail_member_fk": lambda: digest(member_id=uuid4()),
    "tenants_digestmail_once": lambda: twice(digest),
    "tenants_digestmail_sent_by_a_try": lambda: digest(sent_at=timezone.now()),
    "tenants_mailline_member_fk": lambda: mail_line(member_id=uuid4()),
    "tenants_mailline_digest_fk": lambda: mail_line(digest_id=uuid4()),
    "tenants_mailline_once": lambda: twice(mail_line),
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses_by_name(name: str) -> None:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        CASES[name]()

    assert constraint_of(violated.value) == name


@pytest.mark.parametrize("later", [None, timezone.now()], ids=["taken back", "at another time"])
def test_a_token_that_is_revoked_stays_revoked(later: datetime | None) -> None:
    revoked = token(revoked_at=timezone.now() - timedelta(days=1))

    ApiToken.objects.filter(pk=revoked.pk).update(last_used_at=timezone.now())
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=later)

    assert constraint_of(violated.value) == "tenants_apitoken_revoked_stays"


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


def test_what_a_digest_told_is_told_by_no_other() -> None:
    told = mail_line(digest=digest(tries=1))
    rows = MailLine.objects.filter(pk=told.pk)
    later = digest(day=date(2026, 11, 3))
    rows.update(digest=later)  # what was not sent may go with another
    DigestMail.objects.filter(pk=later.pk).update(tries=1, sent_at=timezone.now())

    assert refused(lambda: rows.update(digest=None)) == "tenants_mailline_sent_stays"
    assert rows.update(digest=later) == 1


def test_a_line_goes_into_no_digest_of_somebody_else() -> None:
    other = mail_line(member=member())
    rows = MailLine.objects.filter(pk=other.pk)
    theirs = digest()

    assert refused(lambda: rows.update(digest=theirs)) == "tenants_mailline_own"
    assert refused(lambda: mail_line(member=member(), digest=theirs)) == "tenants_mailline_own"


def test_no_constraint_is_without_its_test() -> None:
    named = {
        constraint.name
        for model in (
            User,
            Person,
            Membership,
            ApiToken,
            IdempotencyRecord,
            Notification,
            DigestMail,
            MailLine,
        )
        for constraint in model._meta.constraints
        if not constraint.name.endswith(("_iso", "_tenant_key"))
    }

    assert named == set(CASES)


def test_a_member_without_a_role_is_refused_too() -> None:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        member(roles=[])

    assert constraint_of(violated.value) == "tenants_membership_roles_known"


def test_people_without_an_address_are_as_many_as_there_are() -> None:
    twice(person)

    assert Person.objects.filter(name="Kim", email="").count() == 2


def test_a_row_belongs_to_the_company_in_context() -> None:
    assert person().tenant_id == require_tenant_id()
