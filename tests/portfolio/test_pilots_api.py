"""Pilots created and changed over the API."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from common.tenancy.context import tenant
from portfolio.models import Pilot, Site, Vendor
from tests.api import Api
from tests.conftest import Cast

NEW = {"name": "Late-delivery warning", "site": "north", "start_date": "2026-09-01"}


@pytest.fixture
def api(cast: Cast) -> Api:
    with tenant(cast.acme):
        Site.objects.create(code="north", name="North", zone="Europe/Berlin")
        Vendor.objects.create(code="acute", name="Acute AI")
    return Api(cast.api)


def create(api: Api, **changes: object) -> Any:
    return api.post("pilots/", NEW | changes)


def test_a_pilot_is_created_and_found_at_its_address(api: Api, cast: Cast) -> None:
    response = create(api, vendor="acute", goal="Fewer late lines")

    assert response.status_code == 201, response.content
    pilot = response.json()["pilot"]
    assert response["Location"] == f"/api/v1/pilots/{pilot['code']}/"
    read = api.get(response["Location"])
    assert read.content == response.content
    assert read["ETag"] == response["ETag"]
    assert (pilot["site"], pilot["vendor"], pilot["goal"]) == ("north", "acute", "Fewer late lines")
    with tenant(cast.acme):
        assert AuditEvent.objects.filter(action="PILOT_CREATED").count() == 1


def test_a_pilot_sent_twice_with_a_key_is_created_once(api: Api, cast: Cast) -> None:
    first = api.post("pilots/", NEW, Idempotency_Key="p-1")
    again = api.post("pilots/", NEW, Idempotency_Key="p-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Location"] == first["Location"]
    assert again["ETag"] == first["ETag"]
    with tenant(cast.acme):
        assert Pilot.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"site": "none"}, 409, "unknown_site"),
        ({"vendor": "none"}, 409, "unknown_vendor"),
        ({"go_live_date": "2026-08-01"}, 409, "live_before_start"),
        ({"start_date": "9999-12-31"}, 409, "implausible_date"),
        ({"start_date": "1999-12-31"}, 409, "implausible_date"),
        ({"go_live_date": "9999-12-31"}, 409, "implausible_date"),
        ({"name": " "}, 400, "bad_body"),
        ({"name": "a\u0000b"}, 400, "bad_body"),
        ({"name": "x" * 201}, 400, "bad_body"),
        ({"name": "Line\u200b 3"}, 400, "bad_body"),
        ({"name": "\u0301"}, 400, "bad_body"),
        ({"name": "Line\n3"}, 400, "bad_body"),
        ({"use_case": "Line\u202e 3"}, 400, "bad_body"),
        ({"goal": "Line\u00ad3"}, 400, "bad_body"),
        ({"code": "a/b"}, 400, "bad_body"),
        ({"start_date": "01.09.2026"}, 400, "bad_body"),
        ({"tenant": 2}, 400, "bad_body"),
        ({"version": 7}, 400, "bad_body"),
    ],
)
def test_a_pilot_that_cannot_be_is_refused(
    api: Api, cast: Cast, change: dict[str, object], status: int, code: str
) -> None:
    response = create(api, **change)

    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    with tenant(cast.acme):
        assert not Pilot.objects.exists()


def test_a_code_that_differs_from_another_only_in_case_is_refused(api: Api, cast: Cast) -> None:
    create(api, code="P-01i")

    again = create(api, code="p-01I")

    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    assert "in small or capital letters" in again.json()["detail"]
    with tenant(cast.acme):
        assert [pilot.code for pilot in Pilot.objects.all()] == ["P-01i"]


def test_an_unseen_character_is_named_at_its_field_when_a_pilot_changes(api: Api) -> None:
    create(api, code="P-7")

    changed = {"name": "Line\u200b 3", "use_case": "One\nTwo\tthree", "goal": "\u200e"}
    response = api.patch("pilots/P-7/", changed, If_Match='"1"')

    assert response.status_code == 400
    assert [(one["field"], one["detail"]) for one in response.json()["errors"]] == [
        (
            "name",
            "“Line 3” has an invisible character (zero width space) after “Line”. Type it again.",
        ),
        (
            "goal",
            "This has an invisible character (left-to-right mark) at its start. Type it again.",
        ),
    ]
    assert api.get("pilots/P-7/").json()["pilot"]["name"] == NEW["name"]


def test_a_go_live_in_no_plausible_year_is_refused_at_its_field_when_a_pilot_changes(
    api: Api,
) -> None:
    create(api, code="P-7")

    response = api.patch("pilots/P-7/", {"go_live_date": "2206-09-01"}, If_Match='"1"')

    assert response.status_code == 409
    assert [(one["field"], one["code"]) for one in response.json()["errors"]] == [
        ("go_live_date", "implausible_date")
    ]
    assert api.get("pilots/P-7/").json()["pilot"]["go_live_date"] is None


def test_a_code_in_use_is_refused(api: Api) -> None:
    create(api, code="P-7")

    assert create(api, code="P-7").status_code == 409


def test_a_change_names_the_version_it_changes(api: Api) -> None:
    made = create(api, code="P-7")

    without = api.patch("pilots/P-7/", {"goal": "x"})
    changed = api.patch("pilots/P-7/", {"goal": "x"}, If_Match=made["ETag"])
    late = api.patch("pilots/P-7/", {"goal": "y"}, If_Match=made["ETag"])

    assert [one.status_code for one in (without, changed, late)] == [428, 200, 412]
    assert changed.json()["pilot"]["goal"] == "x"
    assert changed.json()["pilot"]["name"] == NEW["name"]
    assert changed["ETag"] == api.get("pilots/P-7/")["ETag"]
    assert late.json()["code"] == "version_differs"


@pytest.mark.parametrize("etag", ['"1"', '"1-abcdef"'])
def test_the_version_alone_is_enough(api: Api, etag: str) -> None:
    create(api, code="P-7")

    assert api.patch("pilots/P-7/", {"goal": "x"}, If_Match=etag).status_code == 200


@pytest.mark.parametrize("etag", ["", "*", '"9"', "1", 'W/"1"', '"abc"'])
def test_another_version_changes_nothing(api: Api, etag: str) -> None:
    create(api, code="P-7")

    assert api.patch("pilots/P-7/", {"goal": "x"}, If_Match=etag).status_code == 412


def test_null_empties_and_a_missing_field_stays(api: Api) -> None:
    create(api, code="P-7", vendor="acute", go_live_date="2026-10-01")

    changed = api.patch("pilots/P-7/", {"vendor": None}, If_Match='"1"').json()["pilot"]

    assert changed["vendor"] is None
    assert changed["go_live_date"] == "2026-10-01"


def test_another_tenants_pilot_is_not_found(api: Api, cast: Cast) -> None:
    create(api, code="P-7")

    response = Api(cast.stranger_api).patch("pilots/P-7/", {"goal": "x"}, If_Match='"1"')

    assert response.status_code == 404


def test_a_token_that_reads_writes_nothing(api: Api, cast: Cast) -> None:
    reader = Api(cast.api_reader)

    assert reader.post("pilots/", NEW).status_code == 403
    assert reader.patch("pilots/P-7/", {}, If_Match='"1"').status_code == 403


def test_vendors_are_listed(api: Api) -> None:
    assert [one["code"] for one in api.get("vendors/").json()["vendors"]] == ["acute"]
