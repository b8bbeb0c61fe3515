"""Entering the demo with one click, and nothing but the demo."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from common.tenancy.context import tenant
from tenants.models import Membership, Person, User
from tests.conftest import NOW, Cast, signed_in

ENTER = "/accounts/persona/"


@pytest.fixture
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


def enter(member: Membership, **more: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post(ENTER, {"persona": str(member.id), **more})


def test_one_click_enters_as_a_persona(cast: Cast, demo_mode: None) -> None:
    client, response = enter(cast.persona)

    assert response["Location"] == "/t/replay/"
    assert client.get("/t/replay/").status_code == 200
    assert client.get("/")["Location"] == "/t/replay/"


def test_the_sign_in_page_says_who_each_persona_is_and_what_they_may_do(
    cast: Cast, demo_mode: None
) -> None:
    page = Client().get("/accounts/login/").content.decode()

    assert "Replay Works" in page
    assert str(cast.persona.id) in page
    assert "Executive: sees every pilot, agrees targets and decides after week 12" in page
    assert str(cast.double.id) not in page
    assert str(cast.lead.id) not in page


@pytest.mark.parametrize(
    ("wanted", "sent_to"),
    [
        ("/t/replay/metrics/?q=1", "/t/replay/metrics/?q=1"),
        ("/t/acme/metrics/", "/t/replay/"),
        ("/t/replay", "/t/replay/"),
        ("/", "/t/replay/"),
        ("https://evil.example/t/replay/", "/t/replay/"),
        ("//evil.example/t/replay/", "/t/replay/"),
        ("http://testserver/t/replay/", "/t/replay/"),
    ],
)
def test_one_click_leads_to_the_page_that_was_asked_for_in_that_demo(
    cast: Cast, demo_mode: None, wanted: str, sent_to: str
) -> None:
    assert enter(cast.persona, next=wanted)[1]["Location"] == sent_to


def test_every_way_in_carries_the_page_that_was_asked_for(cast: Cast, demo_mode: None) -> None:
    page = Client().get("/accounts/login/?next=/t/replay/metrics/").content.decode()

    assert page.count('<input type="hidden" name="next" value="/t/replay/metrics/"') == 2


def test_a_persona_without_a_job_is_called_by_their_name(cast: Cast, demo_mode: None) -> None:
    with tenant(cast.demo):
        Person.objects.filter(pk=cast.persona.person_id).update(name="Kim Lee", job_title="")

    page = Client().get("/accounts/login/").content.decode()

    assert "<span>Kim Lee<small>" in page
    assert "Somebody" not in page


def test_outside_demo_mode_there_are_no_personas(cast: Cast, settings: Any) -> None:
    settings.DEMO_MODE = False

    page = Client().get("/accounts/login/").content.decode()
    client, response = enter(cast.persona)

    assert "Look around as" not in page
    assert response.status_code == 404
    assert client.get("/t/replay/").status_code == 302


@pytest.mark.parametrize("who", ["lead", "admin", "stranger", "double"])
def test_nobody_of_a_tenant_that_is_no_demo_can_be_entered(
    cast: Cast, demo_mode: None, who: str
) -> None:
    client, response = enter(getattr(cast, who))

    assert response.status_code == 404
    assert client.get("/t/acme/").status_code == 302


def test_somebody_who_only_was_in_another_tenant_cannot_be_entered_either(
    cast: Cast, demo_mode: None
) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(user_id=cast.double.user_id).update(removed_at=NOW)

    assert enter(cast.double)[1].status_code == 404


@pytest.mark.parametrize("sent", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_persona_is_not_found(cast: Cast, demo_mode: None, sent: str) -> None:
    assert Client().post(ENTER, {"persona": sent}).status_code == 404


def test_a_link_alone_never_enters(cast: Cast, demo_mode: None) -> None:
    assert Client().get(ENTER, {"persona": str(cast.persona.id)}).status_code == 405


def test_a_closed_account_is_not_entered(cast: Cast, demo_mode: None) -> None:
    User.objects.filter(pk=cast.persona.user_id).update(is_active=False)

    assert enter(cast.persona)[1].status_code == 404


def test_a_persona_session_opens_no_other_tenant_even_after_joining_one(
    cast: Cast, demo_mode: None
) -> None:
    client, _ = enter(cast.persona)
    real = signed_in(cast.double)
    session = client.session
    session["_auth_user_id"] = str(cast.double.user_id)
    session["_auth_user_hash"] = real.session["_auth_user_hash"]
    session.save()

    assert real.get("/t/acme/").status_code == 200
    assert client.get("/t/acme/").status_code == 404


def test_a_persona_session_ends_with_demo_mode(cast: Cast, settings: Any) -> None:
    settings.DEMO_MODE = True
    client, _ = enter(cast.persona)
    settings.DEMO_MODE = False

    assert client.get("/t/replay/").status_code == 404


def test_a_persona_sets_no_password_for_everybody(cast: Cast, demo_mode: None) -> None:
    client, _ = enter(cast.persona)
    new = "a sentence nobody else knows"

    response = client.post("/accounts/password/set/", {"password1": new, "password2": new})

    assert response.status_code == 403
    assert not User.objects.get(pk=cast.persona.user_id).has_usable_password()


def test_the_application_cannot_see_members_through_the_list_of_personas(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT slug FROM list_demo_personas()")
        assert cursor.fetchall() == [("replay",)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "gunicorn", "-c", "config/gunicorn.py", "--bind", "127.0.0.1:0"],
        ["-m", "celery", "-A", "config", "worker", "--pool=solo"],
        ["-m", "celery", "-A", "config", "beat"],
        ["manage.py", "demo"],
        ["-m", "config.servers.prepare"],
    ],
    ids=["web", "worker", "beat", "a command", "make run"],
)
def test_demo_mode_refuses_to_start_in_production_in_one_sentence(command: list[str]) -> None:
    environ = {**os.environ, "DEMO_MODE": "1", "PRODUCTION": "1"}

    found = subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        cwd=settings.BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = "Refused to start: DEMO_MODE lets anybody in as a persona: not with PRODUCTION.\n"
    assert (found.returncode, found.stderr) == (3, said)
