"""Pages on which people define metrics, word them anew, set targets and name sources."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from common.tenancy.context import tenant
from metrics.actions import definitions, targets
from metrics.models import Metric, MetricDefinition, PilotMetric, Source
from metrics.rules.kinds import KINDS
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot
from tests.conftest import NOW, Cast, signed_in
from tests.metrics.test_definitions_actions import DEMO, add, measure
from tests.portfolio.test_editing_pages import follow, initial, text, url


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), tenant(shared.acme):
        portfolio.add_pilot(
            name="Late orders",
            site=portfolio.add_site(name="Chicago", zone="America/Chicago", by=DEMO),
            start_date=date(2026, 9, 7),
            by=DEMO,
            now=NOW,
            parties=[
                portfolio.PartyDraft(part=Part.SPONSOR, person=shared.sponsor.person),
                portfolio.PartyDraft(part=Part.LEAD, person=shared.lead.person),
            ],
        )


@pytest.fixture
def pilot(made: None, cast: Cast) -> Pilot:
    with tenant(cast.acme):
        found: Pilot = Pilot.objects.select_related("site").get()
        return found


@pytest.fixture
def metric(cast: Cast) -> Metric:
    with tenant(cast.acme):
        return add(cast)


@pytest.fixture
def row(cast: Cast, pilot: Pilot, metric: Metric) -> PilotMetric:
    with tenant(cast.acme):
        return targets.add_target(
            pilot=pilot, metric=metric, role="primary", comparison="gt", target=0.94, by=DEMO
        )


def test_a_metric_begins_with_its_kind_in_words_of_the_plant(cast: Cast) -> None:
    page = text(signed_in(cast.lead).get(url("metric_new")))

    assert "What kind of number is it?" in page
    assert "Stockouts a week" in page


@pytest.mark.parametrize(
    ("kind", "direction", "unit"),
    [("proportion", "up", "share"), ("rate", "down", "per_week"), ("median", "down", "days")],
)
def test_each_kind_proposes_what_is_usual_for_it(
    cast: Cast, kind: str, direction: str, unit: str
) -> None:
    answers = initial(signed_in(cast.lead), url("metric_new") + f"?kind={kind}")

    assert (answers["direction"], answers["unit"]) == (direction, unit)
    assert ("exposure" in answers) == (kind == "rate")


@pytest.mark.parametrize("kind", KINDS)
def test_a_metric_of_every_kind_can_be_defined(cast: Cast, kind: str) -> None:
    lead = signed_in(cast.lead)
    address = url("metric_new") + f"?kind={kind}"
    words = {"name": "Number", "numerator": "above", "denominator": "below"}

    page = follow(lead.post(address, initial(lead, address) | words), lead)

    assert "Systems send it as “number”" in page
    with tenant(cast.acme):
        assert Metric.objects.get().kind == kind


def test_a_unit_of_ones_own_is_written(cast: Cast) -> None:
    lead = signed_in(cast.lead)
    address = url("metric_new") + "?kind=mean"
    answers = initial(lead, address) | {"name": "Weight", "numerator": "kg", "unit": "other"}

    refused = lead.post(address, answers | {"other_unit": " "})
    lead.post(address, answers | {"other_unit": "kg"})

    assert refused.status_code == 422
    assert "Write the unit." in text(refused)
    with tenant(cast.acme):
        metric = Metric.objects.get()
    assert metric.unit == "kg"
    assert initial(lead, url("metric_edit", metric.code))["other_unit"] == "kg"


@pytest.fixture
def rate(cast: Cast) -> dict[str, Any]:
    """The answers of the form for a rate, as the lead sees it first."""
    proposed = initial(signed_in(cast.lead), url("metric_new") + "?kind=rate")
    return proposed | {"name": "Stops", "numerator": "stops"}


@pytest.mark.parametrize(
    ("answers", "unit", "exposure"),
    [
        ({}, "per_week", "week"),
        ({"unit": "per_day"}, "per_day", "day"),
        ({"unit": "per_day", "exposure": "day"}, "per_day", "day"),
        ({"unit": "other", "other_unit": "stops", "exposure": "day"}, "stops", "day"),
        ({"unit": "other", "other_unit": "Per week"}, "per_week", "week"),
        ({"unit": "other", "other_unit": "a day"}, "per_day", "day"),
    ],
)
def test_a_rate_is_counted_per_what_its_unit_says(
    cast: Cast, rate: dict[str, Any], answers: dict[str, str], unit: str, exposure: str
) -> None:
    lead = signed_in(cast.lead)

    lead.post(url("metric_new") + "?kind=rate", rate | answers)

    with tenant(cast.acme):
        metric = Metric.objects.get()
    assert (metric.unit, metric.exposure) == (unit, exposure)


def test_another_unit_of_a_rate_takes_what_it_is_counted_per_along(
    cast: Cast, rate: dict[str, Any]
) -> None:
    lead = signed_in(cast.lead)
    lead.post(url("metric_new") + "?kind=rate", rate)
    address = url("metric_edit", "stops")

    response = lead.post(address, initial(lead, address) | {"unit": "per_day"})

    assert response.status_code == 302
    with tenant(cast.acme):
        assert Metric.objects.get().exposure == "day"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"unit": "per_week", "exposure": "day"}, "The unit is “a week”, but Counted says"),
        ({"unit": "per_day", "exposure": "week"}, "The unit is “a day”, but Counted says"),
        ({"unit": "other", "other_unit": "stops"}, "Say whether the rate counts events per day"),
    ],
)
def test_a_rate_counted_otherwise_than_its_unit_says_is_said_at_the_field(
    cast: Cast, rate: dict[str, Any], answers: dict[str, str], words: str
) -> None:
    response = signed_in(cast.lead).post(url("metric_new") + "?kind=rate", rate | answers)

    assert response.status_code == 422
    assert 'id="id_exposure_error"' in text(response)
    assert words in text(response)
    with tenant(cast.acme):
        assert not Metric.objects.exists()


def test_a_share_without_its_second_half_is_said_at_the_field(cast: Cast) -> None:
    lead = signed_in(cast.lead)
    address = url("metric_new") + "?kind=proportion"

    response = lead.post(address, initial(lead, address) | {"name": "X", "numerator": "above"})

    assert response.status_code == 422
    assert 'id="id_denominator_error"' in text(response)


def test_a_measured_metric_asks_only_for_what_may_change(cast: Cast, metric: Metric) -> None:
    lead = signed_in(cast.lead)
    with tenant(cast.acme):
        measure(metric)
    address = url("metric_edit", metric.code)

    answers = initial(lead, address)
    response = lead.post(address, answers | {"name": "OTIF", "unit": "ppm", "direction": "down"})

    assert not {"unit", "direction"} & answers.keys()
    assert "Measured already" in text(lead.get(address))
    assert response.status_code == 302
    with tenant(cast.acme):
        metric.refresh_from_db()
    assert (metric.name, metric.unit, metric.direction) == ("OTIF", "share", "up")


def test_a_measured_metric_is_not_moved_to_a_site_of_another_zone(
    cast: Cast, metric: Metric, pilot: Pilot
) -> None:
    lead = signed_in(cast.lead)
    with tenant(cast.acme):
        measure(metric)
    address = url("metric_edit", metric.code)

    response = lead.post(address, initial(lead, address) | {"site": pilot.site.code})

    assert response.status_code == 422
    assert "stay as they are" in text(response)


def test_a_metric_in_a_pilot_says_where_before_it_is_archived(cast: Cast, row: PilotMetric) -> None:
    lead = signed_in(cast.lead)

    page = text(lead.post(url("metric_archive", row.metric.code), follow=True))
    assert "On-time lines is still used." in page
    assert (
        '<a class="lnk" href="/t/acme/pilots/P-01/">Take it out of pilot P-01 Late orders' in page
    )

    lead.post(url("target_retire", "P-01", row.pk))
    page = text(lead.post(url("metric_archive", row.metric.code), follow=True))
    assert "On-time lines is archived" in page

    follow(lead.post(url("metric_restore", row.metric.code)), lead)
    with tenant(cast.acme):
        assert Metric.objects.get().archived_at is None


def test_a_new_wording_stands_beside_the_old_one(cast: Cast, metric: Metric) -> None:
    lead = signed_in(cast.lead)
    address = url("definition_new", metric.code)
    answers = initial(lead, address)
    assert answers["numerator"] == "lines on time"

    words = {"numerator": "lines on time and in full", "reason": "Short lines count as late"}
    follow(lead.post(address, answers | words), lead)

    page = text(lead.get(address))
    assert page.index("lines on time and in full") < page.index("Version 1")
    assert "Short lines count as late" in page
    with tenant(cast.acme):
        assert MetricDefinition.objects.count() == 2


def test_a_wording_without_a_reason_is_said_at_the_field(cast: Cast, metric: Metric) -> None:
    lead = signed_in(cast.lead)
    address = url("definition_new", metric.code)

    response = lead.post(address, initial(lead, address) | {"numerator": "other", "reason": ""})

    assert response.status_code == 422
    assert 'id="id_reason_error"' in text(response)


@pytest.mark.parametrize("typed", ["94", "94.0", "94,0"])
def test_a_share_is_typed_in_per_cent_with_point_or_comma(
    cast: Cast, pilot: Pilot, metric: Metric, typed: str
) -> None:
    lead = signed_in(cast.lead)
    address = url("target_new", "P-01") + f"?metric={metric.code}"

    follow(lead.post(address, initial(lead, address) | {"comparison": "ge", "target": typed}), lead)

    with tenant(cast.acme):
        row = PilotMetric.objects.get()
    assert (row.target, row.comparison, row.slot) == (0.94, "ge", 1)
    assert initial(lead, url("target_edit", "P-01", row.pk))["target"] == "94"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2,500", "2,500 can be read two ways: type 2500 or 2.5."),
        (" 2.500 ", "2.500 can be read two ways: type 2500 or 2.5."),
        ("12.345", "12.345 can be read two ways: type 12345 or 12.3450."),
        ("-1,250", "-1,250 can be read two ways: type -1250 or -1.25."),
        ("1,234,567", "This is not a number; write 1234.5, without marks for thousands."),
        ("1.234,5", "This is not a number; write 1234.5, without marks for thousands."),
        ("1 234", "This is not a number; write 1234.5, without marks for thousands."),
    ],
)
@pytest.mark.parametrize("field", ["units_per_week", "value_per_unit", "target"])
def test_a_number_that_can_be_read_two_ways_is_refused_with_both(
    cast: Cast, row: PilotMetric, field: str, typed: str, words: str
) -> None:
    lead = signed_in(cast.lead)
    address = url("target_edit", "P-01", row.pk)
    money = {"units_per_week": "2000", "value_per_unit": "40"}

    response = lead.post(address, initial(lead, address) | money | {field: typed})

    assert response.status_code == 422
    assert response.context["form"].errors[field] == [words]
    assert response.context["form"][field].value() == typed


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2.000", "2.000 can be read two ways: type 2000 or 2."),
        (" 2,000", "2,000 can be read two ways: type 2000 or 2."),
        ("2.0", "This is not a whole number; write it in digits alone."),
        ("2.", "This is not a whole number; write it in digits alone."),
        ("1.000.000", "This is not a whole number; write it in digits alone."),
        ("", "Fill this in."),
    ],
)
@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("source_new", "stale_after_hours"),
        ("metric_new", "decimals"),
        ("baseline_edit", "maturity_days"),
    ],
)
def test_a_whole_number_is_read_from_digits_alone(
    cast: Cast, row: PilotMetric, page: str, field: str, typed: str, words: str
) -> None:
    lead = signed_in(cast.lead)
    of = ("P-01", row.pk) if page == "baseline_edit" else ()
    address = url(page, *of) + "?kind=mean"

    response = lead.post(address, initial(lead, address) | {field: typed})

    assert response.status_code == 422
    assert response.context["form"].errors[field] == [words]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2500", "2500"),
        ("2,5", "2.5"),
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("12.3450", "12.345"),
        ("1234.500", "1234.5"),
        ("1234,500", "1234.5"),
    ],
)
def test_a_number_that_can_be_read_one_way_is_stored_as_it_reads(
    cast: Cast, row: PilotMetric, typed: str, stored: str
) -> None:
    lead = signed_in(cast.lead)
    address = url("target_edit", "P-01", row.pk)

    follow(
        lead.post(
            address, initial(lead, address) | {"units_per_week": typed, "value_per_unit": "40"}
        ),
        lead,
    )

    with tenant(cast.acme):
        assert PilotMetric.objects.get().units_per_week == Decimal(stored)


def test_what_a_form_proposes_is_taken_as_it_stands(cast: Cast, row: PilotMetric) -> None:
    lead = signed_in(cast.lead)
    address = url("target_edit", "P-01", row.pk)
    numbers = {"target": "12.3450", "units_per_week": "12.3450", "value_per_unit": "1.1250"}
    follow(lead.post(address, initial(lead, address) | numbers), lead)

    again = initial(lead, address)
    follow(lead.post(address, again), lead)

    assert {name: again[name] for name in numbers} == numbers
    with tenant(cast.acme):
        assert PilotMetric.objects.get().target == 0.12345


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"comparison": "gt"}, "target"),
        ({"target": "94"}, "comparison"),
        ({"comparison": "gt", "target": "940"}, "target"),
        ({"comparison": "gt", "target": "1e999"}, "target"),
        ({"comparison": "gt", "target": "nan"}, "target"),
        ({"comparison": "lt", "target": "94"}, "comparison"),
        ({"units_per_week": "5"}, "value_per_unit"),
        ({"role": "other"}, "role"),
    ],
)
def test_a_target_that_means_nothing_is_said_at_its_field(
    cast: Cast, pilot: Pilot, metric: Metric, changes: dict[str, str], field: str
) -> None:
    lead = signed_in(cast.lead)
    address = url("target_new", "P-01") + f"?metric={metric.code}"

    response = lead.post(address, initial(lead, address) | changes)

    assert response.status_code == 422, response.get("Location")
    assert f'id="id_{field}_error"' in text(response)
    with tenant(cast.acme):
        assert not PilotMetric.objects.exists()


def test_only_metrics_that_the_pilot_has_not_yet_are_offered(cast: Cast, row: PilotMetric) -> None:
    with tenant(cast.acme):
        add(cast, name="Expedite share")

    page = text(signed_in(cast.lead).get(url("target_new", "P-01")))

    assert "?metric=expedite-share" in page
    assert "?metric=on-time-lines" not in page


def test_a_target_sent_twice_is_added_once_and_answered_alike(
    cast: Cast, pilot: Pilot, metric: Metric
) -> None:
    lead = signed_in(cast.lead)
    address = url("target_new", "P-01") + f"?metric={metric.code}"
    answers = initial(lead, address) | {"comparison": "gt", "target": "94"}

    first, second = lead.post(address, answers), lead.post(address, answers)
    other = lead.post(address, answers | {"key": "another form"})

    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert other.status_code == 422
    assert "has this metric already" in text(other)
    with tenant(cast.acme):
        assert PilotMetric.objects.count() == 1


def test_what_is_agreed_to_is_printed_with_every_digit_of_its_money(
    cast: Cast, row: PilotMetric
) -> None:
    with tenant(cast.acme):
        PilotMetric.objects.filter(pk=row.pk).update(
            units_per_week=Decimal("12.5"), value_per_unit=Decimal("0.0042")
        )

    page = text(signed_in(cast.sponsor).get(url("target_agree", "P-01", row.pk)))

    assert "<dd>12.5</dd>" in page
    assert "<dd>€0.0042</dd>" in page


def test_another_target_says_that_the_agreement_is_withdrawn(cast: Cast, row: PilotMetric) -> None:
    lead, sponsor = signed_in(cast.lead), signed_in(cast.sponsor)
    agree, edit = url("target_agree", "P-01", row.pk), url("target_edit", "P-01", row.pk)
    follow(sponsor.post(agree, initial(sponsor, agree)), sponsor)
    assert "Sponsor agreed above" in text(lead.get(edit))

    page = follow(lead.post(edit, initial(lead, edit) | {"target": "95"}), lead)

    assert "The agreement is withdrawn" in page
    with tenant(cast.acme):
        assert PilotMetric.objects.get().agreed_at is None


def test_a_target_changed_before_the_agreement_is_read_again_and_no_answer_is_blamed(
    cast: Cast, row: PilotMetric
) -> None:
    lead, sponsor = signed_in(cast.lead), signed_in(cast.sponsor)
    agree, edit = url("target_agree", "P-01", row.pk), url("target_edit", "P-01", row.pk)
    seen = initial(sponsor, agree)
    lead.post(edit, initial(lead, edit) | {"target": "95"})

    answer = sponsor.post(agree, seen)

    page = text(answer)
    assert answer.status_code == 409
    assert "Nothing was saved." in page
    assert "as they are by now: read them again." in page
    assert "needs another look" not in page
    assert "need another look" not in page
    assert "Your answers are kept" not in page
    assert "above 95.0" in page


def test_the_sponsor_reads_the_number_that_is_stored_wherever_it_stands(
    cast: Cast, row: PilotMetric
) -> None:
    lead, sponsor = signed_in(cast.lead), signed_in(cast.sponsor)
    agree, edit = url("target_agree", "P-01", row.pk), url("target_edit", "P-01", row.pk)
    lead.post(edit, initial(lead, edit) | {"target": "94.96"})

    agreed = text(sponsor.get(agree)).replace("\xa0", " ")
    pages = [sponsor.get("/t/acme/"), sponsor.get("/t/acme/pilots/P-01/")]

    assert "above 94.96 %" in agreed
    assert all("> 94.96 %" in unescape(text(page)).replace("\xa0", " ") for page in pages)


def test_saving_a_target_untouched_leaves_its_agreement(cast: Cast, row: PilotMetric) -> None:
    lead = signed_in(cast.lead)
    with tenant(cast.acme):
        targets.agree_target(row=row, version=1, by=cast.sponsor, now=NOW)
    edit = url("target_edit", "P-01", row.pk)

    follow(lead.post(edit, initial(lead, edit)), lead)

    with tenant(cast.acme):
        assert PilotMetric.objects.get().agreed_by_id == cast.sponsor.id


def test_a_target_that_moved_under_the_sponsor_is_not_agreed(cast: Cast, row: PilotMetric) -> None:
    lead, sponsor = signed_in(cast.lead), signed_in(cast.sponsor)
    agree, edit = url("target_agree", "P-01", row.pk), url("target_edit", "P-01", row.pk)
    read = initial(sponsor, agree)
    lead.post(edit, initial(lead, edit) | {"target": "50"})

    response = sponsor.post(agree, read)

    assert response.status_code == 409
    assert "changed by someone else" in text(response)
    assert "above 50.0" in text(response).replace("\xa0", " ")
    with tenant(cast.acme):
        assert PilotMetric.objects.get().agreed_at is None


@pytest.mark.parametrize("who", ["lead", "admin", "reader"])
def test_only_the_sponsor_or_an_executive_agrees(cast: Cast, row: PilotMetric, who: str) -> None:
    response = signed_in(getattr(cast, who)).post(
        url("target_agree", "P-01", row.pk), {"version": "1"}
    )

    assert response.status_code == 403
    assert "Executive" in text(response)
    with tenant(cast.acme):
        assert PilotMetric.objects.get().agreed_at is None


def test_an_executive_agrees_in_any_pilot(cast: Cast, row: PilotMetric) -> None:
    coo = signed_in(cast.coo)

    follow(coo.post(url("target_agree", "P-01", row.pk), {"version": "1", "wording": "1"}), coo)

    with tenant(cast.acme):
        assert PilotMetric.objects.get().agreed_by_id == cast.coo.id


def test_a_sponsor_of_another_pilot_does_not_agree(cast: Cast, row: PilotMetric) -> None:
    with tenant(cast.acme):
        portfolio.set_party(
            pilot=row.pilot, part=Part.SPONSOR, person=cast.coo.person, by=DEMO, now=NOW
        )

    response = signed_in(cast.sponsor).get(url("target_agree", "P-01", row.pk))

    assert response.status_code == 403


def test_the_sponsor_sees_part_of_a_unit_and_its_value_beside_the_target(
    cast: Cast, row: PilotMetric
) -> None:
    lead, edit = signed_in(cast.lead), url("target_edit", "P-01", row.pk)
    money = {"units_per_week": "0.25", "value_per_unit": "12345.5"}
    lead.post(edit, initial(lead, edit) | money)

    page = text(signed_in(cast.sponsor).get(url("target_agree", "P-01", row.pk)))

    assert "Units a week, assumed</dt><dd>0.25</dd>" in page
    assert "Value of one unit, assumed</dt><dd>€12,345.50</dd>" in page


def test_a_target_of_another_pilot_is_not_found_under_this_one(
    cast: Cast, row: PilotMetric
) -> None:
    with tenant(cast.acme):
        portfolio.add_pilot(
            name="Other", site=row.pilot.site, start_date=date(2026, 9, 7), by=DEMO, now=NOW
        )

    response = signed_in(cast.admin).get(url("target_edit", "P-02", row.pk))

    assert response.status_code == 404


def test_a_source_is_added_changed_archived_and_brought_back(cast: Cast) -> None:
    lead = signed_in(cast.lead)
    answers = initial(lead, url("source_new")) | {"name": "SAP ERP", "kind": "erp"}
    page = follow(lead.post(url("source_new"), answers), lead)
    assert "It sends as “sap-erp”" in page

    edit = url("source_edit", "sap-erp")
    follow(lead.post(edit, initial(lead, edit) | {"stale_after_hours": "48"}), lead)
    follow(lead.post(url("source_archive", "sap-erp")), lead)
    with tenant(cast.acme):
        source = Source.objects.get()
    assert (source.stale_after_hours, source.archived_at is not None) == (48, True)

    follow(lead.post(url("source_restore", "sap-erp")), lead)
    with tenant(cast.acme):
        assert Source.objects.get().archived_at is None


def test_a_source_that_feeds_a_metric_says_which(cast: Cast, metric: Metric) -> None:
    with tenant(cast.acme):
        measure(metric)

    page = text(signed_in(cast.lead).post(url("source_archive", "erp"), follow=True))

    assert "Archive metric On-time lines, or let another source send its next figures" in page
    with tenant(cast.acme):
        assert definitions.queries.list_sources()[0].archived_at is None


def test_a_person_who_maintains_a_source_says_so_before_the_archive(cast: Cast) -> None:
    lead = signed_in(cast.lead)
    lead.post(url("person_new"), initial(lead, url("person_new")) | {"name": "Kim"})
    with tenant(cast.acme):
        person: Any = portfolio.parties.Person.objects.get(name="Kim")
        definitions.add_source(name="ERP", kind="erp", maintainer=person, by=DEMO)

    page = text(lead.post(url("person_archive", person.pk), follow=True))

    assert "Name another maintainer of source ERP first</a>" in page
