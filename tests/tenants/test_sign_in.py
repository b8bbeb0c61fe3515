"""Coming in and going out over HTTP."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core import mail
from django.db import connection
from django.test import Client

from tenants.models import Membership, User
from tests.conftest import Cast, signed_in

pytestmark = pytest.mark.slow

PASSWORD = "seven grey castings in the rain"  # of nobody real
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, settings: Any) -> None:
    """Hash in a moment what the product hashes well, which takes a while on purpose."""
    if not request.node.get_closest_marker("hashed_well"):
        settings.PASSWORD_HASHERS = ["tests.hashers.QuickArgon2", *settings.PASSWORD_HASHERS[1:]]


def with_password(member: Membership) -> User:
    user = User.objects.get(pk=member.user_id)
    user.password = make_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(email: str, password: str = PASSWORD, **extra: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post(LOGIN, {"login": email, "password": password, **extra})


def reset_link(body: str) -> str:
    found = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", body)
    assert found, body
    return found[1]


@pytest.mark.hashed_well
def test_somebody_with_the_password_comes_in_and_is_sent_to_their_only_tenant(cast: Cast) -> None:
    user = with_password(cast.lead)

    client, response = sign_in(user.email)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/")["Location"] == "/t/acme/"


def test_the_address_counts_in_any_case(cast: Cast) -> None:
    user = with_password(cast.lead)

    _, response = sign_in(user.email.upper())

    assert response.status_code == 302


@pytest.mark.parametrize("email", ["lead@plant.example", "nobody@plant.example"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    cast: Cast, email: str
) -> None:
    with_password(cast.lead)

    client, response = sign_in(email, "not the password at all")

    assert response.status_code == 422
    page = response.content.decode()
    assert "The email address and/or password you specified are not correct." in page
    assert client.get("/")["Location"].startswith(LOGIN)


def test_somebody_whose_account_is_closed_does_not_come_in(cast: Cast) -> None:
    user = with_password(cast.lead)
    User.objects.filter(pk=user.pk).update(is_active=False)

    client, _ = sign_in(user.email)

    assert client.get("/")["Location"].startswith(LOGIN)


def test_a_wrong_password_is_said_once_without_the_summary_of_a_form(cast: Cast) -> None:
    page = sign_in(with_password(cast.lead).email, "wrong")[1].content.decode()

    assert page.count("are not correct") == 1
    assert "Nothing was saved" not in page


def test_without_a_password_none_works(cast: Cast) -> None:
    _, response = sign_in("lead@plant.example", "")

    assert response.status_code == 422


@pytest.mark.hashed_well
def test_passwords_are_kept_with_argon2(cast: Cast) -> None:
    kept = with_password(cast.lead).password

    assert identify_hasher(kept).algorithm == "argon2"
    assert identify_hasher(kept).safe_summary(kept)["memory cost"] >= 2**16


@pytest.mark.parametrize(
    ("wanted", "sent_to"),
    [
        ("/t/acme/metrics/?q=1", "/t/acme/metrics/?q=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("http://testserver/t/acme/", "/"),
    ],
)
def test_the_next_page_is_a_page_of_this_site(cast: Cast, wanted: str, sent_to: str) -> None:
    user = with_password(cast.lead)

    _, response = sign_in(user.email, next=wanted)

    assert response["Location"] == sent_to


def test_anonymous_people_are_asked_to_sign_in_and_come_back(cast: Cast) -> None:
    response = Client().get("/t/acme/?q=otif")

    assert response["Location"] == "/accounts/login/?next=/t/acme/%3Fq%3Dotif"


def test_a_member_of_several_tenants_chooses(cast: Cast) -> None:
    page = signed_in(cast.double).get("/").content.decode()

    assert "/t/acme/" in page
    assert "/t/replay/" in page
    assert "/t/borealis/" not in page


def test_a_member_of_none_is_told_what_to_do(cast: Cast) -> None:
    client = Client()
    client.force_login(User.objects.create_user(email="new@plant.example", name="New"))

    assert "You belong to no company yet" in client.get("/").content.decode()


def test_nobody_signs_up(cast: Cast) -> None:
    response = Client().post(
        "/accounts/signup/",
        {"email": "me@evil.example", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert "Nobody signs up here" in response.content.decode()
    assert not User.objects.filter(email="me@evil.example").exists()


def test_signing_out_needs_a_post(cast: Cast) -> None:
    client = signed_in(cast.lead)

    asked = client.get("/accounts/logout/")
    still = client.get("/t/acme/")
    client.post("/accounts/logout/")

    assert (asked.status_code, still.status_code) == (200, 200)
    assert client.get("/t/acme/").status_code == 302


def test_every_form_of_sign_in_refuses_a_forged_post(cast: Cast, settings: Any) -> None:
    settings.DEMO_MODE = True
    client = Client(enforce_csrf_checks=True)

    for path in (
        LOGIN,
        "/accounts/password/reset/",
        "/accounts/persona/",
        "/accounts/preferences/",
    ):
        assert client.post(path, {"login": "x", "persona": str(cast.persona.id)}).status_code == 403


# Sessions


def test_signing_in_changes_the_session_key(cast: Cast) -> None:
    user = with_password(cast.lead)
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    assert planted
    client.cookies["w12_session"] = planted

    client.post(LOGIN, {"login": user.email, "password": PASSWORD})

    assert client.cookies["w12_session"].value != planted


def test_a_session_ends_12_hours_after_sign_in_however_it_is_used(cast: Cast) -> None:
    user = with_password(cast.lead)
    client, _ = sign_in(user.email)
    ends = client.session.get_expiry_date()

    session = client.session
    session["used"] = "again"
    session.save()

    assert abs(ends - datetime.now(UTC) - timedelta(hours=12)) < timedelta(minutes=1)
    assert client.session.get_expiry_date() == ends


def test_a_session_past_its_end_is_over(cast: Cast) -> None:
    user = with_password(cast.lead)
    client, _ = sign_in(user.email)
    session = client.session
    session.set_expiry(datetime.now(UTC) - timedelta(seconds=1))
    session.save()

    assert client.get("/t/acme/").status_code == 302


def test_a_new_password_ends_every_other_session(cast: Cast) -> None:
    user = with_password(cast.lead)
    (here, _), (there, _) = sign_in(user.email), sign_in(user.email)
    new = PASSWORD + " again"

    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert here.get("/t/acme/").status_code == 200
    assert there.get("/t/acme/").status_code == 302
    assert "password of your account was changed" in mail.outbox[-1].body
    assert mail.outbox[-1].to == [user.email]


def test_htmx_without_a_session_is_sent_to_sign_in_as_a_whole_page(cast: Cast) -> None:
    response = Client().get(
        "/t/acme/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/t/acme/?q=late"},
    )

    assert response.status_code == 401
    assert response["HX-Redirect"] == "/accounts/login/?next=/t/acme/%3Fq%3Dlate"
    assert b"<form" not in response.content


@pytest.mark.parametrize(
    ("form", "back"),
    [
        (
            "http://testserver/t/acme/settings/tokens/new/?a=1",
            "/t/acme/settings/tokens/new/%3Fa%3D1",
        ),
        ("https://evil.example/t/acme/", "/t/acme/"),
        ("", "/t/acme/"),
    ],
)
def test_a_form_sent_without_a_session_comes_back_to_its_page(
    cast: Cast, form: str, back: str
) -> None:
    response = Client().post("/t/acme/inbox/read/", headers={"Referer": form})

    assert response["Location"] == f"/accounts/login/?next={back}"


def test_htmx_is_never_sent_elsewhere(cast: Cast) -> None:
    response = Client().get(
        "/t/acme/",
        headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/t/acme/"},
    )

    assert response["HX-Redirect"].startswith("/accounts/login/?next=/")
    assert "evil" not in response["HX-Redirect"]


# Forgotten passwords


def test_a_link_from_the_mail_sets_a_password_once(cast: Cast) -> None:
    user = with_password(cast.lead)
    Client().post("/accounts/password/reset/", {"email": user.email})
    link, new = reset_link(str(mail.outbox[-1].body)), "a completely other sentence"

    client = Client()
    page = client.get(client.get(link)["Location"])
    done = client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})

    assert done["Location"] == "/accounts/password/reset/key/done/"
    assert sign_in(user.email, new)[1].status_code == 302
    assert "no longer works" in Client().get(link).content.decode()


def test_asking_for_a_link_says_nothing_about_who_has_an_account(cast: Cast) -> None:
    known = Client().post("/accounts/password/reset/", {"email": "lead@plant.example"})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@plant.example"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [m.to for m in mail.outbox] == [["lead@plant.example"], ["nobody@plant.example"]]


@pytest.mark.parametrize("password", ["short", "password1234", "lead@plant.example"])
def test_a_weak_password_is_refused_with_words(cast: Cast, password: str) -> None:
    user = with_password(cast.lead)
    client, _ = sign_in(user.email)

    response = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": password, "password2": password},
    )

    assert "errorlist" in response.content.decode()
    assert sign_in(user.email)[1].status_code == 302


def test_a_mail_server_that_is_away_costs_the_mail_not_the_page(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    response = Client().post("/accounts/password/reset/", {"email": "lead@plant.example"})

    assert response["Location"] == "/accounts/password/reset/done/"


# Limits


def test_after_five_wrong_passwords_an_account_waits_even_with_the_right_one(cast: Cast) -> None:
    user = with_password(cast.lead)
    for _ in range(5):
        sign_in(user.email, "wrong wrong wrong wrong")

    _, response = sign_in(user.email)

    assert response.status_code == 422
    assert "Too many failed login attempts" in response.content.decode()


def test_one_address_may_not_try_without_end(cast: Cast) -> None:
    answers = {
        sign_in(f"somebody{at}@plant.example", "wrong wrong wrong")[1].status_code
        for at in range(31)
    }

    assert answers == {422, 429}


def test_attempts_are_counted_in_the_database_not_in_redis(cast: Cast) -> None:
    sign_in("lead@plant.example", "wrong wrong wrong")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_limit WHERE cache_key LIKE '%login_failed%'")
        assert cursor.fetchone()[0] >= 1


def test_sign_in_works_with_redis_stopped(cast: Cast, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    user = with_password(cast.lead)

    client, response = sign_in(user.email)

    assert response.status_code == 302
    assert client.get("/t/acme/").status_code == 200
