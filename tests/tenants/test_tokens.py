"""API tokens on their page: shown once, scoped, ending, revoked at once."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from common.errors import Refused
from common.tenancy.context import tenant
from tenants import actions
from tenants.models import ApiToken
from tenants.rules import Scope
from tests.conftest import NOW, Cast, signed_in

TOKENS = "/t/acme/settings/tokens/"
SYNC = "/api/v1/measurements/"


def create(cast: Cast, **body: Any) -> Any:
    body = {"name": "ERP sync", "scopes": ["metrics:write"], "days": "90", **body}
    return signed_in(cast.admin).post(f"{TOKENS}new/", body)


def text_of(response: Any) -> str:
    found = re.search(r"pfm_[0-9a-f]{10}_[\w-]{43}", response.content.decode())
    assert found
    return found[0]


def stored(cast: Cast, text: str) -> ApiToken:
    with tenant(cast.acme):
        found: ApiToken = ApiToken.objects.get(prefix=text.split("_")[1])
        return found


def press(cast: Cast, text: str, button: str) -> Any:
    return signed_in(cast.admin).post(f"{TOKENS}{stored(cast, text).id}/{button}/", follow=True)


def send(text: str, **extra: Any) -> int:
    body = json.dumps({"measurements": []})
    headers = {"Authorization": f"Bearer {text}", **extra.pop("headers", {})}
    return (
        Client()
        .post(SYNC, body, content_type="application/json", headers=headers, **extra)
        .status_code
    )


def audited(cast: Cast) -> list[str]:
    with tenant(cast.acme):
        found = AuditEvent.objects.filter(action__startswith="TOKEN_").order_by("seq")
        return [line.action for line in found]


def test_a_new_token_works_and_is_shown_in_this_one_answer(cast: Cast) -> None:
    response = create(cast)

    text = text_of(response)
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")
    assert send(text) == 200
    page = signed_in(cast.admin).get(TOKENS).content.decode()
    assert text.split("_")[1] in page
    assert text not in page
    assert text.split("_", 2)[2] not in page


def test_only_the_fingerprint_of_a_token_is_stored(cast: Cast) -> None:
    text = text_of(create(cast))

    row = stored(cast, text)
    assert bytes(row.digest) == hashlib.sha256(text.encode()).digest()
    secret = text.split("_", 2)[2]
    assert all(secret not in str(value) for value in vars(row).values())


def test_a_token_ends_after_90_days_when_nothing_else_was_said(cast: Cast) -> None:
    page = signed_in(cast.admin).get(f"{TOKENS}new/").content.decode()
    text = text_of(create(cast))

    row = stored(cast, text)
    assert '<option value="90" selected>' in page
    assert abs(row.expires_at - row.created_at - timedelta(days=90)) < timedelta(minutes=1)


def test_a_token_may_only_what_it_was_given(cast: Cast) -> None:
    text = text_of(create(cast, scopes=["portfolio:read"]))

    assert send(text) == 403


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": ""}, "Fill this in."),
        ({"scopes": []}, "at least one thing"),
        ({"scopes": ["metrics:write", "all"]}, "all"),
        ({"scopes": ["audit:read"]}, "audit:read"),
        ({"days": "400"}, "400"),
        ({"cidrs": "10.0.0.0/8\nnonsense"}, "nonsense is not a network"),
        ({"cidrs": "nonsense\nmore"}, "more is not a network"),
    ],
)
def test_what_cannot_be_is_refused_with_words(cast: Cast, body: dict[str, Any], words: str) -> None:
    before = len(audited(cast))

    response = create(cast, **body)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert len(audited(cast)) == before


def test_sending_the_form_again_makes_no_second_token(cast: Cast) -> None:
    create(cast)

    response = create(cast)

    assert response.status_code == 422
    assert "has this name already" in response.content.decode()


@pytest.mark.parametrize("days", [0, -1, 366])
def test_no_token_ends_in_the_past_or_beyond_a_year(cast: Cast, acme: int, days: int) -> None:
    with pytest.raises(Refused, match="year"):
        actions.create_token(
            name="x",
            scopes=[Scope.METRICS_READ],
            expires_at=NOW + timedelta(days=days),
            by=cast.admin,
            now=NOW,
        )


def test_a_revoked_token_is_refused_at_once(cast: Cast) -> None:
    text = text_of(create(cast))

    page = press(cast, text, "revoke").content.decode()

    assert send(text) == 401
    assert "was revoked" in page
    assert "1 ended token" in page


def test_revoking_twice_is_recorded_once(cast: Cast) -> None:
    text = text_of(create(cast))

    press(cast, text, "revoke")
    press(cast, text, "revoke")

    assert audited(cast)[-2:] == ["TOKEN_CREATED", "TOKEN_REVOKED"]


def test_an_ended_token_is_refused(cast: Cast) -> None:
    text = text_of(create(cast))
    with tenant(cast.acme):
        row = ApiToken.objects.get(pk=stored(cast, text).pk)
        ApiToken.objects.filter(pk=row.pk).update(expires_at=row.created_at - timedelta(seconds=1))

    assert send(text) == 401


def test_a_replaced_token_and_its_successor_work_side_by_side_for_a_week(cast: Cast) -> None:
    first = text_of(create(cast, cidrs="127.0.0.0/8"))

    second = text_of(press(cast, first, "replace"))

    old, new = stored(cast, first), stored(cast, second)
    assert send(first) == send(second) == 200
    assert (new.name, new.scopes, new.cidrs) == (old.name, old.scopes, old.cidrs)
    assert old.replaced_at is not None
    assert old.expires_at - old.replaced_at == timedelta(days=7)
    assert new.expires_at - new.created_at > timedelta(days=89)


def test_a_token_about_to_end_is_not_prolonged_by_its_successor(cast: Cast) -> None:
    first = text_of(create(cast, days="30"))
    row = stored(cast, first)
    end = row.created_at + timedelta(days=1)
    with tenant(cast.acme):
        ApiToken.objects.filter(pk=row.pk).update(expires_at=end)

    press(cast, first, "replace")

    assert stored(cast, first).expires_at == end


def test_a_token_is_replaced_once(cast: Cast) -> None:
    first = text_of(create(cast))
    press(cast, first, "replace")

    again = press(cast, first, "replace").content.decode()

    assert "being replaced already" in again
    assert audited(cast).count("TOKEN_REPLACED") == 1


def test_a_revoked_token_has_no_successor(cast: Cast) -> None:
    first = text_of(create(cast))
    press(cast, first, "revoke")

    page = press(cast, first, "replace").content.decode()

    assert "create a new one" in page


def test_a_token_works_from_its_networks_only(cast: Cast) -> None:
    text = text_of(create(cast, cidrs="203.0.113.7/24\n2001:db8::/32"))

    assert send(text, REMOTE_ADDR="203.0.113.200") == 200
    assert send(text, REMOTE_ADDR="2001:db8::1") == 200
    assert send(text, REMOTE_ADDR="198.51.100.1") == 403
    assert send(text, REMOTE_ADDR="") == 403
    assert stored(cast, text).cidrs == ["203.0.113.0/24", "2001:db8::/32"]


def test_a_caller_cannot_choose_the_address_it_comes_from(cast: Cast, settings: Any) -> None:
    text = text_of(create(cast, cidrs="203.0.113.0/24"))
    claimed = {"X-Forwarded-For": "203.0.113.7"}
    behind = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}

    direct = send(text, headers=claimed, REMOTE_ADDR="198.51.100.1")
    settings.BEHIND_PROXY = True

    assert direct == 403
    assert send(text, headers=behind, REMOTE_ADDR="127.0.0.1") == 403
    assert send(text, headers=claimed, REMOTE_ADDR="127.0.0.1") == 200


def test_the_page_says_when_a_token_was_last_used(cast: Cast) -> None:
    text = text_of(create(cast))
    before = stored(cast, text).last_used_at

    send(text)

    assert before is None
    assert stored(cast, text).last_used_at is not None


@pytest.mark.parametrize("button", ["replace", "revoke"])
def test_another_tenants_token_is_not_there(cast: Cast, button: str) -> None:
    with tenant(cast.borealis):
        key = ApiToken.objects.get(prefix=cast.stranger_api.split("_")[1]).id

    response = signed_in(cast.admin).post(f"{TOKENS}{key}/{button}/")

    assert response.status_code == 404
    assert send(cast.stranger_api) == 200


def test_a_tenant_without_tokens_is_told_what_they_are_for(cast: Cast) -> None:
    with tenant(cast.acme):
        ApiToken.objects.update(revoked_at=NOW)

    page = signed_in(cast.admin).get(TOKENS).content.decode()

    assert "No live token" in page
