"""The pages of fields in every look: empty, with a conflict, converted, settled, and their forms."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

import pytest

from common.tenancy.context import tenant
from metrics.actions import fields, values
from metrics.actions.values import Said
from metrics.rules.values import What
from tests.browser.pages import Visitor
from tests.browser.test_feeds import session
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast
from tests.gates.plant import differ, need_field
from tests.plant import ZONE, Plant

LONG = "Calendar days from the day on which the order is released to the goods receipt. " * 5


@pytest.fixture(scope="module")
def pages(committed: None) -> tuple[dict[str, str], dict[str, str]]:
    """A company with fields in every state; return its pages by name, and an admin's session."""
    company = found_company("fields")
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        pilot = plant.whole()
        given = {"owner": company.lead}
        need = need_field(plant, pilot, name="Lead time", meaning=LONG, **given)
        row = differ(plant, need, meaning=LONG, cannot=LONG)
        for place, stand in ((plant.site, "convert"), (plant.site, "same")):
            numbers = Decimal("1.4") if stand == "convert" else None
            differ(
                plant,
                need,
                site=place,
                source=plant.source if stand == "same" else None,
                stand=stand,
                factor=numbers,
                plus=numbers,
                cannot="",
            )
        other = need_field(plant, pilot, name="Batch", unit="", **given)
        settled = differ(plant, other)
        for outcome in ("accepted", "gone"):
            fields.settle(
                row=settled,
                version=1 if outcome == "accepted" else 2,
                outcome=outcome,
                reason="R" * 400,
                by=company.admin,
                now=plant.now,
            )
        gone = need_field(plant, pilot, name="Gone", **given)
        fields.end_need(row=gone, by=company.lead, now=plant.now)
        fields.archive_field(row=gone.field, by=company.lead, now=plant.now)
        empty = plant.pilot("Empty", lead=company.lead)
        mapped = values.map_value(
            said=Said(plant.source, What.LOCATION, "PL01", site=plant.site), by=company.lead
        )
        values.map_value(
            said=Said(plant.source, What.FIELD, "W" * 120, field=need.field, agreed="V" * 120),
            by=company.lead,
        )
        values.map_value(
            said=Said(plant.source, What.UNIT, "PCT", agreed="%", factor=Decimal("0.5")),
            by=company.lead,
        )
        values.count_unmapped(
            {
                (plant.source.pk, What.LOCATION, "X" * 120): 3,
                (plant.source.pk, What.LOCATION, "PL01"): 2,
                (plant.source.pk, What.UNIT, "ZAK"): 1,
                (plant.source.pk, What.LOCATION, ""): 4,
            },
            now=plant.now,
            zone=ZONE,
        )
    home = "/t/fields/"
    field = f"{home}settings/fields/{need.field_id}/"
    return (
        {
            "list": f"{home}settings/fields/",
            "values": f"{home}settings/values/",
            "value-new": f"{home}settings/values/new/?source=erp&what=unit&value=ZAK",
            "sources": f"{home}settings/sources/",
            "value": f"{home}settings/values/{mapped.pk}/",
            "value-import": f"{home}settings/values/import/",
            "field": field,
            "settled": f"{home}settings/fields/{other.field_id}/",
            "new": f"{home}settings/fields/new/",
            "edit": f"{field}edit/",
            "place-new": f"{field}places/new/",
            "place": f"{field}places/{row.pk}/",
            "settle": f"{field}places/{row.pk}/settle/",
            "pilot": f"{home}pilots/{pilot.code}/fields/",
            "pilot-new": f"{home}pilots/{pilot.code}/fields/new/",
            "pilot-edit": f"{home}pilots/{pilot.code}/fields/{need.pk}/",
            "pilot-empty": f"{home}pilots/{empty.code}/fields/",
        },
        session(company.admin),
    )


def test_the_pages_of_fields_are_accessible_and_fit(
    visitor: Visitor, pages: tuple[dict[str, str], dict[str, str]]
) -> None:
    problems: list[str] = []

    for name, path in pages[0].items():
        problems += visitor.faults(path, name=f"fields-{name}", cookies=pages[1])

    assert problems == []
