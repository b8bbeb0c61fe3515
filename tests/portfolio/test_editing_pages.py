"""Pages by which people build a portfolio: from an empty tenant to a pilot with an agreed target."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.urls.converters import IntConverter

from common.tenancy.context import tenant
from metrics import urls as metrics_urls
from metrics.actions import baselines
from metrics.actions import targets as metrics
from metrics.models import Metric, MetricDefinition, PilotMetric, Source
from portfolio import actions
from portfolio import urls as portfolio_urls
from portfolio.models import Part, Pilot, PilotParty, Site, Vendor
from tenants.models import Membership, Notification, Person
from tenants.queries import System
from tests.conftest import Cast, signed_in
from tests.plant import Plant, let_lead

DEMO = System("test")
SITE = {"name": "Plant Lyon", "zone": "Europe/Paris", "working_days": ["1", "2"], "holidays": ""}


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["acme", *args])


def text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, f"no hidden {name}"
    return found[1]


def initial(client: Client, address: str) -> dict[str, Any]:
    """Return what a form would send as it stands, without the answers of a person."""
    response = client.get(address)
    assert response.status_code == 200, response.content
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value)


def follow(response: HttpResponse, client: Client) -> str:
    assert response.status_code == 302, _errors(response)
    return text(client.get(response["Location"]))


def _errors(response: HttpResponse) -> str:
    return str(getattr(response, "context", None) and response.context["form"].errors)


def test_a_company_builds_its_first_pilot_by_pages_alone(cast: Cast) -> None:
    admin, lead = signed_in(cast.admin), signed_in(cast.lead)
    sponsor = signed_in(cast.sponsor)
    admin.post(url("site_new"), initial(admin, url("site_new")) | {"name": "Plant Lyon"})
    lead.post(url("vendor_new"), initial(lead, url("vendor_new")) | {"name": "Vendor A"})
    lead.post(url("person_new"), initial(lead, url("person_new")) | {"name": "Dock planner"})
    lead.post(url("source_new"), initial(lead, url("source_new")) | {"name": "ERP", "kind": "erp"})
    with tenant(cast.acme):
        planner = Person.objects.get(name="Dock planner")
        vendor = Vendor.objects.get()

    answers = initial(lead, url("pilot_new")) | {
        "name": "Late-delivery early warning",
        "vendor": vendor.code,
        "part_sponsor": str(cast.sponsor.person_id),
        "part_operator": str(planner.pk),
        "hours_per_week": "4",
    }
    page = follow(lead.post(url("pilot_new"), answers), lead)
    assert "P-01 Late-delivery early warning is started. Next: add the metric" in page
    assert f'href="{url("target_new", "P-01")}"' in page

    new_metric = url("metric_new") + "?kind=proportion&pilot=P-01"
    answers = initial(lead, new_metric) | {
        "name": "On-time lines",
        "numerator": "lines on time",
        "denominator": "lines delivered",
    }
    response = lead.post(new_metric, answers)
    target_page = response["Location"]
    assert target_page == url("target_new", "P-01") + "?metric=on-time-lines"
    answers = initial(lead, target_page) | {"comparison": "gt", "target": "94"}
    follow(lead.post(target_page, answers), lead)

    with tenant(cast.acme):
        key = PilotMetric.objects.get().pk
    agree = url("target_agree", "P-01", key)
    assert f'href="{agree}"' in text(sponsor.get(url("pilot", "P-01")))
    assert f'href="{agree}"' not in text(lead.get(url("pilot", "P-01")))
    assert "On-time lines: above 94.0" in text(sponsor.get(agree)).replace("\xa0", " ")
    follow(sponsor.post(agree, initial(sponsor, agree)), sponsor)

    with tenant(cast.acme):
        row = PilotMetric.objects.select_related("pilot__site", "agreed_by").get()
        assert (row.target, row.comparison, row.agreed_by) == (0.94, "gt", cast.sponsor)
        assert row.pilot.site.zone == "Europe/Berlin"
        parties = PilotParty.objects.values_list("part", "person_id", "hours_per_week")
        assert set(parties) == {
            (Part.SPONSOR, cast.sponsor.person_id, None),
            (Part.LEAD, cast.lead.person_id, None),
            (Part.OPERATOR, planner.pk, 4),
        }
        assert Source.objects.get().code == "erp"
        assert MetricDefinition.objects.get().denominator == "lines delivered"
        assert Notification.objects.filter(member=cast.lead, topic="part").exists()


def test_a_new_pilot_proposes_monday_the_next_number_and_the_lead_who_asks(cast: Cast) -> None:
    with tenant(cast.acme):
        actions.add_site(name="Lyon", zone="Europe/Paris", by=DEMO)
    answers = initial(signed_in(cast.lead), url("pilot_new"))

    assert answers["code"] == "P-01"
    assert answers["site"] == "lyon"
    assert answers["part_lead"] == str(cast.lead.person_id)


def test_without_a_site_the_page_of_a_new_pilot_says_what_comes_first(cast: Cast) -> None:
    assert "First, a site" in text(signed_in(cast.lead).get(url("pilot_new")))
    assert url("site_new") in text(signed_in(cast.admin).get(url("pilot_new")))


def test_hours_that_can_be_read_two_ways_are_refused(cast: Cast) -> None:
    with tenant(cast.acme):
        actions.add_site(name="Lyon", zone="Europe/Paris", by=DEMO)
    lead = signed_in(cast.lead)
    answers = initial(lead, url("pilot_new")) | {"name": "Early warning", "hours_per_week": "4.000"}

    response = lead.post(url("pilot_new"), answers)

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "hours_per_week": ["4.000 can be read two ways: type 4000 or 4."]
    }


def test_a_form_sent_twice_creates_one_and_both_answers_are_the_same(cast: Cast) -> None:
    admin = signed_in(cast.admin)
    answers = initial(admin, url("site_new")) | SITE

    first = admin.post(url("site_new"), answers)
    second = admin.post(url("site_new"), answers)

    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    with tenant(cast.acme):
        assert Site.objects.count() == 1


def test_the_same_form_with_other_answers_is_not_taken_for_the_first(cast: Cast) -> None:
    admin = signed_in(cast.admin)
    answers = initial(admin, url("site_new")) | SITE
    admin.post(url("site_new"), answers)

    response = admin.post(url("site_new"), answers | {"name": "Plant Nantes"})

    assert response.status_code == 422
    assert "was sent before with other answers" in text(response)


def test_two_forms_with_the_same_answers_create_two_people(cast: Cast) -> None:
    lead = signed_in(cast.lead)
    for _ in range(2):
        lead.post(url("person_new"), initial(lead, url("person_new")) | {"name": "Kim"})

    with tenant(cast.acme):
        assert Person.objects.filter(name="Kim").count() == 2


def test_every_wrong_answer_of_a_form_and_every_wrong_line_is_said_at_once(cast: Cast) -> None:
    admin = signed_in(cast.admin)
    wrong = {"code": "a b", "zone": "Nowhere", "holidays": "Christmas\n2026-12-25\nEaster"}

    page = text(admin.post(url("site_new"), initial(admin, url("site_new")) | SITE | wrong))

    assert "3 answers need another look" in page
    for words in ("letters, digits, hyphens", "no time zone", "“Christmas” is", "“Easter” is"):
        assert words in page


def test_a_target_says_half_of_itself_and_half_of_its_money_at_once(
    cast: Cast, pilot: Pilot
) -> None:
    lead = signed_in(cast.lead)
    with tenant(cast.acme):
        metric = Plant(cast).metric(code="half")
    address = f"{url('target_new', pilot.code)}?metric={metric.code}"
    half = {"comparison": "", "target": "94", "units_per_week": "-1", "value_per_unit": ""}

    page = text(lead.post(address, initial(lead, address) | half))

    for words in ("Say which side", "This is above zero.", "Give both, units a week"):
        assert words in page


def test_a_new_pilot_says_a_bad_code_and_an_early_go_live_at_once(cast: Cast) -> None:
    with tenant(cast.acme):
        site = Plant(cast).site
    lead = signed_in(cast.lead)
    wrong = {"name": "", "site": site.code, "code": "a b"}
    days = {"start_date": "2026-03-02", "go_live_date": "2026-03-01"}

    page = text(lead.post(url("pilot_new"), initial(lead, url("pilot_new")) | wrong | days))

    for words in ("Fill this in.", "letters, digits, hyphens", "Go-live is on or after"):
        assert words in page


@pytest.mark.parametrize("field", ["start_date", "go_live_date"])
def test_a_day_in_no_plausible_year_is_said_at_its_field(cast: Cast, field: str) -> None:
    with tenant(cast.acme):
        site = Plant(cast).site
    lead = signed_in(cast.lead)
    sent = initial(lead, url("pilot_new")) | {"name": "A", "site": site.code, field: "9999-12-31"}

    response = lead.post(url("pilot_new"), sent)

    assert response.status_code == 422
    assert "this day is in 9999. Check the year." in text(response)
    assert f'id="id_{field}_error"' in response.content.decode()
    with tenant(cast.acme):
        assert not Pilot.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Fill this in."),
        ({"zone": "Europe/Atlantis"}, "no time zone of the list"),
        ({"working_days": []}, "Choose at least one working day"),
        ({"holidays": "Christmas"}, "“Christmas” is not a day"),
        ({"code": "a b"}, "letters, digits, hyphens"),
        ({"name": "a\x00b"}, "invisible character (control character U+0000)"),
    ],
)
def test_a_wrong_answer_is_said_at_its_field_and_nothing_is_saved(
    cast: Cast, changes: dict[str, Any], words: str
) -> None:
    admin = signed_in(cast.admin)

    response = admin.post(url("site_new"), initial(admin, url("site_new")) | SITE | changes)

    assert response.status_code == 422
    assert words in text(response)
    field = next(iter(changes))
    assert f'id="id_{field}_error"' in text(response)
    with tenant(cast.acme):
        assert not Site.objects.exists()


def test_a_zone_may_be_typed_as_people_type_it(cast: Cast) -> None:
    admin = signed_in(cast.admin)

    admin.post(
        url("site_new"), initial(admin, url("site_new")) | SITE | {"zone": "america/new york"}
    )

    with tenant(cast.acme):
        assert Site.objects.get().zone == "America/New_York"


@pytest.fixture
def site(cast: Cast) -> Site:
    with tenant(cast.acme):
        return actions.add_site(name="Plant Brest", zone="Europe/Paris", by=DEMO)


def test_somebody_who_was_second_keeps_what_they_typed_and_sees_what_stands_there(
    cast: Cast, site: Site
) -> None:
    admin = signed_in(cast.admin)
    address = url("site_edit", site.code)
    opened = initial(admin, address)
    admin.post(address, opened | {"name": "First"})

    response = admin.post(address, opened | {"name": "Second"})

    assert response.status_code == 409
    page = text(response)
    assert "changed by someone else since you opened it" in page
    assert 'value="Second"' in page
    assert "By now this is: First." in page
    again = admin.post(address, opened | {"name": "Second", "version": hidden(page, "version")})
    assert again.status_code == 302
    with tenant(cast.acme):
        assert Site.objects.get().name == "Second"


def test_a_second_change_of_another_field_does_not_call_untouched_fields_different(
    cast: Cast, site: Site
) -> None:
    admin = signed_in(cast.admin)
    address = url("site_edit", site.code)
    opened = initial(admin, address)
    admin.post(address, opened | {"name": "First"})

    page = text(admin.post(address, opened | {"name": "Second"}))

    assert page.count("By now this is") == 2  # in the summary and at the field


def test_a_site_in_use_says_where_and_what_to_do(cast: Cast, site: Site) -> None:
    admin = signed_in(cast.admin)
    with tenant(cast.acme):
        Metric.objects.create(
            code="otif",
            name="OTIF & more",
            kind="mean",
            unit="days",
            direction="up",
            site=site,
            zone=site.zone,
        )

    page = text(admin.post(url("site_archive", site.code), follow=True))

    assert "Plant Brest is still used." in page
    assert (
        '<a class="lnk" href="/t/acme/metrics/otif/edit/">Archive metric OTIF &amp; more first</a>'
        in page
    )


def test_of_many_pilots_in_the_way_the_first_are_listed_and_the_rest_counted(
    cast: Cast, site: Site
) -> None:
    admin = signed_in(cast.admin)
    with tenant(cast.acme):
        for number in range(10):
            Pilot.objects.create(
                code=f"P-{number}", name="Late", site=site, start_date="2026-09-01"
            )

    page = text(admin.post(url("site_archive", site.code), follow=True))

    assert page.count('listitem"><a class="lnk" href="/t/acme/pilots/') == 8
    assert '<span role="listitem">and 2 more</span>' in page


def test_every_link_of_a_refused_archive_leads_to_a_page(cast: Cast, pilot: Pilot) -> None:
    admin, person = signed_in(cast.admin), cast.lead.person_id
    with tenant(cast.acme):
        row = Plant(cast).metric(code="otif")
        Membership.objects.filter(pk=cast.admin.pk).update(roles=["admin", "lead", "executive"])
        metrics.add_target(pilot=pilot, metric=row, role="primary", by=DEMO)
        Source.objects.create(code="mes", name="MES", maintainer=cast.lead.person)

    pages = [
        text(admin.post(address, follow=True))
        for address in (
            url("site_archive", pilot.site.code),
            url("person_archive", person),
            url("metric_archive", row.code),
        )
    ]

    links = [
        link
        for page in pages
        for link in re.findall(r'listitem"><a class="lnk" href="(.*?)"', page)
    ]
    assert links == [
        url("pilot", pilot.code),
        url("party_set", pilot.code) + "?part=lead",
        url("source_edit", "mes"),
        url("members"),
        url("pilot", pilot.code),
    ]
    assert {admin.get(link).status_code for link in links} == {200}


def test_an_archived_site_stands_below_and_comes_back(cast: Cast, site: Site) -> None:
    admin = signed_in(cast.admin)

    page = follow(admin.post(url("site_archive", site.code)), admin)
    assert "Bring back" in page

    follow(admin.post(url("site_restore", site.code)), admin)
    with tenant(cast.acme):
        assert Site.objects.get().archived_at is None


def test_a_zone_in_use_is_explained_at_its_field(cast: Cast, site: Site) -> None:
    admin = signed_in(cast.admin)
    with tenant(cast.acme):
        Metric.objects.create(
            code="otif",
            name="OTIF",
            kind="mean",
            unit="days",
            direction="up",
            site=site,
            zone=site.zone,
        )
    address = url("site_edit", site.code)

    response = admin.post(address, initial(admin, address) | {"zone": "Asia/Tokyo"})

    assert response.status_code == 422
    assert "Add another site for another zone" in text(response)
    assert 'id="id_zone_error"' in text(response)


@pytest.fixture
def pilot(cast: Cast, site: Site) -> Pilot:
    from tests.portfolio.test_editing_actions import NOW, START

    with tenant(cast.acme):
        return actions.add_pilot(
            name="Late orders",
            site=site,
            start_date=START,
            by=DEMO,
            now=NOW,
            parties=[
                actions.PartyDraft(part=Part.LEAD, person=cast.lead.person),
                actions.PartyDraft(part=Part.SPONSOR, person=cast.sponsor.person),
            ],
        )


def test_a_lead_changes_the_own_pilot(cast: Cast, pilot: Pilot) -> None:
    lead = signed_in(cast.lead)
    address = url("pilot_edit", pilot.code)

    response = lead.post(address, initial(lead, address) | {"goal": "94 % on time"})

    assert response.status_code == 302
    with tenant(cast.acme):
        assert Pilot.objects.get().goal == "94 % on time"


def test_a_lead_of_no_pilot_is_told_who_may(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        PilotParty.objects.filter(part=Part.LEAD).update(ended_at=F("created_at"))
        PilotParty.objects.create(pilot=pilot, part=Part.LEAD, person=cast.reader.person)

    response = signed_in(cast.lead).get(url("pilot_edit", pilot.code))

    assert response.status_code == 403
    assert "own project lead" in text(response)


@pytest.mark.parametrize("name", ["pilot_edit", "party_set", "target_new"])
def test_a_sponsor_does_not_edit_the_pilot(cast: Cast, pilot: Pilot, name: str) -> None:
    assert signed_in(cast.sponsor).get(url(name, pilot.code)).status_code == 403


def test_the_sponsor_archives_the_own_pilot_and_brings_it_back(cast: Cast, pilot: Pilot) -> None:
    sponsor = signed_in(cast.sponsor)

    page = follow(sponsor.post(url("pilot_archive", pilot.code)), sponsor)
    assert "Late orders is archived. Everything of it is kept." in page
    assert "Bring back" in page

    follow(sponsor.post(url("pilot_restore", pilot.code)), sponsor)
    with tenant(cast.acme):
        assert Pilot.objects.get().archived_at is None


def test_an_archived_pilot_is_brought_back_from_its_own_page(cast: Cast, pilot: Pilot) -> None:
    sponsor = signed_in(cast.sponsor)
    sponsor.post(url("pilot_archive", pilot.code))

    assert url("pilot_restore", pilot.code) in text(sponsor.get(url("pilot", pilot.code)))
    lead_page = text(signed_in(cast.lead).get(url("pilot", pilot.code)))
    assert url("pilot_restore", pilot.code) not in lead_page
    assert url("pilot_edit", pilot.code) not in lead_page


@pytest.fixture
def closed(cast: Cast) -> PilotMetric:
    """Return the metric of an archived pilot that has people and the draft of a baseline."""
    with tenant(cast.acme):
        acme = Plant(cast)
        pilot = acme.whole()
        row: PilotMetric = PilotMetric.objects.get(pilot=pilot)
        baselines.draft_baseline(row=row, by=cast.lead, now=acme.now, matters=0.5)
        actions.archive_pilot(pilot=pilot, by=cast.admin, now=acme.now)
        return row


def below(row: PilotMetric) -> list[str]:
    """Return the address of a pilot and every address below it."""
    routes = [*portfolio_urls.urlpatterns, *metrics_urls.urlpatterns]
    known: dict[str, Any] = {
        "code": "P-01",
        "key": row.pk,
        "week": 12,
        "number": uuid4(),
        "area": "security",
        "kind": "concern",
        "version": 1,
    }
    return [
        reverse(
            one.name,
            kwargs={
                "slug": "acme",
                **{
                    name: 1 if isinstance(kind, IntConverter) and name == "number" else known[name]
                    for name, kind in one.pattern.converters.items()
                },
            },
        )
        for one in routes
        if str(one.pattern).startswith("pilots/<slug:code>/")
    ]


@pytest.mark.parametrize(("who", "may"), [("lead", False), ("sponsor", True), ("admin", True)])
def test_no_page_of_an_archived_pilot_offers_what_would_be_refused(
    cast: Cast, closed: PilotMetric, who: str, may: bool
) -> None:
    client, restore, opened = signed_in(getattr(cast, who)), url("pilot_restore", "P-01"), 0
    read = (
        "pilot",
        "budget",
        "engagement_list",
        "requirement_list",
        "pilot_source_list",
        "need_list",
        "load",
        "plan_list",
    )
    reading = {*(url(name, "P-01") for name in read), url("baseline", "P-01", closed.pk)}

    for address in below(closed):
        response = client.get(address)
        if response.status_code in {403, 404, 405}:  # 404: nothing is read out here
            continue
        if "html" not in response["Content-Type"]:  # a file to take away offers nothing
            continue
        page = text(response).split('id="main"')[1].split("</main>")[0]
        fields = set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', page))
        opened += 1
        assert "This pilot was archived on" in page, address
        assert re.findall(r'<form[^>]* action="([^"]*)"', page) == [restore] * may, address
        assert page.count("<form") == may, address
        assert fields <= {"csrfmiddlewaretoken"}, address
        assert ("Ask Sponsor, Admin to bring it back." in page) is not may, address
        assert set(re.findall(r' href="([^"]*)"', page)) & set(below(closed)) <= reading, address

    assert opened >= 4


def test_a_form_that_was_open_when_its_pilot_was_archived_keeps_what_was_typed(
    cast: Cast, closed: PilotMetric
) -> None:
    response = signed_in(cast.lead).post(
        url("party_set", "P-01"), {"part": "operator", "person": str(cast.reader.person_id)}
    )

    assert response.status_code == 422
    assert "is archived, and nothing of it changes until it is brought back" in text(response)
    assert f'value="{cast.reader.person_id}" selected' in text(response)


@pytest.mark.parametrize("button", ["party_end", "baseline_lock", "target_retire"])
def test_a_button_pressed_after_its_pilot_was_archived_does_nothing(
    cast: Cast, closed: PilotMetric, button: str
) -> None:
    with tenant(cast.acme):
        party = PilotParty.objects.get(part=Part.SPONSOR)
    key = party.pk if button == "party_end" else closed.pk

    page = text(signed_in(cast.admin).post(url(button, "P-01", key), {"version": 1}, follow=True))

    assert "is archived, and nothing of it changes until it is brought back" in page
    with tenant(cast.acme):
        party.refresh_from_db()
        assert party.ended_at is None


def test_the_lead_does_not_archive_the_pilot(cast: Cast, pilot: Pilot) -> None:
    response = signed_in(cast.lead).post(url("pilot_archive", pilot.code))

    assert response.status_code == 403
    with tenant(cast.acme):
        assert Pilot.objects.get().archived_at is None


def test_naming_another_lead_shows_the_one_before_below(cast: Cast, pilot: Pilot) -> None:
    admin = signed_in(cast.admin)
    address = url("party_set", pilot.code)

    page = follow(
        admin.post(address, {"part": "lead", "person": str(cast.reader.person_id)}), admin
    )

    assert "Reader is lead now." in page
    assert page.index("Reader</span>") < page.index("Before") < page.rindex("Lead</span>")


def test_a_part_is_ended_by_a_button(cast: Cast, pilot: Pilot) -> None:
    lead = signed_in(cast.lead)
    with tenant(cast.acme):
        party = PilotParty.objects.get(part=Part.SPONSOR)

    follow(lead.post(url("party_end", pilot.code, party.pk)), lead)

    with tenant(cast.acme):
        assert PilotParty.objects.get(part=Part.SPONSOR).ended_at is not None


def test_a_person_of_another_company_cannot_be_named(cast: Cast, pilot: Pilot) -> None:
    lead = signed_in(cast.lead)

    response = lead.post(
        url("party_set", pilot.code), {"part": "lead", "person": str(cast.stranger.person_id)}
    )

    assert response.status_code == 422
    assert "is not one of the choices" in text(response)


LISTS = ("site_list", "vendor_list", "person_list", "source_list", "pilot_archived")


@pytest.mark.parametrize("name", LISTS)
def test_a_reader_reads_the_lists_and_finds_no_button(cast: Cast, pilot: Pilot, name: str) -> None:
    response = signed_in(cast.reader).get(url(name))

    assert response.status_code == 200
    main = text(response).split('id="main"')[1]
    assert "Add a" not in main
    assert ">Edit<" not in main


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("site_new", "lead"),
        ("vendor_new", "sponsor"),
        ("person_new", "sponsor"),
        ("source_new", "sponsor"),
        ("pilot_new", "reader"),
        ("metric_new", "sponsor"),
    ],
)
def test_who_may_not_add_is_told_who_may(cast: Cast, name: str, who: str) -> None:
    member: Membership = getattr(cast, who)

    response = signed_in(member).get(url(name))

    assert response.status_code == 403
    assert "you need to be" in text(response)


def test_who_may_not_add_a_site_keeps_the_frame_and_is_told_whom_to_ask(cast: Cast) -> None:
    page = text(signed_in(cast.reader).get(url("site_new")))

    assert "Tenant admin" in page
    assert "Ask Admin." in page
    assert page.count('href="/t/acme/metrics/"') == 2
    assert "To the portfolio" in page


def test_who_may_not_edit_a_pilot_is_told_its_lead_and_led_back_to_it(cast: Cast) -> None:
    with tenant(cast.acme):
        pilot = let_lead(cast.lead, site=Plant(cast).site)

    page = text(signed_in(cast.reader).get(url("pilot_edit", pilot.code)))

    assert "Ask Lead, Admin." in page
    assert "own project lead" in page
    assert f'href="{url("pilot", pilot.code)}"' in page
    assert "Back to Led" in page


def test_nobody_is_named_who_would_be_refused_as_well(cast: Cast) -> None:
    with tenant(cast.acme):
        acme = Plant(cast)
        pilot = acme.pilot(lead=cast.coo)
        row = acme.aim(pilot, acme.metric(), agreed=False)
        actions.set_party(
            pilot=pilot, part=Part.SPONSOR, person=cast.reader.person, by=DEMO, now=acme.now
        )
        Membership.objects.filter(pk=cast.sponsor.pk).update(roles=["executive"])

    page = text(signed_in(cast.reader).get(url("target_agree", pilot.code, row.pk)))

    assert "Ask Sponsor." in page


@pytest.mark.parametrize("name", [*LISTS, "site_new", "pilot_new", "metric_new"])
def test_a_stranger_finds_nothing(cast: Cast, name: str) -> None:
    assert signed_in(cast.stranger).get(url(name)).status_code == 404


@pytest.mark.parametrize("name", ["pilot_edit", "party_set", "target_new"])
def test_a_pilot_of_another_company_does_not_exist(cast: Cast, pilot: Pilot, name: str) -> None:
    address = reverse(name, args=["borealis", pilot.code])

    assert signed_in(cast.stranger).get(address).status_code == 404
