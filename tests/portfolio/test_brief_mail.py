"""The brief by mail: who gets it and when, once a month, with the figures of its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any, ClassVar
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, connections

from audit.models import AuditEvent
from common.tenancy.context import tenant
from common.tenancy.tasks import HEADER
from metrics.actions import outcomes
from portfolio import actions, mails, rules
from portfolio.models import BriefMail, Pilot
from tenants import actions as tenants
from tenants import queries as tenant_queries
from tenants.mails import Taken
from tenants.models import Membership, User
from tenants.rules import Role
from tests.conftest import Cast, signed_in
from tests.plant import Plant
from tests.portfolio.test_board import plant, text

# 06:05 at Acme Castings on the first working day of November 2026, a Monday.
MORNING = datetime(2026, 11, 2, 5, 5, tzinfo=UTC)
COO, SPONSOR = "coo@plant.example", "sponsor@plant.example"
STRANGER = "stranger@plant.example"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
OWN_MAIL = "/t/acme/preferences/"


@contextmanager
def at(now: datetime) -> Iterator[None]:
    """Let it be a moment for everything that reads the clock."""
    with time_machine.travel(now, tick=False):
        yield


def work(tenant_id: int, now: datetime = MORNING) -> list[str]:
    """Do the tenant's job at a moment, as its worker would; return whom it has mailed so far."""
    task: Any = mails.mail_briefs
    with at(now):
        task.push_request(headers={HEADER: tenant_id})
        try:
            task()
        finally:
            task.pop_request()
    return sorted(address for message in mail.outbox for address in message.to)


def let_in(*members: Membership) -> None:
    """Give members a password, as they chose one behind the link in their first mail."""
    User.objects.filter(pk__in=[member.user_id for member in members]).update(password="chosen")


@pytest.fixture
def acme_works(cast: Cast) -> Cast:
    """A pilot under way at Acme Castings, and members who have signed in."""
    let_in(cast.coo, cast.sponsor, cast.lead, cast.admin, cast.reader, cast.double, cast.persona)
    with at(MORNING), plant(cast) as acme:
        acme.whole("Late orders", week=6, weeks=40, locked=True, money=(100, 20))
        other = acme.pilot("Stock <alarm>", lead=cast.lead, sponsor=cast.lead)
        metric = acme.metric("Stock-outs & shortages")
        acme.send(metric)
        acme.aim(other, metric, agreed=False)
        actions.write_review(
            pilot=other,
            week=5,
            status="at_risk",
            sentence="One of 2 suppliers sends nothing.",
            next_decision="",
            version=0,
            by=cast.lead,
            now=acme.now,
        )
    return cast


def rows(cast: Cast) -> list[BriefMail]:
    with tenant(cast.acme):
        return list(BriefMail.objects.order_by("id"))


