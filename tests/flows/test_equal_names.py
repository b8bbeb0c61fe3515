"""Two rows that people would take for one in a list to choose from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from audit.models import AuditEvent
from common.characters import likeness
from common.errors import Refused
from common.tenancy.context import tenant
from metrics.actions import definitions
from portfolio import actions as portfolio
from portfolio.models import Site
from tenants import actions as tenants
from tests.conftest import NOW, Cast, signed_in
from tests.portfolio.test_editing_pages import SITE, initial, text, url

ALIKE = ["plant LYON", "  Plant   Lyon ", "Plant\u00a0Lyon", "\uff30lant Lyon", "Pla\u200cnt Lyon"]
KINDS = ["site", "vendor", "source", "metric"]


@dataclass(frozen=True)
class Kind:
    """How rows of one kind are added, renamed, archived and brought back."""

    add: Callable[[str], Any]
    rename: Callable[[Any, str], Any]
    archive: Callable[[Any], Any]
    restore: Callable[[Any], Any]


def values(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("version", *names)}


def kind_of(cast: Cast, name: str, site: Site | None = None) -> Kind:
    """Return the actions of a kind; the site only matters for metrics."""
    by = cast.admin
    metric: dict[str, Any] = {
        "kind": "mean", "unit": "days", "direction": "down", "numerator": "days", "site": site
    }  # fmt: skip
    fixed = ("kind", "unit", "direction", "exposure", "decimals", "site")
    return {
        "site": Kind(
            lambda name: portfolio.add_site(name=name, zone="Europe/Paris", by=by),
            lambda row, name: portfolio.change_site(
                site=row, name=name, by=by, **values(row, "zone", "working_days", "holidays")
            ),
            lambda row: portfolio.archive_site(site=row, used_by=lambda _: [], by=by, now=NOW),
            lambda row: portfolio.restore_site(site=row, by=by),
        ),
        "vendor": Kind(
            lambda name: portfolio.add_vendor(name=name, by=by),
            lambda row, name: portfolio.change_vendor(
                vendor=row, name=name, by=by, **values(row, "contact")
            ),
            lambda row: portfolio.archive_vendor(vendor=row, by=by, now=NOW),
            lambda row: portfolio.restore_vendor(vendor=row, by=by),
        ),
        "source": Kind(
            lambda name: definitions.add_source(name=name, kind="erp", by=by),
            lambda row, name: definitions.change_source(
                source=row,
                name=name,
                by=by,
                **values(
                    row, "kind", "maintainer", "stale_after_hours", "interval", "lag_limit_minutes"
                ),
            ),
            lambda row: definitions.archive_source(source=row, by=by, now=NOW),
            lambda row: definitions.restore_source(source=row, by=by),
        ),
        "metric": Kind(
            lambda name: definitions.add_metric(name=name, by=by, now=NOW, **metric),
            lambda row, name: definitions.change_metric(
                metric=row, name=name, by=by, **values(row, *fixed)
            ),
            lambda row: definitions.archive_metric(metric=row, by=by, now=NOW),
            lambda row: definitions.restore_metric(metric=row, by=by),
        ),
    }[name]


@pytest.mark.parametrize("name", ALIKE)
def test_names_are_alike_whatever_their_case_and_blanks(name: str) -> None:
    assert likeness(name) == likeness("Plant Lyon")


@pytest.mark.parametrize("name", ["Plant Lyon 2", "PlantLyon", "Plant Lyön", ""])
def test_other_names_are_not(name: str) -> None:
    assert likeness(name) != likeness("Plant Lyon")


@pytest.mark.parametrize("what", KINDS)
def test_another_row_of_the_same_name_is_refused_by_the_code_of_the_first(
    cast: Cast, acme: int, what: str
) -> None:
    kind = kind_of(cast, what)
    kind.add("Plant Lyon")
    before = AuditEvent.objects.count()

    with pytest.raises(Refused) as refused:
        kind.add("plant  LYON")

    assert str(refused.value) == (
        f"The {what} plant-lyon is called “Plant Lyon” already, and nobody could tell the two apart."
        " Choose another name."
    )
    assert (refused.value.code, refused.value.field) == ("name_taken", "name")
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("what", KINDS)
def test_no_row_is_renamed_to_the_name_of_another(cast: Cast, acme: int, what: str) -> None:
    kind = kind_of(cast, what)
    kind.add("Plant Lyon")
    other = kind.add("Plant Oslo")

    with pytest.raises(Refused, match="plant-lyon"):
        kind.rename(other, "Plant lyon")

    assert kind.rename(other, "plant OSLO").name == "plant OSLO"


@pytest.mark.parametrize("what", KINDS)
def test_the_name_of_an_archived_row_is_free_and_the_row_stays_away_meanwhile(
    cast: Cast, acme: int, what: str
) -> None:
    kind = kind_of(cast, what)
    first = kind.archive(kind.add("Plant Lyon"))
    second = kind.add("Plant Lyon")

    with pytest.raises(Refused, match="plant-lyon-2"):
        kind.restore(first)

    kind.rename(second, "Plant Lyon South")
    assert kind.restore(first).archived_at is None
    assert kind.restore(first).archived_at is None


def test_each_site_has_a_metric_of_a_name_and_so_has_the_whole_company(
    cast: Cast, acme: int
) -> None:
    lyon, oslo = (
        portfolio.add_site(name=name, zone="Europe/Paris", by=cast.admin)
        for name in ("Lyon", "Oslo")
    )

    kind_of(cast, "metric").add("On-time lines")
    kind_of(cast, "metric", lyon).add("On-time lines")
    moving = kind_of(cast, "metric", oslo).add("On-time lines")

    with pytest.raises(Refused, match="metric on-time-lines-2 is called"):
        kind_of(cast, "metric", lyon).add("on-time lines")
    moving.site = lyon
    with pytest.raises(Refused, match="metric on-time-lines-2 is called"):
        kind_of(cast, "metric").rename(moving, "On-time lines")


def test_another_company_may_have_the_same_name(cast: Cast) -> None:
    for tenant_id in (cast.acme, cast.borealis):
        with tenant(tenant_id):
            site = kind_of(cast, "site").add("Plant Lyon")

    assert site.code == "plant-lyon"


def test_people_may_share_a_name(cast: Cast, acme: int) -> None:
    first, second = (tenants.add_person(name="Kim Lee", actor="system:test") for _ in range(2))

    assert first.pk != second.pk


def test_people_who_share_name_and_job_are_told_apart_wherever_one_is_chosen(cast: Cast) -> None:
    named = {"job_title": "Planner", "actor": "system:test"}
    with tenant(cast.acme):
        tenants.add_person(name="Kim Lee", email="kim@plant.example", **named)
        tenants.add_person(name="kim lee", function="legal", **named)
        tenants.add_person(name="Kim Lee", **named)
        tenants.add_person(name="Kim Lee", job_title="Buyer", actor="system:test")
        portfolio.add_site(name="Plant Lyon", zone="Europe/Paris", by=cast.admin)
    lead, admin = signed_in(cast.lead), signed_in(cast.admin)

    pages = [
        text(client.get(address))
        for client, address in (
            (lead, url("pilot_new")),
            (lead, url("source_new")),
            (admin, url("member_new")),
        )
    ]

    for page in pages:
        for label in (
            "Kim Lee, Planner (kim@plant.example)",
            "kim lee, Planner (Legal)",
            "Kim Lee, Planner (no e-mail)",
            "Kim Lee, Buyer",
        ):
            assert f">{label}</option>" in page


def test_the_form_says_it_at_the_name(cast: Cast) -> None:
    client = signed_in(cast.admin)
    client.post(url("site_new"), initial(client, url("site_new")) | SITE)

    response = client.post(
        url("site_new"), initial(client, url("site_new")) | SITE | {"name": "plant lyon"}
    )

    assert response.status_code == 422
    assert "The site plant-lyon is called “Plant Lyon” already" in text(response)
    assert "name" in response.context["form"].errors
