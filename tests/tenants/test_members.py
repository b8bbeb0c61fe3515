"""Members: who comes in, as what, and that somebody stays tenant admin."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from common.errors import Refused
from common.tenancy.context import tenant
from portfolio.models import Part, Pilot, PilotParty, Site
from tenants import actions, queries
from tenants.models import Membership, Person, User
from tenants.rules import Actor, Role
from tests.conftest import NOW, Cast, signed_in
from tests.plant import let_lead
from tests.queries import counted

MEMBERS = "/t/acme/settings/members/"


def asker(member: Membership) -> queries.Member:
    """Return a member as a request carries it."""
    info = queries.TenantInfo(
        id=member.tenant_id, slug="acme", name="", currency="EUR", zone="UTC", locale="en",
        is_demo=False,
    )  # fmt: skip
    roles = frozenset(Role(role) for role in member.roles)
    return queries.Member(
        id=member.id, person_id=member.person_id, name="", actor=Actor(roles=roles), tenant=info
    )


def change(cast: Cast, member: Membership, *roles: Role, **extra: Any) -> Any:
    body = {"roles": [role.value for role in roles], "version": member.version, **extra}
    return signed_in(cast.admin).post(f"{MEMBERS}{member.id}/", body)


def press(cast: Cast, member: Membership, button: str) -> Any:
    return signed_in(cast.admin).post(
        f"{MEMBERS}{member.id}/{button}/", {"version": member.version}, follow=True
    )


def invite(cast: Cast, **body: Any) -> Any:
    return signed_in(cast.admin).post(f"{MEMBERS}new/", {"roles": ["reader"], **body})


def stored(cast: Cast, member: Membership) -> Membership:
    with tenant(cast.acme):
        found: Membership = Membership.objects.get(pk=member.pk)
        return found


def lines(cast: Cast, action: str) -> list[tuple[str, dict[str, Any]]]:
    with tenant(cast.acme):
        found = AuditEvent.objects.filter(action=action).order_by("seq")
        return [(line.object, line.payload) for line in found]


def second_admin(cast: Cast) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.coo.pk).update(roles=["executive", "admin"])


def test_the_list_names_members_roles_and_who_has_not_signed_in(cast: Cast) -> None:
    page = signed_in(cast.admin).get(MEMBERS).content.decode()

    assert "lead@plant.example" in page
    assert "Project lead" in page
    assert "Not yet" in page
    assert "stranger@plant.example" not in page


def last_here(page: str, email: str) -> str:
    """Return what the list of members says of when somebody was here."""
    row = next(row for row in page.split("<tr ") if email in row)
    return row.split('data-l="Last here">')[1].split("</td>")[0]


def test_what_a_person_does_in_another_company_is_not_on_the_list(cast: Cast) -> None:
    both = signed_in(cast.double)
    User.objects.filter(pk=cast.double.user_id).update(last_login=datetime.now(UTC))

    both.get("/t/replay/")
    elsewhere = signed_in(cast.admin).get(MEMBERS).content.decode()
    both.get("/t/acme/")
    here = signed_in(cast.admin).get(MEMBERS).content.decode()

    assert "Not yet" in last_here(elsewhere, "double@plant.example")
    assert re.search(r"20\d\d, \d\d:\d\d", last_here(here, "double@plant.example"))


def test_the_page_of_a_member_says_whether_they_were_in_this_company(cast: Cast) -> None:
    both = signed_in(cast.double)
    with tenant(cast.acme):
        key = Membership.objects.get(user_id=cast.double.user_id).pk

    both.get("/t/replay/")
    elsewhere = signed_in(cast.admin).get(f"{MEMBERS}{key}/").content.decode()
    both.get("/t/acme/")
    here = signed_in(cast.admin).get(f"{MEMBERS}{key}/").content.decode()

    assert "Was not here yet" in elsewhere
    assert "Was not here yet" not in here


@pytest.mark.parametrize(("minutes", "written"), [(14, False), (16, True)])
def test_being_here_is_written_once_in_a_quarter_of_an_hour(
    cast: Cast, minutes: int, written: bool
) -> None:
    client, before = signed_in(cast.lead), datetime.now(UTC) - timedelta(minutes=minutes)
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.lead.pk).update(last_seen_at=before)

    client.get("/t/acme/")

    assert (stored(cast, cast.lead).last_seen_at != before) is written


def test_an_admin_changes_roles_and_functions(cast: Cast) -> None:
    response = change(cast, cast.reader, Role.REVIEWER, functions=["legal", "security"])

    assert response["Location"] == MEMBERS
    member = stored(cast, cast.reader)
    assert (member.roles, member.functions) == (["reviewer"], ["legal", "security"])
    assert member.version == cast.reader.version + 1
    (name, payload) = lines(cast, "MEMBER_CHANGED")[0]
    assert name == f"member:{cast.reader.id}"
    assert payload["before"] == {"roles": ["reader"], "functions": []}


def test_a_new_role_counts_from_the_next_request(cast: Cast) -> None:
    client = signed_in(cast.reader)
    before = client.get(MEMBERS)

    change(cast, cast.reader, Role.ADMIN)

    assert (before.status_code, client.get(MEMBERS).status_code) == (403, 200)


def test_the_roles_somebody_has_already_change_and_record_nothing(cast: Cast) -> None:
    change(cast, cast.reader, Role.READER)

    assert stored(cast, cast.reader).version == cast.reader.version
    assert lines(cast, "MEMBER_CHANGED") == []


def test_a_change_of_what_somebody_else_changed_is_refused(cast: Cast) -> None:
    change(cast, cast.reader, Role.OPERATOR)

    response = change(cast, cast.reader, Role.LEAD)

    assert response.status_code == 409
    assert "changed by someone else" in response.content.decode()
    assert stored(cast, cast.reader).roles == ["operator"]


def test_no_role_at_all_is_refused(cast: Cast) -> None:
    response = change(cast, cast.reader)

    assert response.status_code == 422
    assert "Choose at least one role." in response.content.decode()


@pytest.mark.parametrize("button", ["", "remove/"])
def test_nobody_changes_or_removes_themselves(cast: Cast, button: str) -> None:
    second_admin(cast)
    body = {"roles": ["admin", "executive"], "version": cast.admin.version}

    signed_in(cast.admin).post(f"{MEMBERS}{cast.admin.id}/{button}", body)

    member = stored(cast, cast.admin)
    assert (member.roles, member.removed_at) == (["admin"], None)
    assert lines(cast, "MEMBER_CHANGED") == lines(cast, "MEMBER_REMOVED") == []


def test_a_removed_member_comes_in_no_more_and_returns_with_the_old_roles(cast: Cast) -> None:
    client = signed_in(cast.lead)

    press(cast, cast.lead, "remove")
    gone = client.get("/t/acme/")
    press(cast, stored(cast, cast.lead), "restore")

    assert gone.status_code == 404
    assert client.get("/t/acme/").status_code == 200
    assert stored(cast, cast.lead).roles == ["lead"]
    assert len(lines(cast, "MEMBER_REMOVED")) == len(lines(cast, "MEMBER_RESTORED")) == 1


def test_the_last_tenant_admin_stays(cast: Cast, acme: int) -> None:
    """The other admin was removed between the page and the click, so only one is left."""
    Membership.objects.filter(pk=cast.coo.pk).update(roles=["admin"])
    Membership.objects.filter(pk=cast.admin.pk).update(roles=["reader"])

    with pytest.raises(Refused, match="no longer a tenant admin"):
        actions.remove_member(
            member_id=cast.coo.pk, version=cast.coo.version, by=asker(cast.admin), now=NOW
        )


def test_admins_cannot_leave_nobody_behind_by_changing_roles(cast: Cast, acme: int) -> None:
    Membership.objects.filter(pk=cast.coo.pk).update(roles=["admin"])
    actions.change_member(
        member_id=cast.coo.pk,
        roles=[Role.READER],
        functions=[],
        version=cast.coo.version,
        by=asker(cast.admin),
    )

    with pytest.raises(Refused):
        actions.change_member(
            member_id=cast.admin.pk,
            roles=[Role.READER],
            functions=[],
            version=cast.admin.version,
            by=asker(cast.coo),
        )
    assert Membership.objects.filter(roles__contains=["admin"], removed_at=None).count() == 1


def test_a_removal_names_the_pilots_that_want_another_lead_before_and_after_it(cast: Cast) -> None:
    with tenant(cast.acme):
        let_lead(cast.lead, site=Site.objects.create(code="north", name="North", zone="UTC"))
    link = 'href="/t/acme/pilots/P-LED/people/?part=lead">Name another lead of P-LED Led</a>'

    before = signed_in(cast.admin).get(f"{MEMBERS}{cast.lead.id}/").content.decode()
    after = press(cast, cast.lead, "remove").content.decode()

    assert link in before
    assert link in after
    assert "Name another" not in press(cast, cast.reader, "remove").content.decode()


def test_a_removal_lists_eight_pilots_and_counts_the_others(cast: Cast) -> None:
    with tenant(cast.acme):
        site = Site.objects.create(code="north", name="North", zone="UTC")
        for number in range(22):
            pilot = Pilot.objects.create(
                code=f"P-{number:02}", name="Many", site=site, start_date=NOW.date()
            )
            PilotParty.objects.create(pilot=pilot, person_id=cast.lead.person_id, part=Part.LEAD)

    before = signed_in(cast.admin).get(f"{MEMBERS}{cast.lead.id}/").content.decode()
    after = press(cast, cast.lead, "remove").content.decode()

    for page in (before, after):
        assert page.count("Name another lead of P-") == 8
        assert "and 14 more" in page


@pytest.mark.parametrize("button", ["remove", "restore", "link"])
def test_a_button_for_a_stranger_is_not_there(cast: Cast, button: str) -> None:
    strange = signed_in(cast.admin).post(f"{MEMBERS}{cast.stranger.id}/{button}/", {"version": 1})

    assert strange.status_code == 404


@pytest.mark.parametrize("body", [{}, {"version": ""}, {"version": "x"}, {"version": 99}])
@pytest.mark.parametrize("button", ["remove", "restore"])
def test_a_button_without_the_version_that_stands_says_so_and_does_nothing(
    cast: Cast, button: str, body: dict[str, Any]
) -> None:
    if button == "restore":
        press(cast, cast.lead, "remove")
    before = stored(cast, cast.lead)

    page = signed_in(cast.admin).post(f"{MEMBERS}{cast.lead.id}/{button}/", body, follow=True)

    assert "changed by someone else since you opened it" in page.content.decode()
    after = stored(cast, cast.lead)
    assert (after.removed_at, after.version) == (before.removed_at, before.version)


# Letting somebody in


def test_somebody_new_gets_a_mail_and_chooses_a_password(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as after_commit:
        response = invite(cast, email="New.One@plant.example", name="New One", roles=["lead"])

    assert response["Location"] == MEMBERS
    assert len(after_commit) == 1
    user = User.objects.get(email="new.one@plant.example")
    assert not user.has_usable_password()
    with tenant(cast.acme):
        welcome = actions.take_welcome(now=datetime.now(UTC))
    assert welcome is not None
    message = welcome.mail
    assert (message.to, "Acme Castings" in message.subject) == ([user.email], True)
    link = "/accounts" + message.body.split("/accounts", 1)[1].split()[0]
    client, password = Client(), "seven new castings in the sun"
    form = client.get(link)["Location"]
    client.post(form, {"password1": password, "password2": password})
    client.post("/accounts/login/", {"login": user.email, "password": password})
    assert client.get("/")["Location"] == "/t/acme/"


def test_somebody_known_elsewhere_keeps_their_password_and_gets_no_link(
    cast: Cast, acme: int
) -> None:
    user = User.objects.get(pk=cast.stranger.user_id)
    user.set_password("kept as it was, all of it")
    user.save()

    member = actions.invite_member(
        email=user.email, person=None, name="S", roles=[Role.READER], functions=[],
        by=asker(cast.admin), now=NOW,
    )  # fmt: skip

    welcome = actions.take_welcome(now=NOW)
    assert welcome is not None
    assert welcome.member_id == member.id
    assert "/password/reset/key/" not in welcome.mail.body
    assert "/t/acme/" in welcome.mail.body
    assert User.objects.get(pk=user.pk).password == user.password


def test_a_person_named_in_the_tenant_becomes_the_member(cast: Cast, acme: int) -> None:
    person = actions.add_person(name="Ada", email="ada@plant.example", actor="system:test")

    member = actions.invite_member(
        email="ada@plant.example", person=None, name="", roles=[Role.READER], functions=[],
        by=asker(cast.admin), now=NOW,
    )  # fmt: skip

    assert member.person_id == person.id
    assert Person.objects.filter(email="ada@plant.example").count() == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"email": "lead@plant.example", "name": "Again"}, "is a member already"),
        ({"email": "who@plant.example", "name": ""}, "give the name of a new one"),
        ({"email": "nonsense", "name": "N"}, "not an e-mail address"),
        ({"email": "who@plant.example", "name": "N", "roles": []}, "at least one role"),
        ({"email": "who@plant.example", "name": "N", "roles": ["operator", "god"]}, "god"),
    ],
)
def test_what_cannot_be_is_refused_with_words_and_changes_nothing(
    cast: Cast, body: dict[str, Any], words: str
) -> None:
    before = User.objects.count()

    response = invite(cast, **body)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert User.objects.count() == before


@pytest.mark.parametrize("chosen", [True, False], ids=["chosen", "found by address"])
def test_an_archived_person_is_not_let_in(cast: Cast, acme: int, chosen: bool) -> None:
    person = actions.add_person(name="Ada", email="ada@plant.example", actor="system:test")
    actions.archive_person(person=person, used_by=lambda _: [], by=asker(cast.admin), now=NOW)

    with pytest.raises(Refused, match=r"Ada is archived\. Bring them back in People") as refused:
        actions.invite_member(
            email="ada@plant.example", person=person if chosen else None, name="Ada",
            roles=[Role.READER], functions=[], by=asker(cast.admin), now=NOW,
        )  # fmt: skip

    assert refused.value.field == ("person" if chosen else "email")
    assert not User.objects.filter(email="ada@plant.example").exists()


def test_an_invitation_that_is_refused_leaves_no_user_behind(cast: Cast) -> None:
    with tenant(cast.acme):
        chosen = str(actions.add_person(name="Ada", actor="system:test").pk)
        actions.add_person(name="Bob", email="bob@plant.example", actor="system:test")
        Membership.objects.filter(pk=cast.lead.pk).update(person_id=chosen)

    response = invite(cast, email="who@plant.example", name="", person=chosen)

    assert response.status_code == 422
    assert not User.objects.filter(email="who@plant.example").exists()


def test_a_removed_member_is_brought_back_not_let_in_twice(cast: Cast) -> None:
    press(cast, cast.lead, "remove")

    response = invite(cast, email="lead@plant.example", name="Again")

    assert "bring them back" in response.content.decode()


def test_a_person_of_another_tenant_cannot_be_chosen(cast: Cast) -> None:
    response = invite(cast, email="who@plant.example", person=str(cast.stranger.person_id))

    assert response.status_code == 422


def test_the_mail_is_sent_again_on_request_and_never_to_somebody_removed(cast: Cast) -> None:
    press(cast, cast.lead, "link")
    press(cast, cast.lead, "remove")
    refused = press(cast, stored(cast, cast.lead), "link")

    assert len(lines(cast, "MEMBER_LINK_SENT")) == 1
    assert "back first" in refused.content.decode()
    with tenant(cast.acme):
        assert actions.take_welcome(now=datetime.now(UTC)) is None


def test_the_list_costs_the_same_queries_for_few_and_for_many(cast: Cast) -> None:
    client = signed_in(cast.admin)
    _, few = counted(lambda: client.get(MEMBERS))
    with tenant(cast.acme):
        for number in range(18):
            user = actions.create_user(email=f"n{number}@plant.example", name="N", password=None)
            person = actions.add_person(name=f"N {number}", actor="system:test")
            actions.add_member(user=user, person=person, roles=[Role.READER], actor="system:test")

    _, many = counted(lambda: client.get(MEMBERS))

    assert len(many) == len(few)
