"""The demo's story holds together, and says what it is."""

import re

import pytest

from demo.rules import REPLAY_NOTE, TENANTS, is_missing
from demo.table import datasets

PILOTS = [
    pytest.param(tenant, pilot, id=f"{tenant.slug}-{pilot.code}")
    for tenant in TENANTS
    for pilot in tenant.pilots
]


@pytest.mark.parametrize(("tenant", "pilot"), PILOTS)
def test_a_pilot_names_only_people_sites_and_vendors_that_exist(tenant, pilot):
    people = {person.key: person for person in tenant.people}

    assert "sponsor" in people[pilot.sponsor].roles
    assert "lead" in people[pilot.lead].roles
    assert pilot.site in {site.code for site in tenant.sites}
    assert pilot.vendor in {vendor.code for vendor in tenant.vendors}


@pytest.mark.parametrize(("tenant", "pilot"), PILOTS)
def test_a_pilot_has_a_primary_metric_and_each_first_wording_starts_with_it(tenant, pilot):
    assert any(metric.role == "primary" for metric in pilot.metrics)
    for metric in pilot.metrics:
        assert metric.wordings[0].from_week == 1
        assert all(wording.reason for wording in metric.wordings[1:])
        assert metric.dataset in datasets()


def test_only_the_peak_tariff_changes_its_meaning_and_does_so_next_week():
    changes = [
        (pilot.code, wording.from_week - pilot.week_now)
        for tenant in TENANTS
        for pilot, metric in tenant.series()
        for wording in metric.wordings[1:]
    ]

    assert changes == [("P-09", 1)]


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.slug)
def test_codes_are_unique_within_a_tenant(tenant):
    for group in (
        [pilot.code for pilot in tenant.pilots],
        [metric.code for _, metric in tenant.series()],
        [person.key for person in tenant.people],
        [site.code for site in tenant.sites],
    ):
        assert len(set(group)) == len(group)


def test_the_two_tenants_differ_in_zone_and_currency():
    first, second = TENANTS

    assert (first.zone, first.currency) != (second.zone, second.currency)
    assert all("(demo)" in tenant.name for tenant in TENANTS)


@pytest.mark.parametrize("dataset", datasets().values(), ids=lambda dataset: dataset.code)
def test_every_attribution_names_author_title_licence_and_replay(dataset):
    for part in (
        dataset.title,
        dataset.author.split(", ")[-1],
        dataset.doi,
        REPLAY_NOTE,
    ):
        assert part in dataset.attribution
    assert re.search(r"CC BY 4\.0|public domain", dataset.attribution)
    assert dataset.changes


@pytest.mark.parametrize(
    ("standing", "wanted"),
    [
        ({}, True),
        ({"fictional-coatings": False}, True),
        ({"fictional-coatings": True}, True),
        ({"fictional-coatings": True, "fictional-apparel": False}, True),
        ({"fictional-coatings": True, "fictional-apparel": True}, False),
        ({"acme": True}, False),
        ({"acme": False, "fictional-coatings": False}, False),
    ],
)
def test_the_demo_loads_by_itself_only_where_nobody_else_is_and_a_part_is_missing(standing, wanted):
    assert is_missing(standing) is wanted
