"""What the writes of the portfolio promise, whoever calls them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from common.errors import Blocker, Changed, Refused
from portfolio import actions
from portfolio.models import Part, Pilot, PilotParty, Site
from portfolio.rules import local_day
from tenants import actions as tenants
from tenants.models import Membership, Notification, Person
from tenants.queries import System
from tests.conftest import NOW, Cast

DEMO = System("test")
START = date(2026, 9, 7)

pytestmark = pytest.mark.usefixtures("acme")


@pytest.fixture
def site(acme: int) -> Site:
    return actions.add_site(name="Plant Lyon", zone="Europe/Paris", by=DEMO)


@pytest.fixture
def pilot(site: Site) -> Pilot:
    return actions.add_pilot(name="Late orders", site=site, start_date=START, by=DEMO, now=NOW)


def person(name: str) -> Person:
    return tenants.add_person(name=name, actor=DEMO.audit_name)


def last_event() -> AuditEvent:
    return AuditEvent.objects.order_by("-seq")[0]


def test_a_code_is_made_of_the_name_and_stays_free_of_doubles() -> None:
    first = actions.add_site(name="Plant Lyon", zone="Europe/Paris", by=DEMO)
    second = actions.add_site(name="Plant (Lyon)", zone="Europe/Paris", by=DEMO)

    assert (first.code, second.code) == ("plant-lyon", "plant-lyon-2")


def test_a_code_that_another_site_has_is_refused_in_words(site: Site) -> None:
    with pytest.raises(Refused) as refused:
        actions.add_site(name="Other", code=site.code, zone="Europe/Paris", by=DEMO)

    assert refused.value.field == "code"
    assert "Another site has this code" in str(refused.value)
    assert Site.objects.count() == 1


def test_a_code_that_another_row_has_in_other_letters_is_refused_in_words(site: Site) -> None:
    zone = "Europe/Paris"
    actions.add_site(name="One", code="Hall-i", zone=zone, by=DEMO)
    actions.add_vendor(name="One", code="Cog-i", by=DEMO)
    actions.add_pilot(name="One", code="P-i", site=site, start_date=START, by=DEMO, now=NOW)
    twins: dict[str, Callable[[], object]] = {
        "site": lambda: actions.add_site(name="Two", code="hall-I", zone=zone, by=DEMO),
        "vendor": lambda: actions.add_vendor(name="Two", code="COG-I", by=DEMO),
        "pilot": lambda: actions.add_pilot(
            name="Two", code="p-i", site=site, start_date=START, by=DEMO, now=NOW
        ),
    }

    for what, add in twins.items():
        with pytest.raises(Refused) as refused:
            add()
        assert (refused.value.code, refused.value.field) == ("code_taken", "code")
        assert f"Another {what}, perhaps an archived one, has this code in small" in str(
            refused.value
        )


def test_a_code_the_product_uses_itself_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        actions.add_site(name="Other", code="new", zone="Europe/Paris", by=DEMO)

    assert refused.value.code == "code_shape"


def test_a_zone_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        actions.add_site(name="Other", zone="Europe/Atlantis", by=DEMO)

    assert refused.value.field == "zone"


def test_a_site_without_a_working_day_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        actions.add_site(name="Other", zone="Europe/Paris", working_days=[], by=DEMO)

    assert refused.value.field == "working_days"


def test_holidays_are_kept_once_and_in_order() -> None:
    days = [date(2026, 12, 26), date(2026, 12, 25), date(2026, 12, 26)]

    site = actions.add_site(name="Lyon", zone="Europe/Paris", holidays=days, by=DEMO)

    assert site.holidays == [date(2026, 12, 25), date(2026, 12, 26)]


def test_a_change_of_an_old_version_is_refused_and_changes_nothing(site: Site) -> None:
    same = {"zone": site.zone, "working_days": [1], "holidays": [], "by": DEMO}
    actions.change_site(site=site, version=1, name="First", **same)

    with pytest.raises(Changed):
        actions.change_site(site=site, version=1, name="Second", **same)

    site.refresh_from_db()
    assert (site.name, site.version) == ("First", 2)


def test_saving_what_is_there_already_leaves_no_trace(site: Site) -> None:
    before = last_event().seq

    actions.change_site(
        site=site,
        version=1,
        name=site.name,
        zone=site.zone,
        working_days=site.working_days,
        holidays=[],
        by=DEMO,
    )

    site.refresh_from_db()
    assert site.version == 1
    assert last_event().seq == before


def test_the_trail_says_what_a_change_moved(site: Site) -> None:
    actions.change_site(
        site=site,
        version=1,
        name="Lyon South",
        zone=site.zone,
        working_days=[1, 2],
        holidays=[],
        by=DEMO,
    )

    event = last_event()
    assert event.action == "SITE_CHANGED"
    assert event.payload["changed"]["name"] == ["Plant Lyon", "Lyon South"]
    assert event.payload["changed"]["working_days"] == [[1, 2, 3, 4, 5], [1, 2]]


def test_a_site_with_a_pilot_is_not_archived_and_the_words_name_it(pilot: Pilot) -> None:
    with pytest.raises(Refused) as refused:
        actions.archive_site(site=pilot.site, used_by=lambda _: [], by=DEMO, now=NOW)

    assert str(refused.value) == "Plant Lyon is still used."
    assert refused.value.blockers == (
        Blocker(
            "Move pilot P-01 Late orders to another site, or archive it first",
            "/t/acme/pilots/P-01/",
        ),
    )
    assert Site.objects.get().archived_at is None


def test_a_site_is_archived_once_its_pilot_is_and_comes_back(pilot: Pilot) -> None:
    actions.archive_pilot(pilot=pilot, by=DEMO, now=NOW)
    site = actions.archive_site(site=pilot.site, used_by=lambda _: [], by=DEMO, now=NOW)
    assert site.archived_at == NOW

    site = actions.restore_site(site=site, by=DEMO)

    assert site.archived_at is None


def test_what_other_apps_use_stops_the_archive_too(site: Site) -> None:
    other = Blocker("Archive metric OTIF first", "/t/acme/metrics/otif/edit/")

    with pytest.raises(Refused) as refused:
        actions.archive_site(site=site, used_by=lambda _: [other], by=DEMO, now=NOW)

    assert refused.value.blockers == (other,)


def test_a_vendor_of_a_pilot_is_not_archived(site: Site) -> None:
    vendor = actions.add_vendor(name="Vendor A", by=DEMO)
    actions.add_pilot(
        name="Late orders", site=site, vendor=vendor, start_date=START, by=DEMO, now=NOW
    )

    with pytest.raises(Refused) as refused:
        actions.archive_vendor(vendor=vendor, by=DEMO, now=NOW)

    assert [one.words for one in refused.value.blockers] == [
        "Give pilot P-01 Late orders another vendor, or archive it first"
    ]


def test_pilots_are_numbered_in_a_row(site: Site) -> None:
    actions.add_pilot(name="A", code="P-07", site=site, start_date=START, by=DEMO, now=NOW)

    pilot = actions.add_pilot(name="B", site=site, start_date=START, by=DEMO, now=NOW)

    assert pilot.code == "P-08"


def test_a_pilot_cannot_start_at_an_archived_site(site: Site) -> None:
    actions.archive_site(site=site, used_by=lambda _: [], by=DEMO, now=NOW)

    with pytest.raises(Refused) as refused:
        actions.add_pilot(name="A", site=site, start_date=START, by=DEMO, now=NOW)

    assert refused.value.field == "site"


def test_a_go_live_before_the_start_is_refused(site: Site) -> None:
    with pytest.raises(Refused) as refused:
        actions.add_pilot(
            name="A",
            site=site,
            start_date=START,
            go_live_date=START - timedelta(days=1),
            by=DEMO,
            now=NOW,
        )

    assert refused.value.field == "go_live_date"


@pytest.mark.parametrize("field", ["start_date", "go_live_date"])
@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2101, 1, 1), date.max, date.min])
def test_a_day_in_no_plausible_year_is_refused_at_its_field(
    site: Site, field: str, day: date
) -> None:
    days = {"start_date": START, "go_live_date": None, field: day}

    with pytest.raises(Refused, match=f"between 2000 and 2100; this day is in {day.year}") as new:
        actions.add_pilot(name="A", site=site, **days, by=DEMO, now=NOW)
    pilot = actions.add_pilot(name="A", site=site, start_date=START, by=DEMO, now=NOW)
    with pytest.raises(Refused, match="Check the year") as changed:
        rewrite(pilot, **{field: day})

    assert new.value.field == changed.value.field == field


def test_the_first_and_the_last_plausible_day_are_taken(site: Site) -> None:
    days = {"start_date": date(2000, 1, 1), "go_live_date": date(2100, 12, 31)}

    pilot = actions.add_pilot(name="A", site=site, **days, by=DEMO, now=NOW)

    assert (pilot.start_date, pilot.go_live_date) == (date(2000, 1, 1), date(2100, 12, 31))


def test_a_day_that_stands_from_before_its_bounds_does_not_keep_the_rest_from_changing(
    site: Site,
) -> None:
    pilot = Pilot.objects.create(
        code="P-1", name="A", site=site, start_date=START, go_live_date=date(2206, 1, 1)
    )

    assert rewrite(pilot, name="B").name == "B"


def rewrite(pilot: Pilot, **changes: Any) -> Pilot:
    """Change a pilot and leave everything else as it stands."""
    kept = ("name", "use_case", "goal", "site", "vendor", "start_date", "go_live_date")
    values = {field: getattr(pilot, field) for field in kept}
    return actions.change_pilot(pilot=pilot, version=pilot.version, by=DEMO, **(values | changes))


def test_an_archived_pilot_does_not_change_until_it_is_brought_back(pilot: Pilot) -> None:
    actions.archive_pilot(pilot=pilot, by=DEMO, now=NOW)

    with pytest.raises(Refused, match="until it is brought back"):
        actions.set_party(pilot=pilot, part=Part.LEAD, person=person("A"), by=DEMO, now=NOW)

    actions.restore_pilot(pilot=pilot, by=DEMO)
    actions.set_party(pilot=pilot, part=Part.LEAD, person=person("B"), by=DEMO, now=NOW)
    assert PilotParty.objects.get().person.name == "B"


def test_a_pilot_does_not_come_back_to_an_archived_site(pilot: Pilot) -> None:
    actions.archive_pilot(pilot=pilot, by=DEMO, now=NOW)
    actions.archive_site(site=pilot.site, used_by=lambda _: [], by=DEMO, now=NOW)

    with pytest.raises(Refused, match="Plant Lyon is archived"):
        actions.restore_pilot(pilot=pilot, by=DEMO)


def test_a_new_lead_ends_the_old_one_and_the_pilot_has_one(pilot: Pilot) -> None:
    first = actions.set_party(pilot=pilot, part=Part.LEAD, person=person("A"), by=DEMO, now=NOW)

    actions.set_party(pilot=pilot, part=Part.LEAD, person=person("B"), by=DEMO, now=NOW)

    first.refresh_from_db()
    assert first.ended_at == NOW
    assert [p.person.name for p in PilotParty.objects.filter(ended_at=None)] == ["B"]
    assert last_event().payload["instead_of"] == [str(first.person_id)]


def test_naming_the_same_lead_again_changes_nothing(pilot: Pilot) -> None:
    lead = person("A")
    first = actions.set_party(pilot=pilot, part=Part.LEAD, person=lead, by=DEMO, now=NOW)

    again = actions.set_party(pilot=pilot, part=Part.LEAD, person=lead, by=DEMO, now=NOW)

    assert again == first
    assert PilotParty.objects.count() == 1


def test_other_hours_begin_a_new_part_and_keep_the_old_hours(pilot: Pilot) -> None:
    operator = person("A")
    for hours in (4, 8):
        actions.set_party(
            pilot=pilot,
            part=Part.OPERATOR,
            person=operator,
            hours_per_week=hours,
            by=DEMO,
            now=NOW,
        )

    parties = PilotParty.objects.order_by("created_at", "id")
    assert [(p.hours_per_week, p.ended_at is None) for p in parties] == [(4, False), (8, True)]


def test_two_people_may_both_stand_for_security(pilot: Pilot) -> None:
    for name in ("A", "B"):
        actions.set_party(pilot=pilot, part=Part.SECURITY, person=person(name), by=DEMO, now=NOW)

    assert PilotParty.objects.filter(ended_at=None).count() == 2


def test_impossible_hours_are_refused(pilot: Pilot) -> None:
    with pytest.raises(Refused) as refused:
        actions.set_party(
            pilot=pilot,
            part=Part.OPERATOR,
            person=person("A"),
            hours_per_week=81,
            by=DEMO,
            now=NOW,
        )

    assert refused.value.field == "hours_per_week"


def test_being_named_lead_puts_one_line_into_the_inbox(pilot: Pilot, cast: Cast) -> None:
    lead = cast.lead.person
    actions.set_party(pilot=pilot, part=Part.LEAD, person=lead, by=DEMO, now=NOW)
    actions.set_party(pilot=pilot, part=Part.LEAD, person=lead, hours_per_week=3, by=DEMO, now=NOW)

    line = Notification.objects.get()
    assert line.member_id == cast.lead.id
    assert line.title == "You are the lead of Late orders"
    assert line.path == "/t/acme/pilots/P-01/"


def test_naming_somebody_who_never_signs_in_tells_nobody(pilot: Pilot) -> None:
    actions.set_party(pilot=pilot, part=Part.LEAD, person=person("A"), by=DEMO, now=NOW)

    assert not Notification.objects.exists()


def test_an_ended_part_stays_in_the_history(pilot: Pilot) -> None:
    party = actions.set_party(pilot=pilot, part=Part.LEAD, person=person("A"), by=DEMO, now=NOW)

    actions.end_party(party=party, by=DEMO, now=NOW)

    assert PilotParty.objects.get().ended_at == NOW
    assert last_event().action == "PARTY_ENDED"


def test_an_archived_person_gets_no_part(pilot: Pilot) -> None:
    gone = tenants.archive_person(person=person("A"), used_by=lambda _: [], by=DEMO, now=NOW)

    with pytest.raises(Refused, match="A is archived"):
        actions.set_party(pilot=pilot, part=Part.LEAD, person=gone, by=DEMO, now=NOW)


def test_who_was_removed_gets_no_part_and_keeps_none_by_being_named_again(
    cast: Cast, pilot: Pilot
) -> None:
    lead = {"pilot": pilot, "part": Part.LEAD, "person": cast.lead.person}
    actions.set_party(**lead, by=DEMO, now=NOW)
    Membership.objects.filter(pk__in=[cast.lead.pk, cast.reader.pk]).update(removed_at=NOW)

    for values in (lead, lead | {"person": cast.reader.person}):
        with pytest.raises(Refused, match="is no member any more") as refused:
            actions.set_party(**values, by=DEMO, now=NOW)
        assert refused.value.field == "person"


def test_who_has_left_gets_no_part_and_who_is_there_today_still_does(
    cast: Cast, pilot: Pilot
) -> None:
    today = local_day(NOW, pilot.site.zone)
    part = {"pilot": pilot, "part": Part.OPERATOR, "person": cast.reader.person}
    person = Person.objects.filter(pk=cast.reader.person_id)
    person.update(leaves_on=today - timedelta(days=1))

    with pytest.raises(Refused, match="The last day of Reader was") as refused:
        actions.set_party(**part, by=DEMO, now=NOW)
    person.update(leaves_on=today)
    named = actions.set_party(**part, by=DEMO, now=NOW)

    assert (refused.value.code, refused.value.field) == ("person_left", "person")
    assert named.person_id == cast.reader.person_id


def test_somebody_who_signs_in_is_not_archived(cast: Cast) -> None:
    with pytest.raises(Refused, match="Lead is still needed") as refused:
        tenants.archive_person(person=cast.lead.person, used_by=lambda _: [], by=DEMO, now=NOW)

    assert refused.value.blockers == (
        Blocker("Remove Lead from the members first", "/t/acme/settings/members/"),
    )


def test_an_e_mail_address_belongs_to_one_person(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        tenants.add_person(name="Twin", email="Lead@plant.example", actor=DEMO.audit_name)

    assert refused.value.field == "email"
