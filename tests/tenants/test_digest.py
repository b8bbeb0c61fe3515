"""The daily digest by mail: what is new for a person, once a day, to those who want it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from audit.models import AuditEvent
from common.tenancy.context import tenant
from common.tenancy.tasks import HEADER
from tenants import actions, mails, rules
from tenants import queries as tenants
from tenants.models import DigestMail, MailLine, Membership, Notification, User
from tests.conftest import Cast, signed_in
from tests.mail_server import MailServer, mail_server

# 07:05 in Berlin, a Monday.
MORNING = datetime(2026, 11, 2, 6, 5, tzinfo=UTC)
LEAD, SPONSOR, STRANGER = (f"{who}@plant.example" for who in ("lead", "sponsor", "stranger"))
OWN_MAIL = "/t/acme/preferences/"
DAY = timedelta(days=1)


@contextmanager
def at(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


def work(tenant_id: int, now: datetime = MORNING) -> list[str]:
    """Do the tenant's job at a moment, as its worker would; return whom it has mailed so far."""
    task: Any = mails.mail_digests
    with at(now):
        task.push_request(headers={HEADER: tenant_id})
        try:
            task()
        finally:
            task.pop_request()
    return sorted(address for message in mail.outbox for address in message.to)


@pytest.fixture
def people(cast: Cast) -> Cast:
    """The cast, with a password each, as they chose one behind the link in their first mail."""
    User.objects.update(password="chosen")
    return cast


def tell(cast: Cast, who: Membership, title: str, key: str = "", **values: Any) -> None:
    given = {"topic": "test", "path": "/t/acme/metrics/", "dedup_key": key or title, **values}
    with tenant(cast.acme):
        actions.notify(member_id=who.pk, title=title, **given)


def read(cast: Cast, title: str) -> None:
    with tenant(cast.acme):
        Notification.objects.filter(title=title).update(read_at=MORNING)


def health(cast: Cast, now: datetime) -> str:
    with at(now):
        return signed_in(cast.admin).get("/t/acme/settings/health/").content.decode()