@pytest.mark.parametrize(
    ("zone", "before", "month"),
    [
        # The 1st is a Sunday, and on it Chicago's clocks go back: 06:00 of the 2nd is 12:00 UTC.
        ("America/Chicago", datetime(2026, 11, 2, 11, 59, tzinfo=UTC), date(2026, 11, 1)),
        # Where it is Monday earlier, and never summer.
        ("Asia/Dhaka", datetime(2026, 11, 1, 23, 59, tzinfo=UTC), date(2026, 11, 1)),
        # Summer time, and the 1st a Saturday.
        ("Europe/Berlin", datetime(2026, 8, 3, 3, 59, tzinfo=UTC), date(2026, 8, 1)),
        # The 1st is a working day; in UTC it is still the month before.
        ("Pacific/Auckland", datetime(2026, 9, 30, 16, 59, tzinfo=UTC), date(2026, 10, 1)),
        ("Asia/Kathmandu", datetime(2027, 1, 1, 0, 14, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_brief_goes_out_from_six_on_the_first_working_day_by_the_companys_own_clock(
    zone: str, before: datetime, month: date
) -> None:
    begins = before + timedelta(minutes=1)

    assert rules.brief_month(now=before, zone=zone) is None
    assert rules.brief_month(now=begins, zone=zone) == month
    assert rules.brief_month(now=begins + timedelta(days=7, minutes=-1), zone=zone) == month
    assert rules.brief_month(now=begins + timedelta(days=7), zone=zone) is None


@pytest.mark.parametrize("month", range(1, 13))
def test_a_brief_never_goes_out_on_a_weekend_before_a_working_day_came(month: int) -> None:
    moments = [datetime(2026, month, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(24 * 28)]

    first = next(one for one in moments if rules.brief_month(now=one, zone="UTC"))

    assert (first.hour, first.weekday() < 5, first.day <= 3) == (6, True, True)


def test_executives_and_sponsors_of_running_pilots_get_the_brief_and_nobody_else(
    acme_works: Cast,
) -> None:
    assert work(acme_works.acme, MORNING - timedelta(minutes=6)) == []

    assert work(acme_works.acme) == [COO, SPONSOR]


def stop(cast: Cast, name: str, now: datetime) -> None:
    """Stop a pilot that nobody decided about before."""
    with tenant(cast.acme):
        outcomes.decide_pilot(
            pilot=Pilot.objects.get(name=name),
            version=1,
            word="stop",
            reason="No use.",
            by=cast.coo,
            now=now,
        )


@pytest.mark.parametrize("end", ["stopped", "archived"])
def test_a_sponsor_whose_pilots_are_over_gets_none(acme_works: Cast, end: str) -> None:
    if end == "archived":
        with at(MORNING), tenant(acme_works.acme):
            pilot = Pilot.objects.get(name="Late orders")
            actions.archive_pilot(pilot=pilot, by=acme_works.admin, now=MORNING)
    else:
        stop(acme_works, "Late orders", MORNING)

    assert work(acme_works.acme) == [COO]


def test_the_sponsor_of_a_stopped_pilot_without_a_metric_gets_none(cast: Cast) -> None:
    let_in(cast.coo, cast.sponsor)
    with at(MORNING), plant(cast) as acme:
        acme.pilot("Stock alarm", sponsor=cast.sponsor)
    stop(cast, "Stock alarm", MORNING)

    assert work(cast.acme) == [COO]


def test_a_company_without_a_pilot_sends_nothing(cast: Cast) -> None:
    let_in(cast.coo)

    assert work(cast.acme) == []
    assert rows(cast) == []


def test_a_brief_is_sent_once_a_month_however_often_the_job_runs(acme_works: Cast) -> None:
    for hours in (0, 1, 2, 24, 150, 400):
        work(acme_works.acme, MORNING + timedelta(hours=hours))

    assert work(acme_works.acme) == [COO, SPONSOR]
    assert {row.month for row in rows(acme_works)} == {date(2026, 11, 1)}
    december = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
    assert work(acme_works.acme, december) == [COO, COO, SPONSOR, SPONSOR]


def test_a_day_on_which_nothing_ran_is_made_up_for_within_a_week(acme_works: Cast) -> None:
    assert work(acme_works.acme, MORNING + timedelta(days=8)) == []

    assert work(acme_works.acme, MORNING + timedelta(days=6)) == [COO, SPONSOR]


def plain(html: str) -> str:
    """Return the words of a mail's HTML."""
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(bare).split())


def sentences(message: Any) -> list[str]:
    """Return what a mail's text says, line by line, without its addresses and its last words."""
    body, _, _ = message.body.partition("\n--\n")
    lines = [re.sub(r"https?://\S+", "", line).strip(" -") for line in body.splitlines()]
    return [" ".join(line.split()) for line in lines if line]


def the_pages(lines: list[str]) -> list[str]:
    """Leave out what only the mail says: for which month it is, and since when it looks back."""
    own = re.compile(r"Acme|[A-Z][a-z]+day |To decide now|Changed since |No read-out, decision,")
    return [line for line in lines if not own.match(line)]


def written(cast: Cast, now: datetime) -> Any:
    """Return the mail to the COO as it is written at a moment, sent or not."""
    with at(now), tenant(cast.acme):
        company = tenant_queries.find_company()
        assert company is not None
        reader = tenant_queries.get_member(cast.coo.pk)
        month = now.date().replace(day=1)
        mail_of_month = BriefMail(pk=uuid4(), month=month)
        taken = Taken(mail=mail_of_month, reader=reader, company=company)
        return mails.write(taken, now=now)


# Lines of the trail are dated by the database, so what changed stands there now and not then.
@pytest.mark.parametrize("now", [MORNING, datetime.now(UTC)], ids=["then", "now"])
def test_the_mail_says_what_the_page_says_and_no_number_more(
    acme_works: Cast, now: datetime
) -> None:
    message = written(acme_works, now)

    with at(now):
        page = text(signed_in(acme_works.coo).get("/t/acme/brief/"))
    html, text_lines = plain(message.alternatives[0][0]), sentences(message)
    said, own = the_pages(text_lines), set(text_lines) - set(the_pages(text_lines))
    for words in own:
        assert words in html
        html = html.replace(words, "")
    for words in (
        "None of 2 pilots has a verdict yet. 1 pilot waits for a decision.",
        "2 pilots against their baseline",
    ):
        assert words in page
        assert words in said
        assert words in html
    assert ("Lead locked the baseline" in html) is ("Lead locked the baseline" in page)
    numbers = re.compile(r"\d[\d.,]*\d|\d")
    on_page = set(numbers.findall(page))
    assert set(numbers.findall(" ".join(said))) <= on_page
    assert set(numbers.findall(html)) <= on_page
    for line in said:
        for part in re.split(r": |, (?:week|now|target) |^Before ", line):
            assert part.rstrip(".") in page, part
            assert part.rstrip(".") in html, part


@pytest.mark.parametrize(
    ("month", "zone", "since"),
    [
        (date(2026, 11, 1), "Europe/Berlin", datetime(2026, 9, 30, 22, tzinfo=UTC)),
        (date(2027, 1, 1), "America/Chicago", datetime(2026, 12, 1, 6, tzinfo=UTC)),
        (date(2026, 3, 1), "UTC", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_the_mail_tells_what_changed_since_the_month_before_began(
    month: date, zone: str, since: datetime
) -> None:
    assert rules.brief_since(month=month, zone=zone) == since


def test_the_mail_speaks_of_its_month_and_the_page_of_its_week(acme_works: Cast) -> None:
    message = written(acme_works, MORNING)

    with at(MORNING):
        page = text(signed_in(acme_works.coo).get("/t/acme/brief/"))
    for said in (" ".join(message.body.split()), plain(message.alternatives[0][0])):
        assert "Acme Castings · Monthly pilot brief Monday 2 November 2026" in said
        assert "To decide now" in said
        assert "Changed since 1 Oct" in said
        assert not re.search("weekly|this week|last week|seven days", said, re.IGNORECASE)
    assert "Weekly pilot brief" in page and "Decide this week" in page
    assert "Changed since last week" in page


def test_a_decision_of_weeks_ago_stands_in_the_mail_before_all_that_came_after_it(
    cast: Cast,
) -> None:
    with plant(cast) as acme:
        acme.whole("Stock <alarm>")
        stop(cast, "Stock <alarm>", acme.now)
        for number in range(6):
            acme.pilot(f"Later {number}")
    today = datetime.now(UTC)
    in_a_month = today.replace(day=1) + timedelta(days=32)

    said = sentences(written(cast, in_a_month))

    with at(in_a_month):
        page = text(signed_in(cast.coo).get("/t/acme/brief/"))
    assert "No read-out, decision, lock or note in the last seven days." in page
    changed = said[next(n for n, line in enumerate(said) if line.startswith("Changed since")) :]
    assert changed[1].startswith("Stock <alarm>: Coo stopped the pilot, ")
    assert len(changed) == 8
    assert re.fullmatch(r"And \d+ more on the pages of the pilots\.", changed[-1])


def test_what_changed_and_what_was_written_of_the_week_stand_in_the_mail(acme_works: Cast) -> None:
    assert (
        "locked the baseline of Late orders on time" in written(acme_works, datetime.now(UTC)).body
    )
    assert "At risk: One of 2 suppliers sends nothing." in written(acme_works, MORNING).body


def test_page_and_mail_say_that_a_pilot_was_stopped_and_when_and_name_no_week_of_it(
    acme_works: Cast,
) -> None:
    # Already the 2nd at Acme Castings.
    stop(acme_works, "Late orders", datetime(2026, 11, 1, 23, 30, tzinfo=UTC))

    message = written(acme_works, MORNING)

    with at(MORNING):
        page = text(signed_in(acme_works.reader).get("/t/acme/brief/"))
    assert "Late orders on time Too early Stopped · 2 Nov over " in page
    assert (
        "Late orders: Too early\n  Stopped · 2 Nov\n  Late orders on time, over\n" in message.body
    )
    html = plain(message.alternatives[0][0])
    assert "Late orders : Too early Stopped · 2 Nov Late orders on time, over Before" in html


def test_the_mail_leads_to_the_page_and_to_the_own_preferences_by_whole_addresses(
    acme_works: Cast, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://w12.example/"

    work(acme_works.acme)

    message: Any = mail.outbox[0]
    html = message.alternatives[0][0]
    for address in ("/t/acme/brief/", OWN_MAIL):
        assert f"https://w12.example{address}" in message.body
        assert f'href="https://w12.example{address}"' in html
    assert not re.search(r'href="(?!https://w12\.example/)|<img|src=|url\(', html)
    assert message.extra_headers["List-Unsubscribe"] == f"<https://w12.example{OWN_MAIL}>"
    assert message.subject.startswith("Acme Castings: None of 2 pilots has a verdict yet.")
    assert "Stock &lt;alarm&gt;" in html and "Stock <alarm>" in message.body


def choose(member: Membership, *, on: bool) -> Any:
    answer = {"monthly_brief": "on"} if on else {}
    kept = {"csrfmiddlewaretoken": "x", "daily_digest": "on"}
    return signed_in(member).post(OWN_MAIL, {**kept, **answer}, follow=True)


def is_on(member: Membership) -> bool:
    """Say whether the page shows the brief as chosen."""
    page = signed_in(member).get(OWN_MAIL).content.decode()
    box = re.search(r'<input[^>]*name="monthly_brief"[^>]*>', page)
    assert box is not None
    return "checked" in box[0]


def test_a_member_turns_the_brief_off_and_on_and_looking_changes_nothing(acme_works: Cast) -> None:
    coo = acme_works.coo
    assert is_on(coo)

    assert "no longer comes by mail" in text(choose(coo, on=False))

    assert not is_on(coo)
    assert work(acme_works.acme) == [SPONSOR]
    choose(coo, on=False)
    choose(coo, on=True)
    assert work(acme_works.acme, MORNING + timedelta(hours=1)) == [COO, SPONSOR]
    with tenant(acme_works.acme):
        told = AuditEvent.objects.filter(action="MEMBER_MAIL_SET").order_by("seq")
        assert [(line.actor, line.payload) for line in told] == [
            (f"member:{coo.id}", {"monthly_brief": False}),
            (f"member:{coo.id}", {"monthly_brief": True}),
        ]


def remove(cast: Cast) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.coo.pk).update(removed_at=MORNING)


def close(cast: Cast) -> None:
    User.objects.filter(pk=cast.coo.user_id).update(is_active=False)


def never_came(cast: Cast) -> None:
    user = User.objects.get(pk=cast.coo.user_id)
    user.set_unusable_password()
    user.save()


def read_only(cast: Cast) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.coo.pk).update(roles=[Role.READER.value])


@pytest.mark.parametrize("change", [remove, close, never_came, read_only])
def test_who_is_gone_or_no_executive_or_never_chose_a_password_gets_none(
    acme_works: Cast, change: Any
) -> None:
    change(acme_works)

    assert work(acme_works.acme) == [SPONSOR]


def test_a_demo_sends_none(cast: Cast) -> None:
    let_in(cast.persona)
    with at(MORNING), tenant(cast.demo):
        acme = Plant(cast)
        acme.pilot()

    assert work(cast.demo) == []


def health(cast: Cast, now: datetime) -> str:
    with at(now):
        return text(signed_in(cast.admin).get("/t/acme/settings/health/"))


def test_a_mail_server_that_is_away_is_tried_again_and_the_health_page_says_so(
    acme_works: Cast, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    work(acme_works.acme)

    page = health(acme_works, MORNING)

    assert "Briefs that could not be mailed" in page
    assert "Coo Not sent yet 1 Mon, 2 Nov 2026, 07:05" in page
    settings.EMAIL_BACKEND = LOCMEM
    assert work(acme_works.acme, MORNING + timedelta(minutes=59)) == []
    later = MORNING + timedelta(hours=1)
    assert work(acme_works.acme, later) == [COO, SPONSOR]
    assert "could not be mailed" not in health(acme_works, later)


def test_a_brief_that_nobody_takes_is_given_up_and_stays_on_the_health_page_that_month(
    acme_works: Cast, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    for hour in (0, 1, 3, 7, 15, 31, 55, 79):
        work(acme_works.acme, MORNING + timedelta(hours=hour))
    settings.EMAIL_BACKEND = LOCMEM

    assert work(acme_works.acme, MORNING + timedelta(days=6)) == []

    assert {row.tries for row in rows(acme_works)} == {len(rules.BRIEF_WAITS)}
    assert "Coo Given up 6 no more this month" in health(acme_works, MORNING + timedelta(days=20))
    assert "Given up" not in health(acme_works, MORNING + timedelta(days=40))
    choose(acme_works.coo, on=False)
    assert "Coo Given up" not in health(acme_works, MORNING + timedelta(days=20))


@pytest.mark.parametrize("change", [remove, close, never_came, read_only])
def test_the_health_page_promises_no_try_to_who_is_to_get_none_any_more(
    acme_works: Cast, settings: Any, change: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    work(acme_works.acme)

    change(acme_works)

    page = health(acme_works, MORNING)
    assert "Sponsor Not sent yet 1" in page
    assert "Coo Not sent yet" not in page


def test_the_health_page_promises_no_try_once_the_days_of_the_mail_are_over(
    acme_works: Cast, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    work(acme_works.acme)

    assert "Coo Given up 1 no more this month" in health(acme_works, MORNING + timedelta(days=8))


def test_a_brief_that_cannot_be_written_is_a_try_and_holds_up_nobody(
    acme_works: Cast, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PUBLIC_URL = None  # what a mail's addresses are made of
    work(acme_works.acme)

    assert [row.tries for row in rows(acme_works)] == [1, 1]
    assert caplog.text.count("could not be written") == 2
    assert "Coo Not sent yet 1 Mon, 2 Nov 2026, 07:05" in health(acme_works, MORNING)
    settings.PUBLIC_URL = "https://w12.example"
    assert work(acme_works.acme, MORNING + timedelta(minutes=15)) == []
    assert work(acme_works.acme, MORNING + timedelta(hours=1)) == [COO, SPONSOR]


class LeavingBackend(EmailBackend):
    """Takes a mail, and meanwhile everybody is removed from the company."""

    tenant_id = 0

    def send_messages(self, messages: Any) -> Any:
        with tenant(LeavingBackend.tenant_id):
            Membership.objects.update(removed_at=MORNING)
        return super().send_messages(messages)


def test_a_member_who_leaves_while_the_job_runs_gets_none(acme_works: Cast, settings: Any) -> None:
    LeavingBackend.tenant_id = acme_works.acme
    settings.EMAIL_BACKEND = f"{__name__}.LeavingBackend"

    assert work(acme_works.acme) == [COO]


def test_the_job_of_a_company_mails_its_own_people_about_its_own_pilots(
    acme_works: Cast,
) -> None:
    let_in(acme_works.stranger)
    with at(MORNING), tenant(acme_works.borealis):
        Membership.objects.filter(pk=acme_works.stranger.pk).update(roles=[Role.EXECUTIVE.value])
        Plant(replace(acme_works, admin=acme_works.stranger)).pilot("Pump alarm")
    work(acme_works.acme)

    # 06:05 in Chicago.
    assert work(acme_works.borealis, MORNING + timedelta(hours=7)) == [COO, SPONSOR, STRANGER]
    whole = mail.outbox[2].message().as_string()
    assert "Pump alarm" in whole and "/t/borealis/" in whole
    assert not re.search("Late orders|Acme|/t/acme/", whole)
    assert not any("Pump alarm" in str(message.message()) for message in mail.outbox[:2])


class Killed(BaseException):
    """The worker ends at once, as by a signal that cannot be caught."""


class DyingBackend(EmailBackend):
    """Kills the worker at the second mail it is given."""

    given = 0

    def send_messages(self, messages: Any) -> Any:
        DyingBackend.given += 1
        if DyingBackend.given == 2:
            raise Killed
        return super().send_messages(messages)


def test_a_worker_killed_half_way_leaves_the_rest_to_the_next(
    acme_works: Cast, settings: Any
) -> None:
    DyingBackend.given = 0
    settings.EMAIL_BACKEND = f"{__name__}.DyingBackend"
    with pytest.raises(Killed):
        work(acme_works.acme)
    assert len(mail.outbox) == 1
    settings.EMAIL_BACKEND = LOCMEM

    assert len(work(acme_works.acme, MORNING + timedelta(minutes=15))) == 1
    assert work(acme_works.acme, MORNING + timedelta(hours=1)) == [COO, SPONSOR]


def test_a_second_try_has_the_same_message_id(acme_works: Cast, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Week Twelve <w12@plant.example>"
    with at(MORNING), tenant(acme_works.acme):
        found = mails.find_mailing(MORNING)
        assert found is not None
        actions.plan_briefs(month=found.month, members=list(found.readers), now=MORNING)

    tried: dict[Any, set[str]] = {}
    for hours in (0, 1):
        now = MORNING + timedelta(hours=hours)
        with at(now), tenant(acme_works.acme):
            for _ in range(2):
                taken = mails.take(now)
                assert taken is not None
                message = mails.write(taken, now=now)
                tried.setdefault(taken.reader.pk, set()).add(message.message()["Message-ID"])

    assert [len(ids) for ids in tried.values()] == [1, 1]
    assert all(one.endswith("@plant.example>") for ids in tried.values() for one in ids)


class LookingBackend(EmailBackend):
    """Sends only what a committed row speaks of, and takes its time for it."""

    tenant_id = 0
    seen: ClassVar[list[int]] = []

    def send_messages(self, messages: Any) -> Any:
        assert not connection.in_atomic_block
        with tenant(LookingBackend.tenant_id):
            LookingBackend.seen.append(BriefMail.objects.filter(sent_at=None, tries=1).count())
        return super().send_messages(messages)


@pytest.fixture
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """A committed company with six executives and a pilot, for workers that commit."""
    slug = f"brief-{uuid4().hex[:8]}"
    with django_db_blocker.unblock():
        tenant_id = tenants.create_tenant(
            slug=slug, name="Brief Works", currency="EUR", zone="Europe/Berlin"
        )
        with tenant(tenant_id):
            for number in range(6):
                email = f"coo{number}@{slug}.example"
                user = tenants.create_user(email=email, name=email, password=None)
                person = tenants.add_person(name=email, email=email, actor="system:test")
                member = tenants.add_member(
                    user=user, person=person, roles=[Role.EXECUTIVE], actor="system:test"
                )
                let_in(member)
            site = actions.add_site(name="Plant", zone="Europe/Berlin", by=member)
            actions.add_pilot(
                name="Late orders", site=site, start_date=date(2026, 10, 5), by=member, now=MORNING
            )
        connections["owner"].close()
        yield tenant_id
        connections.close_all()


@pytest.mark.slow
def test_two_workers_at_the_same_moment_send_each_mail_once_and_after_its_row(
    company: int, settings: Any
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.LookingBackend"
    LookingBackend.tenant_id, LookingBackend.seen = company, []

    def worker(number: int) -> None:
        try:
            task: Any = mails.mail_briefs
            task.push_request(headers={HEADER: company})
            try:
                task()
            finally:
                task.pop_request()
        finally:
            connection.close()

    with at(MORNING), ThreadPoolExecutor(3) as pool:
        list(pool.map(worker, range(3)))

    assert len(mail.outbox) == len({message.to[0] for message in mail.outbox}) == 6
    assert len(LookingBackend.seen) == 6
    assert min(LookingBackend.seen) >= 1
    with tenant(company):
        assert BriefMail.objects.exclude(sent_at=None).count() == 6


def test_a_suspended_company_sends_none(company: int) -> None:
    suspend = "UPDATE tenants_tenant SET suspended_at = now() WHERE id = %s"
    with tenant(company, using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute(suspend, [company])

    assert work(company) == []


def test_every_company_is_asked_each_quarter_of_an_hour(cast: Cast, settings: Any) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["briefs"]

    assert entry["task"] == "portfolio.sweep_briefs"
    assert entry["schedule"].minute == {0, 15, 30, 45}
