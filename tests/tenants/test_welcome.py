"""The mail to a new member: kept in a row until it is sent, whatever is away meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from common.tenancy.context import tenant
from common.tenancy.tasks import HEADER
from tenants import actions, queries, rules, tasks
from tenants.models import Membership
from tenants.rules import Role
from tests.conftest import NOW, Cast, signed_in
from tests.tenants.test_members import MEMBERS, asker, invite, press, stored


def waiting(now: datetime) -> list[int]:
    return queries.list_tenants_with_welcomes(now=now)


def work() -> None:
    """Do what the sweep finds, as its worker would."""
    task: Any = tasks.send_welcomes
    for tenant_id in waiting(datetime.now(UTC)):
        task.push_request(headers={HEADER: tenant_id})
        try:
            task()
        finally:
            task.pop_request()


def invited(cast: Cast, now: datetime) -> Membership:
    with tenant(cast.acme):
        return actions.invite_member(
            email="new@plant.example", person=None, name="New", roles=[Role.READER], functions=[],
            by=asker(cast.admin), now=now,
        )  # fmt: skip


def take(cast: Cast, now: datetime) -> actions.Welcome | None:
    with tenant(cast.acme):
        return actions.take_welcome(now=now)


def member_page(cast: Cast, member: Membership) -> str:
    return signed_in(cast.admin).get(f"{MEMBERS}{member.id}/").content.decode()


def test_a_lost_wake_up_costs_no_mail(cast: Cast) -> None:
    invite(cast, email="new@plant.example", name="New")  # the job after commit never comes

    work()
    work()

    assert [message.to for message in mail.outbox] == [["new@plant.example"]]
    assert waiting(datetime.now(UTC)) == []


def test_a_mail_server_that_is_away_is_tried_again_until_it_answers(
    cast: Cast, settings: Any
) -> None:
    member = invited(cast, now=datetime.now(UTC))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there

    work()

    assert "tried again" in member_page(cast, member)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with tenant(cast.acme):
        Membership.objects.filter(pk=member.pk).update(welcome_due_at=datetime.now(UTC))
    work()
    assert len(mail.outbox) == 1
    assert "tried again" not in member_page(cast, member)


def test_a_mail_is_taken_by_one_worker_and_given_up_in_the_end(cast: Cast) -> None:
    member, now, taken = invited(cast, NOW), NOW, 0
    for wait in rules.WELCOME_WAITS:
        assert take(cast, now) is not None
        assert take(cast, now) is None
        now, taken = now + wait, taken + 1

    assert take(cast, now + timedelta(days=365)) is None
    assert taken == len(rules.WELCOME_WAITS)
    assert "Send it again, or tell them yourself." in member_page(cast, member)
    assert waiting(now + timedelta(days=365)) == []


def test_a_mail_asked_for_while_another_is_on_its_way_is_sent_too(cast: Cast) -> None:
    member = invited(cast, NOW)
    first = take(cast, NOW)
    assert first is not None
    with tenant(cast.acme):
        actions.send_welcome_again(member=member, by=asker(cast.admin), now=NOW)

        actions.note_welcome_sent(first)

    assert take(cast, NOW) is not None


def test_somebody_removed_gets_no_mail_any_more(cast: Cast) -> None:
    member = invited(cast, now=datetime.now(UTC))
    press(cast, member, "remove")

    work()

    assert mail.outbox == []


@pytest.mark.parametrize("was_here", [False, True])
def test_who_is_brought_back_is_told_how_to_get_in_unless_they_know(
    cast: Cast, was_here: bool
) -> None:
    member = invited(cast, now=datetime.now(UTC))
    if was_here:
        signed_in(member).get("/t/acme/")
    press(cast, stored(cast, member), "remove")
    press(cast, stored(cast, member), "restore")

    work()

    assert [message.to for message in mail.outbox] == [["new@plant.example"]] * (not was_here)
