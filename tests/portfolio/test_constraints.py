"""Each named constraint of the portfolio's tables refuses what breaks it, whichever code writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models import F

from common.writing import constraint_of
from portfolio.models import BriefMail, Pilot, PilotParty, PilotReview, Site, Vendor
from tenants.models import Membership, Person
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.usefixtures("acme")
START = date(2026, 9, 7)


def site(**values: Any) -> Site:
    return Site.objects.create(**{"code": "s", "name": "Site", "zone": "Europe/Paris"} | values)


def pilot(**values: Any) -> Pilot:
    defaults = {"code": "p", "name": "Pilot", "start_date": START}
    if not {"site", "site_id"} & values.keys():
        defaults["site"] = Site.objects.first() or site()
    return Pilot.objects.create(**defaults | values)


def party(**values: Any) -> PilotParty:
    defaults = {"part": "security"}
    if "pilot_id" not in values:
        defaults["pilot"] = Pilot.objects.first() or pilot()
    if "person_id" not in values:
        defaults["person"] = Person.objects.first()
    return PilotParty.objects.create(**defaults | values)


def review(**values: Any) -> PilotReview:
    defaults = {"week": 1, "status": "on_track", "sentence": "It runs.", "written_at": NOW}
    if "pilot_id" not in values:
        defaults["pilot"] = Pilot.objects.first() or pilot()
    if "member_id" not in values:
        defaults["member"] = Membership.objects.first()
    return PilotReview.objects.create(**defaults | values)


def brief(**values: Any) -> BriefMail:
    defaults = {"month": date(2026, 11, 1), "due_at": NOW}
    if "member_id" not in values:
        defaults["member"] = Membership.objects.first()
    return BriefMail.objects.create(**defaults | values)


def vendor(**values: Any) -> Vendor:
    return Vendor.objects.create(**{"code": "v", "name": "Vendor"} | values)


def twice(make: Callable[..., Any], **values: Any) -> None:
    make(**values)
    make(**values)


CASES: dict[str, Callable[[], Any]] = {
    "portfolio_site_code_once": lambda: twice(site),
    "portfolio_site_code_alike": lambda: [site(code="K-i"), site(code="k-I")],
    "portfolio_site_code_shape": lambda: site(code="a b"),
    "portfolio_site_name_given": lambda: site(name=""),
    "portfolio_site_working_days": lambda: site(working_days=[8]),
    "portfolio_vendor_code_once": lambda: twice(vendor),
    "portfolio_vendor_code_alike": lambda: [vendor(code="K-i"), vendor(code="k-I")],
    "portfolio_vendor_code_shape": lambda: vendor(code="-v"),
    "portfolio_vendor_name_given": lambda: vendor(name=""),
    "portfolio_pilot_code_once": lambda: twice(pilot),
    "portfolio_pilot_code_alike": lambda: [pilot(code="K-i"), pilot(code="k-I")],
    "portfolio_pilot_code_shape": lambda: pilot(code="p/1"),
    "portfolio_pilot_name_given": lambda: pilot(name=""),
    "portfolio_pilot_live_after_start": lambda: pilot(go_live_date=date(2026, 9, 6)),
    "portfolio_pilot_site_fk": lambda: pilot(site_id=uuid4()),
    "portfolio_pilot_vendor_fk": lambda: pilot(vendor_id=uuid4()),
    "portfolio_pilotparty_pilot_fk": lambda: party(pilot_id=uuid4()),
    "portfolio_pilotparty_person_fk": lambda: party(person_id=uuid4()),
    "portfolio_pilotparty_hours": lambda: party(hours_per_week=0),
    "portfolio_pilotparty_once": lambda: twice(party),
    "portfolio_pilotreview_pilot_fk": lambda: review(pilot_id=uuid4()),
    "portfolio_pilotreview_member_fk": lambda: review(member_id=uuid4()),
    "portfolio_pilotreview_once": lambda: twice(review),
    "portfolio_pilotreview_week_counts": lambda: review(week=0),
    "portfolio_pilotreview_status_known": lambda: review(status="fine"),
    "portfolio_pilotreview_sentence_given": lambda: review(sentence=""),
    "portfolio_briefmail_member_fk": lambda: brief(member_id=uuid4()),
    "portfolio_briefmail_once": lambda: twice(brief),
    "portfolio_briefmail_month_begins": lambda: brief(month=date(2026, 11, 2)),
    "portfolio_briefmail_sent_by_a_try": lambda: brief(sent_at=NOW),
    "portfolio_pilotparty_one_active": lambda: [
        party(part="lead", person_id=person.pk) for person in Person.objects.all()[:2]
    ],
}
# Keys that only other constraints refer to, or that no two rows of one tenant can share.
UNREACHABLE = {"portfolio_site_zone_key"}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses_by_name(name: str) -> None:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        CASES[name]()

    assert constraint_of(violated.value) == name


def test_no_constraint_is_without_its_test() -> None:
    named = {
        constraint.name
        for model in (Site, Vendor, Pilot, PilotParty, PilotReview, BriefMail)
        for constraint in model._meta.constraints
        if not constraint.name.endswith(("_iso", "_tenant_key"))
    }

    assert named - UNREACHABLE == set(CASES)


def test_a_site_without_working_days_is_refused_too() -> None:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        site(working_days=[])

    assert constraint_of(violated.value) == "portfolio_site_working_days"


def test_an_ended_lead_leaves_room_for_the_next() -> None:
    people = Person.objects.all()[:2]
    party(part="lead", person_id=people[0].pk, ended_at=NOW)

    assert party(part="lead", person_id=people[1].pk).pk


@pytest.mark.parametrize("column", ["pilot_id", "person_id", "part", "id"])
@pytest.mark.parametrize("ended_at", [None, NOW])
def test_who_ever_led_a_pilot_stays_written_down(column: str, ended_at: datetime | None) -> None:
    led = party(part="lead", ended_at=ended_at)
    other = {
        "pilot_id": pilot(code="other").pk,
        "person_id": Person.objects.exclude(pk=led.person_id)[0].pk,
        "part": "deputy_operator",
        "id": uuid4(),
    }[column]

    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        PilotParty.objects.filter(pk=led.pk).update(**{column: other})

    assert constraint_of(violated.value) == "portfolio_pilotparty_lead_kept"


def test_a_lead_ends_and_another_part_may_be_corrected() -> None:
    led, other = party(part="lead"), party()

    PilotParty.objects.filter(pk=led.pk).update(ended_at=NOW, hours_per_week=4)
    PilotParty.objects.filter(pk=other.pk).update(part="deputy_operator")

    assert PilotParty.objects.get(pk=led.pk).ended_at == NOW


def test_a_person_of_another_company_is_refused_as_if_there_were_none(cast: Cast) -> None:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        party(person_id=cast.stranger.person_id)

    assert constraint_of(violated.value) == "portfolio_pilotparty_person_fk"


@pytest.mark.parametrize("model", [Site, Vendor, Pilot, PilotParty, PilotReview, BriefMail])
def test_nothing_of_the_portfolio_can_be_deleted(model: Any) -> None:
    party(), vendor(), review(), brief()

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        model.objects.all()._raw_delete("default")  # past the ORM's own refusals


def test_another_companys_rows_are_neither_seen_nor_moved(cast: Cast) -> None:
    site()

    assert Site.objects.filter(tenant_id=cast.borealis).count() == 0
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Site.objects.update(tenant_id=F("tenant_id") + 1)
