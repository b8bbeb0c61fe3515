"""A new company: made by an operator's command, entered by its administrator through the mail."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from audit.models import AuditEvent
from common.tenancy.context import tenant
from tenants import actions, queries
from tenants.models import Membership, Person, Tenant, User
from tests.tenants.test_sign_in import reset_link, sign_in
from tests.tenants.test_welcome import work

pytestmark = pytest.mark.slow
DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
COMMAND = re.compile(r"python manage.py create_tenant (\S+) ((?:.|\\\n)+?[^\\])\n")


@pytest.fixture(autouse=True)
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let commands commit as they do in a terminal; mails they ask for are worked off."""
    with django_db_blocker.unblock():
        yield
        work()
        connections["owner"].close()


def documented(page: str) -> list[str]:
    """Return the options that a page gives the command, without the slug."""
    found = COMMAND.search((DOCS / page).read_text())
    assert found, page
    return shlex.split(found[2].replace("\\\n", " "))


def create(slug: str, *options: str) -> str:
    said = StringIO()
    call_command("create_tenant", slug, *options, stdout=said)
    return said.getvalue()


def options_for(slug: str, **changes: str) -> list[str]:
    given = {
        "name": "Castings",
        "zone": "Europe/Berlin",
        "currency": "EUR",
        "admin_email": f"{slug}@plant.example",
        "admin_name": "Ada Berg",
    }
    pairs = ((f"--{name.replace('_', '-')}", value) for name, value in (given | changes).items())
    return [part for pair in pairs for part in pair]


def new_slug() -> str:
    return f"new-{uuid4().hex[:8]}"


def opened(slug: str) -> int:
    found = [tenant_id for tenant_id in queries.list_tenant_ids() if slug_of(tenant_id) == slug]
    assert len(found) == 1
    return found[0]


def slug_of(tenant_id: int) -> str:
    with tenant(tenant_id):
        return Tenant.objects.get(pk=tenant_id).slug


def rows() -> tuple[int, ...]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT last_value FROM tenants_tenant_id_seq")
        (number,) = cursor.fetchone()
    return number, User.objects.count(), len(queries.list_tenant_ids())


@pytest.mark.parametrize("page", ["how-to/deploy.md", "operations.md"])
def test_the_documented_command_lets_the_administrator_in(page: str) -> None:
    slug, options = new_slug(), documented(page)
    email = f"{slug}@northwind.example"
    options[options.index("--admin-email") + 1] = email

    said = create(slug, *options)
    work()

    assert f"Northwind Castings is at http://127.0.0.1:8012/t/{slug}/ (Europe/Berlin, EUR)." in said
    assert f"mails {email}" in said
    (message,) = mail.outbox
    assert message.to == [email]
    client, new = Client(), "a sentence about grey castings"
    choose = client.get(client.get(reset_link(str(message.body)))["Location"])
    client.post(choose.request["PATH_INFO"], {"password1": new, "password2": new})
    inside, _ = sign_in(email, new)
    assert inside.get("/")["Location"] == f"/t/{slug}/"
    assert inside.get(f"/t/{slug}/settings/members/").status_code == 200


def test_the_trail_tells_who_made_the_company_and_let_whom_in() -> None:
    slug = new_slug()

    create(slug, *options_for(slug))

    with tenant(opened(slug)):
        member = Membership.objects.get()
        told = list(AuditEvent.objects.order_by("seq").values_list("actor", "action", "object"))
    assert told == [
        ("system:create_tenant", "TENANT_CREATED", f"tenant:{slug}"),
        ("system:create_tenant", "PERSON_ADDED", f"person:{member.person_id}"),
        ("system:create_tenant", "MEMBER_ADDED", f"member:{member.pk}"),
    ]
    assert member.roles == ["admin"]


def test_a_second_run_says_so_and_changes_nothing() -> None:
    slug = new_slug()
    create(slug, *options_for(slug))
    work()
    mail.outbox.clear()
    before = rows()

    with pytest.raises(CommandError) as told:
        create(slug, *options_for(slug, admin_email="other@plant.example", name="Other"))

    work()
    assert str(told.value) == f"There is a company at /t/{slug}/ already; nothing was changed."
    assert rows() == before
    assert mail.outbox == []
    with tenant(opened(slug)):
        assert Tenant.objects.get(slug=slug).name == "Castings"
        assert (Person.objects.count(), AuditEvent.objects.count()) == (1, 3)


def test_a_run_that_was_cut_off_is_finished_by_the_next() -> None:
    slug = new_slug()
    actions.create_tenant(slug=slug, name="Half", currency="USD", zone="UTC")

    create(slug, *options_for(slug))

    with tenant(opened(slug)):
        made = Tenant.objects.get(slug=slug)
        assert (made.name, made.zone, made.currency) == ("Castings", "Europe/Berlin", "EUR")
        assert Membership.objects.get().user.email == f"{slug}@plant.example"


@pytest.mark.parametrize(
    ("slug", "changes", "words"),
    [
        ("Acme Works", {}, "slug: Up to 50 small letters, digits and hyphens make an address."),
        ("a" * 51, {}, "slug: Up to 50 small letters, digits and hyphens make an address."),
        (
            "fine",
            {"zone": "Europe/Atlantis"},
            "zone: Europe/Atlantis is no time zone. Examples: Europe/Berlin, America/Chicago.",
        ),
        ("fine", {"zone": "europe/berlin"}, "zone: europe/berlin is no time zone. Examples: "),
        ("fine", {"currency": "euro"}, "currency: A currency is three capitals, such as EUR."),
        ("fine", {"admin_email": "ada"}, "admin email: This is not an e-mail address."),
        ("fine", {"admin_name": " "}, "admin name: Fill this in."),
        ("fine", {"name": "A\nB"}, "name: "),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence_and_nothing_is_made(
    slug: str, changes: dict[str, str], words: str
) -> None:
    before = rows()

    with pytest.raises(CommandError) as told:
        create(slug, *options_for("fine", **changes))

    assert str(told.value).startswith(words)
    assert "\n" not in str(told.value)
    assert rows() == before
