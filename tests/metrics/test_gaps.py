"""A week of figures without a value says why, and what to do, wherever it is shown."""

from __future__ import annotations

from datetime import timedelta

from common import formats
from metrics.actions import coverage, definitions, recompute, targets
from metrics.models import Measurement
from portfolio.models import Pilot
from tests.conftest import Cast, signed_in
from tests.plant import Plant, monday
from tests.portfolio.test_board import open_board, plant, text

UNREPORTED = "Only 2 of 7 days are known."
MIXED = "Some items of this week say for how long events were counted and others do not"
NOTHING_BELOW = "What stands below the line adds up to 0 in this week."
REPORT = "Have the source report the days it sent in full"


def stop(number: int, *, weeks_ago: int = 2, day: int = 0, **figures: object) -> dict[str, object]:
    return {
        "metric": "stops",
        "event_at": (monday(weeks_ago) + timedelta(days=day)).isoformat(),
        "source": "erp",
        "external_id": f"stop-{number}",
        **(figures or {"value": 1}),
    }


def stops(acme: Plant) -> Pilot:
    """Judge a pilot by stops a week."""
    pilot = acme.pilot(lead=acme.cast.lead, sponsor=acme.cast.sponsor)
    metric = definitions.add_metric(
        name="Stops",
        kind="rate",
        unit="per_week",
        direction="down",
        numerator="stops",
        by=acme.cast.admin,
        now=acme.now,
        site=acme.site,
    )
    targets.add_target(
        pilot=pilot,
        metric=metric,
        role="primary",
        comparison="lt",
        target=3,
        by=acme.cast.admin,
    )
    return pilot


def mix(number: int) -> None:
    """Give an item its exposure behind the action's back, as two batches of one moment may."""
    Measurement.objects.filter(external_id=f"stop-{number}").update(denominator=1)


def metric_page(cast: Cast, query: str = "", code: str = "stops") -> str:
    return text(signed_in(cast.reader).get(f"/t/acme/metrics/{code}/{query}"))


def pilot_page(cast: Cast) -> str:
    return text(signed_in(cast.reader).get("/t/acme/pilots/P-01/"))


def test_a_metric_with_unreported_days_says_so_instead_of_that_nothing_arrived(cast: Cast) -> None:
    with plant(cast) as acme:
        stops(acme)
        acme.deliver([stop(1), stop(2, day=3)])

    page = metric_page(cast)

    assert "Figures have arrived, but no week has a value yet." in page
    assert "has no value." in page
    assert UNREPORTED in page
    assert REPORT in page
    assert "no value: 2 of 7 days known" in page
    assert "No figure has arrived" not in page


def test_an_opened_week_without_a_value_says_why_in_place_of_its_formula(cast: Cast) -> None:
    with plant(cast) as acme:
        stops(acme)
        acme.deliver([stop(1), stop(2, day=3)])

    opened = metric_page(cast, f"?week={monday(2).isoformat()}")

    assert f"No value for this week. {UNREPORTED}" in opened
    assert " / 0, from 2 items" not in opened


def test_a_pilot_whose_metric_has_no_value_yet_says_why_in_card_and_table(cast: Cast) -> None:
    with plant(cast) as acme:
        stops(acme)
        acme.deliver([stop(1), stop(2, day=3)])

    page = pilot_page(cast)

    assert "Figures of Stops have arrived, but no week has a value yet." in page
    assert "No week has a value yet" in page
    assert UNREPORTED in page
    assert REPORT in page
    assert "no value 2 0 2 no value: 2 of 7 days known" in page
    assert "no value yet" in text(open_board(cast.reader))


def test_of_a_week_that_is_not_over_nobody_is_asked_for_its_days(cast: Cast) -> None:
    with plant(cast) as acme:
        stops(acme)
        acme.deliver([stop(1, weeks_ago=0)])

    metric, pilot = metric_page(cast), pilot_page(cast)

    assert REPORT not in metric + pilot
    assert "Figures have arrived, but no week has a value yet." in metric
    assert "no value: 1 of 7 days known" in metric
    assert "No week has a value yet The week from" in pilot
    assert "is not over." in pilot
    assert "no value: 1 of 7 days known, week not over" in pilot


def test_a_running_week_is_not_counted_among_those_without_a_value(cast: Cast) -> None:
    with plant(cast) as acme:
        stops(acme)
        acme.deliver([stop(1), stop(2, day=3), stop(3, weeks_ago=0)])

    metric, pilot = metric_page(cast), pilot_page(cast)

    assert f"The week from {formats.day(monday(2))} has no value. {UNREPORTED}" in pilot
    assert f"The week from {formats.day(monday(2))} has no value." in metric


def test_a_week_among_others_is_named_where_the_others_are_drawn(cast: Cast) -> None:
    with plant(cast) as acme:
        stops(acme)
        acme.deliver([stop(1, weeks_ago=3, numerator=2, denominator=1), stop(2), stop(3, day=4)])

    page, metric = pilot_page(cast), metric_page(cast)

    assert "Stops stood at 2.0 a week" in page
    assert "The same 2 weeks as a table" in page
    for shown in (page, metric):
        assert "has no value." in shown
        assert UNREPORTED in shown


def test_a_mixed_week_says_so_and_asks_for_one_batch(cast: Cast) -> None:
    with plant(cast) as acme:
        stops(acme)
        acme.deliver([stop(1), stop(2, day=3)])
        mix(2)
        acme.deliver([stop(3, day=4)])

    for page in (metric_page(cast), pilot_page(cast)):
        assert MIXED in page
        assert "Send the items again in one batch" in page
        assert UNREPORTED not in page


def test_a_ratio_over_nothing_says_so(cast: Cast) -> None:
    with plant(cast) as acme:
        definitions.add_metric(
            name="Air freight",
            kind="ratio",
            unit="share",
            direction="down",
            numerator="air freight",
            denominator="goods",
            code="air",
            by=cast.admin,
            now=acme.now,
        )
        acme.deliver([stop(1, numerator=5, denominator=0) | {"metric": "air"}])

    assert NOTHING_BELOW in metric_page(cast, code="air")


def test_reported_days_mend_the_week_and_the_words_go(cast: Cast) -> None:
    with plant(cast) as acme:
        stops(acme)
        acme.deliver([stop(1), stop(2, day=3)])
        coverage.report_span(
            source=acme.source,
            metric_code="stops",
            from_date=monday(2),
            through_date=monday(2) + timedelta(days=6),
            actor=cast.admin.audit_name,
            now=acme.now,
        )
        recompute.recompute()

    page = metric_page(cast)

    assert "2.0 a week in the week from" in page
    assert "no value" not in page
    assert "no value" not in pilot_page(cast)