def sends_by(settings: Any, port: int) -> None:
    """Let mails go to a server as they do in a plant."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


@pytest.mark.parametrize(
    ("zone", "before", "day"),
    [
        ("Europe/Berlin", datetime(2026, 11, 2, 5, 59, tzinfo=UTC), date(2026, 11, 2)),
        # Summer time, and a Friday.
        ("Europe/Berlin", datetime(2026, 8, 7, 4, 59, tzinfo=UTC), date(2026, 8, 7)),
        ("America/Chicago", datetime(2026, 11, 2, 12, 59, tzinfo=UTC), date(2026, 11, 2)),
        ("Asia/Kathmandu", datetime(2026, 11, 2, 1, 14, tzinfo=UTC), date(2026, 11, 2)),
    ],
)
def test_digests_go_out_from_seven_by_the_companys_own_clock_until_midnight(
    zone: str, before: datetime, day: date
) -> None:
    begins = before + timedelta(minutes=1)

    assert rules.digest_day(now=before, zone=zone) is None
    assert rules.digest_day(now=begins, zone=zone) == day
    assert rules.digest_day(now=begins + timedelta(hours=17, minutes=-1), zone=zone) == day
    assert rules.digest_day(now=begins + timedelta(hours=17), zone=zone) is None


def test_no_digest_goes_out_on_a_day_off_and_what_came_then_goes_on_monday(people: Cast) -> None:
    tell(people, people.lead, "It came on Saturday")

    assert work(people.acme, MORNING - 2 * DAY) == []
    assert work(people.acme, MORNING - DAY) == []
    assert work(people.acme) == [LEAD]


def test_a_person_gets_all_that_is_new_in_one_mail_of_text_and_html(
    people: Cast, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://w12.example/"
    for title in ("One <b>thing</b>", "Another"):
        tell(people, people.lead, title)
    tell(people, people.sponsor, "For the sponsor")

    assert work(people.acme) == [LEAD, SPONSOR]

    message: Any = next(one for one in mail.outbox if one.to == [LEAD])
    html = message.alternatives[0][0]
    assert message.subject == "Acme Castings: 2 things new for you"
    assert "- One <b>thing</b>\n  https://w12.example/t/acme/metrics/" in message.body
    assert 'href="https://w12.example/t/acme/metrics/">One &lt;b&gt;thing&lt;/b&gt;</a>' in html
    for said in (message.body, html):
        assert "For the sponsor" not in said
        assert "https://w12.example/t/acme/inbox/" in said
        assert f"https://w12.example{OWN_MAIL}" in said
    assert message.extra_headers["List-Unsubscribe"] == f"<https://w12.example{OWN_MAIL}>"
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "src=" not in html


def test_a_mail_leads_nowhere_but_into_its_company(people: Cast) -> None:
    tell(people, people.lead, "Look", path="https://evil.example/")
    tell(people, people.lead, "There", path="/t/borealis/")

    work(people.acme)

    message: Any = mail.outbox[0]
    for said in (message.body, message.alternatives[0][0]):
        assert "Look" in said
        assert "evil" not in said
        assert "borealis" not in said


def test_a_long_list_is_cut_and_counted(people: Cast) -> None:
    for number in range(25):
        tell(people, people.lead, f"Line {number:02}.")

    work(people.acme)

    message: Any = mail.outbox[0]
    assert message.subject.endswith("25 things new for you")
    assert message.body.count("- Line") == rules.DIGEST_LINES
    assert "And 5 more in your inbox." in message.body


def test_nothing_new_is_no_mail(people: Cast) -> None:
    tell(people, people.lead, "Read already")
    read(people, "Read already")

    assert work(people.acme) == []
    with tenant(people.acme):
        assert not DigestMail.objects.exists()


def test_what_was_mailed_is_mailed_no_second_time_however_often_the_job_runs(
    people: Cast,
) -> None:
    tell(people, people.lead, "Once")
    tell(people, people.lead, "Once")

    for hours in (0, 1, 5, 24, 48):
        work(people.acme, MORNING + timedelta(hours=hours))

    assert [one.to for one in mail.outbox] == [[LEAD]]


def test_a_person_gets_one_mail_a_day_and_the_rest_the_next_day(people: Cast) -> None:
    tell(people, people.lead, "Early")
    work(people.acme)
    tell(people, people.lead, "Late")

    assert work(people.acme, MORNING + timedelta(hours=3)) == [LEAD]
    assert work(people.acme, MORNING + DAY) == [LEAD, LEAD]
    assert "Late" in str(mail.outbox[1].body)
    assert "Early" not in str(mail.outbox[1].body)


def remove(cast: Cast) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.lead.pk).update(removed_at=MORNING)


def close(cast: Cast) -> None:
    User.objects.filter(pk=cast.lead.user_id).update(is_active=False)


def never_came(cast: Cast) -> None:
    user = User.objects.get(pk=cast.lead.user_id)
    user.set_unusable_password()
    user.save()


def turn_off(cast: Cast) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.lead.pk).update(daily_digest=False)


GONE = [remove, close, never_came, turn_off]


@pytest.mark.parametrize("change", GONE)
def test_who_left_or_turned_it_off_or_never_came_gets_none(people: Cast, change: Any) -> None:
    for who in (people.lead, people.sponsor):
        tell(people, who, "New")
    change(people)

    assert work(people.acme) == [SPONSOR]


@pytest.mark.parametrize("change", GONE)
def test_who_goes_while_a_mail_waits_gets_none_and_the_health_page_promises_none(
    people: Cast, settings: Any, change: Any
) -> None:
    for who in (people.lead, people.sponsor):
        tell(people, who, "New")
    usual = settings.EMAIL_BACKEND
    sends_by(settings, 9)  # nobody listens there
    work(people.acme)
    change(people)

    page = health(people, MORNING)
    settings.EMAIL_BACKEND = usual

    assert "Digests that could not be mailed" in page
    assert page.count("Not sent yet") == 1
    assert work(people.acme, MORNING + timedelta(hours=1)) == [SPONSOR]


def test_a_demo_sends_none(people: Cast) -> None:
    with tenant(people.demo):
        actions.notify(member_id=people.persona.pk, topic="t", title="New", path="", dedup_key="k")

    assert work(people.demo) == []


def test_the_job_of_a_company_mails_its_own_people_alone(people: Cast) -> None:
    tell(people, people.lead, "At Acme")
    with tenant(people.borealis):
        actions.notify(
            member_id=people.stranger.pk, topic="t", title="At Borealis", path="", dedup_key="k"
        )

    assert work(people.acme) == [LEAD]
    # 07:05 in Chicago.
    assert work(people.borealis, MORNING + timedelta(hours=7)) == [LEAD, STRANGER]
    assert "At Acme" not in str(mail.outbox[1].message().as_string())


def test_a_member_turns_the_digest_off_on_their_own_page(people: Cast) -> None:
    client = signed_in(people.lead)
    shown = client.get(OWN_MAIL).content.decode()

    page = client.post(OWN_MAIL, {"monthly_brief": "on"}, follow=True).content.decode()

    assert "Send me what is new in my inbox, once a day" in shown
    assert "what is new does not." in page
    tell(people, people.lead, "New")
    assert work(people.acme) == []
    with tenant(people.acme):
        told = AuditEvent.objects.get(action="MEMBER_MAIL_SET")
        assert told.payload == {"daily_digest": False}


# The mail server


def test_a_server_that_is_away_is_tried_again_and_the_health_page_says_so(
    people: Cast, settings: Any
) -> None:
    tell(people, people.lead, "New")
    sends_by(settings, 9)
    work(people.acme)
    page = health(people, MORNING)

    with mail_server() as server:
        sends_by(settings, server.port)
        work(people.acme, MORNING + timedelta(minutes=59))
        assert server.taken == []
        work(people.acme, MORNING + timedelta(hours=1))
        assert [address for address, _ in server.taken] == [LEAD]

    assert "Digests that could not be mailed" in page
    assert "Mon, 2 Nov 2026, 08:05" in page
    assert "could not be mailed" not in health(people, MORNING + timedelta(hours=1))


def test_what_no_server_took_all_day_goes_with_the_next_days_mail_and_in_one(
    people: Cast, settings: Any
) -> None:
    tell(people, people.lead, "Yesterday's")
    sends_by(settings, 9)
    for hours in (0, 1, 3, 7, 15):
        work(people.acme, MORNING + timedelta(hours=hours))
    given_up = health(people, MORNING + timedelta(hours=16))
    tell(people, people.lead, "Today's")

    with mail_server() as server:
        sends_by(settings, server.port)
        work(people.acme, MORNING + DAY)
        work(people.acme, MORNING + 2 * DAY)
        ((address, message),) = server.taken

    assert "Given up" in given_up
    assert "with what is new tomorrow" in given_up
    text: Any = message.get_body(("plain",))
    assert address == LEAD
    assert "Yesterday's" in text.get_content()
    assert "Today's" in text.get_content()


def test_one_address_that_nobody_has_holds_up_nobody_else(people: Cast, settings: Any) -> None:
    for who in (people.lead, people.sponsor):
        tell(people, who, "New")

    with mail_server(unknown=[LEAD]) as server:
        sends_by(settings, server.port)
        work(people.acme)

    assert [address for address, _ in server.taken] == [SPONSOR]
    assert server.refused == ["550"]
    page = health(people, MORNING)
    assert page.count("Not sent yet") == 1


def test_a_server_that_keeps_silent_is_asked_once(people: Cast, settings: Any) -> None:
    for who in (people.lead, people.sponsor):
        tell(people, who, "New")
    settings.EMAIL_TIMEOUT = 0.2

    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call, and says nothing
        sends_by(settings, MailServer(port=silent.getsockname()[1]).port)
        work(people.acme)

    with tenant(people.acme):
        assert sorted(DigestMail.objects.values_list("tries", flat=True)) == [0, 1]


def test_what_is_read_while_its_mail_waits_is_mailed_no_more(people: Cast, settings: Any) -> None:
    tell(people, people.lead, "New")
    usual = settings.EMAIL_BACKEND
    sends_by(settings, 9)
    work(people.acme)
    read(people, "New")
    settings.EMAIL_BACKEND = usual

    assert work(people.acme, MORNING + timedelta(hours=1)) == []
    assert "could not be mailed" not in health(people, MORNING + timedelta(hours=1))


# Channels


def test_what_a_member_is_told_is_told_by_every_channel_and_once(people: Cast) -> None:
    for _ in range(2):
        tell(people, people.lead, "Told")

    with tenant(people.acme):
        keys = [
            list(table.objects.filter(member=people.lead).values_list("dedup_key", flat=True))
            for table in (Notification, MailLine)
        ]
        assert keys == [["Told"], ["Told"]]
        assert [one.pk for one in tenants.list_digest_members()]
