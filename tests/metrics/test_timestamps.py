"""When things happened and when they were entered, and what weeks would read by time of entry."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from common.errors import Changed
from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import timestamps
from metrics.models import Metric, TimestampRule
from metrics.queries import timestamps as reads
from tests.conftest import Cast, signed_in
from tests.plant import ZONE, Plant, monday
from tests.portfolio.test_board import plant, text

pytestmark = pytest.mark.usefixtures("cast")
HOME = "/t/acme/metrics/on-time/timestamps/"
ANSWERS = {
    "version": 1,
    "transaction_type": "Delivery",
    "event_field": "Delivered to client",
    "entry_field": "Delivery recorded",
    "without": "Left out",
    "limit_hours": "24",
}
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def at(weeks_ago: int, days: int = 0) -> datetime:
    """Return noon of a day of a week, on the plant's clock."""
    return datetime.combine(monday(weeks_ago) + days * DAY, time(12), ZoneInfo(ZONE))


def happened(
    metric: Metric, key: str, event_at: datetime, *, after: timedelta | None, good: int = 1
) -> dict[str, Any]:
    """Return one line delivered, on time or not, entered some time after."""
    told = {} if after is None else {"recorded_at": (event_at + after).isoformat()}
    return {
        "metric": metric.code,
        "event_at": event_at.isoformat(),
        "source": "erp",
        "external_id": key,
        "numerator": good,
        "denominator": 1,
        **told,
    }


def two_weeks(acme: Plant) -> Metric:
    """Send four lines of a week, of which one good one is entered a week later, and one without."""
    metric = acme.metric("On time", code="on-time")
    acme.deliver(
        [
            happened(metric, "a", at(3), after=6 * HOUR),
            happened(metric, "b", at(3, 1), after=7 * DAY),
            happened(metric, "c", at(3, 2), after=HOUR, good=0),
            happened(metric, "d", at(3, 3), after=2 * HOUR, good=0),
            happened(metric, "e", at(2), after=None),
        ]
    )
    return metric


