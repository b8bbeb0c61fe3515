"""The brief by mail as a mail server gets it: what it takes, what it refuses, and what is said then."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from common.tenancy.context import tenant
from portfolio import actions
from portfolio.models import BriefMail, Pilot
from tenants.models import Person
from tests.conftest import Cast
from tests.mail_server import MailServer, mail_server
from tests.portfolio.test_brief_mail import (
    COO,
    MORNING,
    SPONSOR,
    acme_works,
    at,
    health,
    plain,
    work,
)

__all__ = ["acme_works"]
LATER = MORNING + timedelta(hours=1)


def send_by(server: MailServer, settings: Any) -> None:
    """Let mails go to a server as they do in a plant."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as found:
        send_by(found, settings)
        yield found


def addresses(server: MailServer) -> list[str]:
    return sorted(address for address, _ in server.taken)


def part(message: EmailMessage, kind: str) -> str:
    found: Any = message.get_body((kind,))
    content: str = found.get_content()
    return content


def test_a_mail_server_gets_one_mail_for_each_member_with_text_and_html(
    acme_works: Cast, server: MailServer
) -> None:
    work(acme_works.acme)
    work(acme_works.acme, LATER)

    assert addresses(server) == [COO, SPONSOR]
    for address, message in server.taken:
        assert message["To"] == address
        assert message["Subject"].startswith("Acme Castings: None of 2 pilots has a verdict yet.")
        assert message["Auto-Submitted"] == "auto-generated"
        assert "Stock <alarm>: No baseline" in part(message, "plain")
        assert "Stock <alarm> : No baseline" in plain(part(message, "html"))
    assert server.refused == []


def test_names_and_sentences_of_any_length_and_script_reach_the_reader_as_they_are(
    acme_works: Cast, server: MailServer
) -> None:
    name, sentence = "Gießerei „Öfen“ 鋳造 <b>" + "x" * 60, "Ä" * 240
    with at(MORNING), tenant(acme_works.acme):
        pilot = Pilot.objects.get(name="Stock <alarm>")
        Pilot.objects.filter(pk=pilot.pk).update(name=name)
        actions.write_review(
            pilot=pilot,
            week=5,
            status="at_risk",
            sentence=sentence,
            next_decision="",
            version=1,
            by=acme_works.lead,
            now=MORNING,
        )

    work(acme_works.acme)

    assert addresses(server) == [COO, SPONSOR]
    for said in (part(server.taken[0][1], "plain"), plain(part(server.taken[0][1], "html"))):
        assert name in said
        assert sentence in said


def test_a_name_adds_no_header_and_no_recipient(acme_works: Cast, server: MailServer) -> None:
    with tenant(acme_works.acme):
        Person.objects.update(name="Coo\r\nBcc: stranger@elsewhere.example")
        Pilot.objects.update(
            name="Late\r\n.\r\nMAIL FROM:<x@elsewhere.example>\r\nBcc: a@b.example"
        )

    work(acme_works.acme)

    assert addresses(server) == [COO, SPONSOR]
    assert all(message["Bcc"] is None for _, message in server.taken)


def test_one_address_that_the_server_does_not_know_holds_up_nobody_else(
    acme_works: Cast, server: MailServer
) -> None:
    server.unknown = [COO]

    work(acme_works.acme)

    assert (addresses(server), server.refused) == ([SPONSOR], ["550"])
    page = health(acme_works, MORNING)
    assert "Coo Not sent yet 1 Mon, 2 Nov 2026, 07:05" in page
    assert "Sponsor Not sent yet" not in page
    server.unknown = []
    work(acme_works.acme, LATER)
    assert addresses(server) == [COO, SPONSOR]
    assert "could not be mailed" not in health(acme_works, LATER)


@pytest.mark.parametrize(
    ("rules", "reply"),
    [
        ({"size": 500}, "552"),
        ({"wants_tls": True}, "530"),
        ({"busy": [COO, SPONSOR]}, "451"),
    ],
    ids=["too-large", "wants-tls", "busy"],
)
def test_what_a_server_refuses_is_tried_later_and_stands_on_the_health_page(
    acme_works: Cast, settings: Any, rules: dict[str, Any], reply: str
) -> None:
    with mail_server(**rules) as server:
        send_by(server, settings)
        work(acme_works.acme)
        assert (server.taken, set(server.refused)) == ([], {reply})
    assert "Coo Not sent yet 1 Mon, 2 Nov 2026, 07:05" in health(acme_works, MORNING)
    with mail_server() as server:
        send_by(server, settings)
        work(acme_works.acme, MORNING + timedelta(minutes=59))
        assert server.taken == []
        work(acme_works.acme, LATER)
        assert addresses(server) == [COO, SPONSOR]


def test_a_server_that_keeps_silent_is_asked_once_and_the_rest_waits_for_the_next_look(
    acme_works: Cast, settings: Any
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call, and says nothing
        send_by(MailServer(port=silent.getsockname()[1]), settings)
        work(acme_works.acme)
    with tenant(acme_works.acme):
        assert sorted(BriefMail.objects.values_list("tries", flat=True)) == [0, 1]

    with mail_server() as server:
        send_by(server, settings)
        work(acme_works.acme, MORNING + timedelta(minutes=15))
        assert len(server.taken) == 1
        work(acme_works.acme, LATER)
        assert addresses(server) == [COO, SPONSOR]


def test_a_server_that_offers_no_encryption_gets_nothing_where_it_is_asked_for(
    acme_works: Cast, server: MailServer, settings: Any
) -> None:
    settings.EMAIL_USE_TLS = True

    work(acme_works.acme)

    assert server.taken == []
    with tenant(acme_works.acme):
        assert set(BriefMail.objects.values_list("sent_at", "tries")) == {(None, 1)}