def test_delays_are_those_of_figures_that_tell_when_they_were_entered(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = two_weeks(acme)
        (found,) = reads.list_timings(metric, now=acme.now)

    delays = found.delays
    assert delays is not None
    assert (delays.count, delays.told, delays.before) == (5, 4, 0)
    assert (delays.median, delays.p90, delays.within_day) == (2, 168, 0.75)


def test_the_bias_is_what_weeks_would_read_by_time_of_entry(cast: Cast) -> None:
    with plant(cast) as acme:
        bias = reads.read_bias(two_weeks(acme), now=acme.now)

    assert [(one.week, one.by_event, one.by_entry) for one in bias.weeks] == [
        (monday(2), 1, 1),
        (monday(3), 0.5, pytest.approx(1 / 3)),
    ]
    assert bias.moved == 0.25
    assert bias.largest == pytest.approx(-1 / 6)


def test_a_median_is_that_of_the_figures_that_came_and_a_rate_its_events(cast: Cast) -> None:
    with plant(cast) as acme:
        typical = acme.metric("Typical", code="typical")
        Metric.objects.filter(pk=typical.pk).update(kind="median", unit="days")
        stops = acme.metric("Stops", code="stops")
        Metric.objects.filter(pk=stops.pk).update(kind="rate", unit="per_week", exposure="week")
        for metric in (typical, stops):
            acme.deliver(
                {
                    "metric": metric.code,
                    "event_at": at(3, n).isoformat(),
                    "recorded_at": (at(3, n) + n * 3 * DAY).isoformat(),
                    "source": "erp",
                    "external_id": f"{n}",
                    "value": n + 1,
                }
                for n in range(3)
            )
        of = [
            reads.read_bias(Metric.objects.get(pk=one.pk), now=acme.now) for one in (typical, stops)
        ]

    assert [[(one.by_event, one.by_entry) for one in bias.weeks] for bias in of] == [
        [(None, 3), (2, 1.5)],
        [(None, 3), (6, 3)],
    ]


def test_the_page_says_what_time_of_entry_would_do(cast: Cast) -> None:
    with plant(cast) as acme:
        two_weeks(acme)

    page = text(signed_in(cast.reader).get(HOME))

    assert "By time of entry 25.0 % of the figures lie in another week" in page
    assert "5 figures, 4 with a time of entry" in page
    assert "90 of 100 within" in page
    assert "50.0 % 33.3 % -16.7 pts".replace("-", "\u2212") in page.replace("-", "\u2212")
    assert "nobody wrote down what they are" in page
    assert "Write it down" not in page


def test_without_a_time_of_entry_the_page_says_so(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = acme.metric("On time", code="on-time")
    empty = text(signed_in(cast.reader).get(HOME))
    with tenant(cast.acme):
        acme.deliver([happened(metric, "a", at(2), after=None)])

    page = text(signed_in(cast.reader).get(HOME))

    assert "Nothing happened lately" in empty
    assert "No source of On time says when it was entered." in page
    assert "It does not send when it was entered" in page
    assert "What time of entry would say" not in page


def test_who_changes_the_metric_writes_changes_and_ends_its_times(cast: Cast) -> None:
    with plant(cast) as acme:
        two_weeks(acme)
    admin = signed_in(cast.admin)

    written = admin.post(f"{HOME}erp/", ANSWERS)
    shown = text(admin.get(HOME))
    changed = admin.post(f"{HOME}erp/", ANSWERS | {"version": 2, "limit_hours": "2000"})
    wider = text(admin.get(HOME))
    ended = admin.post(f"{HOME}erp/end/")
    again = admin.post(f"{HOME}erp/", ANSWERS | {"version": 4})

    assert [one.status_code for one in (written, changed, ended, again)] == [302] * 4
    assert "happened: Delivered to client" in shown
    assert "Too late" in shown
    assert "Too late" not in wider
    with tenant(cast.acme):
        kinds = AuditEvent.objects.filter(action__startswith="TIMESTAMP_").order_by("seq")
        assert [one.action.removeprefix("TIMESTAMP_RULE_") for one in kinds] == [
            "WRITTEN",
            "WRITTEN",
            "ENDED",
            "WRITTEN",
        ]
        assert TimestampRule.objects.get().in_force


def test_a_lead_reads_beside_the_limit_that_they_may_lower_it_and_not_raise_it(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.aim(acme.pilot(lead=cast.lead), two_weeks(acme))
    lead = signed_in(cast.lead)
    first = lead.post(f"{HOME}erp/", ANSWERS)

    raised = lead.post(f"{HOME}erp/", ANSWERS | {"version": 2, "limit_hours": "2000"})
    lowered = lead.post(f"{HOME}erp/", ANSWERS | {"version": 2, "limit_hours": "8"})

    assert [one.status_code for one in (first, raised, lowered)] == [302, 422, 302]
    assert "who leads a pilot may lower them, not raise them. A tenant admin may: Admin." in text(
        raised
    )
    assert [*raised.context["form"].errors] == ["limit_hours"]
    with tenant(cast.acme):
        assert TimestampRule.objects.get().limit_hours == 8


def test_two_people_who_write_the_first_rule_do_not_overwrite_each_other(cast: Cast) -> None:
    with plant(cast) as acme:
        two_weeks(acme)
    admin = signed_in(cast.admin)
    admin.post(f"{HOME}erp/", ANSWERS)

    late = admin.post(f"{HOME}erp/", ANSWERS | {"event_field": "Another field"})

    assert late.status_code == 409
    assert "By now this is: Delivered to client." in text(late)
    assert "Another field" in late.content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"transaction_type": ""}, "Fill this in."),
        ({"event_field": ""}, "Fill this in."),
        ({"limit_hours": "0"}, "This is at least 1."),
        ({"limit_hours": "a day"}, "This is not a whole number"),
    ],
)
def test_bad_answers_are_named(cast: Cast, wrong: dict[str, str], words: str) -> None:
    with plant(cast) as acme:
        two_weeks(acme)

    answer = signed_in(cast.admin).post(f"{HOME}erp/", ANSWERS | wrong)

    assert answer.status_code == 422
    assert words in text(answer)
    assert "Left out" in answer.content.decode()


def test_a_reader_writes_no_rule_and_what_is_none_is_not_found(cast: Cast) -> None:
    with plant(cast) as acme:
        two_weeks(acme)

    assert signed_in(cast.reader).post(f"{HOME}erp/", ANSWERS).status_code == 403
    assert signed_in(cast.admin).get(f"{HOME}none/").status_code == 404
    assert signed_in(cast.admin).post(f"{HOME}erp/end/").status_code == 404
    assert signed_in(cast.stranger).get(HOME).status_code == 404


def rule(acme: Plant, metric: Metric, **values: Any) -> TimestampRule:
    given = {
        "metric_id": metric.pk,
        "source_id": acme.source.pk,
        "transaction": "T",
        "event_field": "E",
        **values,
    }
    found: TimestampRule = TimestampRule.objects.create(**given)
    return found


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("metrics_timestamprule_once", {}),
        ("metrics_timestamprule_said", {"transaction": ""}),
        ("metrics_timestamprule_said", {"event_field": ""}),
        ("metrics_timestamprule_limit", {"limit_hours": 0}),
        ("metrics_timestamprule_metric_fk", {"metric_id": 0}),
        ("metrics_timestamprule_source_fk", {"source_id": 0}),
    ],
)
def test_the_database_refuses_a_rule_that_is_none(
    cast: Cast, constraint: str, values: dict[str, Any]
) -> None:
    with plant(cast) as acme:
        metric = acme.metric()
        rule(acme, metric)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            rule(acme, metric, **values)

    assert constraint_of(refused.value) == constraint


def test_a_version_that_was_never_there_is_an_old_one(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = acme.metric()
        with pytest.raises(Changed):
            timestamps.write_rule(
                metric=metric, source=acme.source, by=cast.admin, **ANSWERS | {"version": 7}
            )
