"""What the writes of sources, metrics, wordings and targets promise, whoever calls them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.writing import constraint_of
from metrics.actions import definitions, targets
from metrics.models import Measurement, Metric, MetricDefinition, PilotMetric
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot, Site
from tenants.models import Notification
from tenants.queries import System
from tests.conftest import NOW, Cast

DEMO = System("test")

pytestmark = pytest.mark.usefixtures("acme")


def add(cast: Cast, **changes: Any) -> Metric:
    values = {
        "name": "On-time lines",
        "kind": "proportion",
        "unit": "share",
        "direction": "up",
        "numerator": "lines on time",
        "denominator": "lines delivered",
    }
    return definitions.add_metric(**values | {"by": cast.lead, "now": NOW} | changes)


def change(metric: Metric, **changes: Any) -> Metric:
    fields = ("name", "kind", "unit", "direction", "exposure", "decimals", "site")
    values = {name: getattr(metric, name) for name in fields} | changes
    return definitions.change_metric(metric=metric, version=metric.version, by=DEMO, **values)


def measure(metric: Metric) -> None:
    Measurement.objects.create(
        metric_id=metric.pk,
        key=b"0" * 16,
        source_id=definitions.add_source(name="ERP", kind="erp", by=DEMO).pk,
        external_id="1",
        revision=0,
        event_at=NOW,
        numerator=1,
        denominator=1,
        batch_id="00000000-0000-0000-0000-000000000000",
    )


@pytest.fixture
def site(acme: int) -> Site:
    return portfolio.add_site(name="Chicago", zone="America/Chicago", by=DEMO)


@pytest.fixture
def pilot(site: Site, cast: Cast) -> Pilot:
    return portfolio.add_pilot(
        name="Late orders",
        site=site,
        start_date=date(2026, 9, 7),
        by=DEMO,
        now=NOW,
        parties=[
            portfolio.PartyDraft(part=Part.SPONSOR, person=cast.sponsor.person),
            portfolio.PartyDraft(part=Part.LEAD, person=cast.lead.person),
        ],
    )


def test_a_code_that_another_row_has_in_other_letters_is_refused_in_words(cast: Cast) -> None:
    add(cast, code="otif")
    definitions.add_source(name="ERP", code="erp-i", kind="erp", by=DEMO)

    with pytest.raises(Refused) as metric:
        add(cast, name="Other", code="OTIF")
    with pytest.raises(Refused) as source:
        definitions.add_source(name="Other", code="ERP-I", kind="erp", by=DEMO)

    for what, refused in (("metric", metric.value), ("source", source.value)):
        assert (refused.code, refused.field) == ("code_taken", "code")
        assert f"Another {what}, perhaps an archived one, has this code in small" in str(refused)


def test_a_metric_without_a_site_is_cut_in_the_zone_of_the_tenant(cast: Cast) -> None:
    metric = add(cast)

    assert metric.zone == "Europe/Berlin"
    assert metric.code == "on-time-lines"


def test_a_metric_of_a_site_is_cut_in_the_zone_of_the_site(cast: Cast, site: Site) -> None:
    metric = add(cast, site=site)

    assert metric.zone == "America/Chicago"


def test_a_metric_begins_with_version_one_of_its_wording(cast: Cast) -> None:
    metric = add(cast)

    wording = MetricDefinition.objects.get(metric=metric)
    assert (wording.number, wording.numerator, wording.created_by) == (
        1,
        "lines on time",
        cast.lead,
    )


def test_a_share_says_what_it_is_a_share_of(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        add(cast, denominator=" ")

    assert refused.value.field == "denominator"


@pytest.mark.parametrize(("kind", "exposure"), [("rate", ""), ("mean", "week")])
def test_only_a_rate_has_an_exposure_and_it_must(cast: Cast, kind: str, exposure: str) -> None:
    with pytest.raises(Refused) as refused:
        add(cast, kind=kind, exposure=exposure)

    assert refused.value.field == "exposure"


@pytest.mark.parametrize(("unit", "exposure"), [("per_week", "week"), ("per_day", "day")])
def test_a_rate_is_counted_per_what_its_unit_says(cast: Cast, unit: str, exposure: str) -> None:
    made = add(cast, kind="rate", unit=unit)
    moved = change(add(cast, name="Stops"), kind="rate", unit=unit)

    assert (made.exposure, moved.exposure) == (exposure, exposure)


@pytest.mark.parametrize(
    ("unit", "exposure", "remedy"),
    [
        ("per_week", "day", "Choose “per week” at Counted, or “a day” as the unit."),
        ("per_day", "week", "Choose “per day” at Counted, or “a week” as the unit."),
    ],
)
def test_a_rate_counted_per_something_else_than_its_unit_says_is_refused(
    cast: Cast, unit: str, exposure: str, remedy: str
) -> None:
    made = add(cast)

    with pytest.raises(Refused, match=remedy) as added:
        add(cast, name="Stops", kind="rate", unit=unit, exposure=exposure)
    with pytest.raises(Refused, match=remedy) as changed:
        change(made, kind="rate", unit=unit, exposure=exposure)

    assert (added.value.field, changed.value.field) == ("exposure", "exposure")


def test_a_rate_in_a_unit_of_its_own_may_be_counted_per_either(cast: Cast) -> None:
    made = [
        add(cast, name=per, kind="rate", unit="lines", exposure=per).exposure
        for per in ("day", "week")
    ]

    assert made == ["day", "week"]


def test_kind_and_unit_change_while_nothing_is_measured(cast: Cast) -> None:
    metric = change(add(cast), kind="median", unit="days", direction="down")

    assert (metric.kind, metric.unit, metric.version) == ("median", "days", 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "ratio"},
        {"unit": "ppm"},
        {"direction": "down"},
        {"kind": "rate", "exposure": "week"},
    ],
)
def test_a_measured_metric_keeps_what_its_figures_mean(cast: Cast, changes: dict[str, str]) -> None:
    metric = add(cast)
    measure(metric)

    with pytest.raises(Refused, match="stay as they are"):
        change(metric, **changes)

    metric.refresh_from_db()
    assert (metric.kind, metric.unit, metric.version) == ("proportion", "share", 1)


def test_a_measured_metric_does_not_move_to_another_zone(cast: Cast, site: Site) -> None:
    metric = add(cast)
    measure(metric)

    with pytest.raises(Refused, match="stay as they are"):
        change(metric, site=site)


def test_a_measured_metric_may_still_be_renamed(cast: Cast) -> None:
    metric = add(cast)
    measure(metric)

    assert change(metric, name="OTIF", decimals=2).name == "OTIF"


def test_the_database_holds_the_meaning_of_a_measured_metric_against_any_code(cast: Cast) -> None:
    metric = add(cast)
    measure(metric)

    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        Metric.objects.filter(pk=metric.pk).update(unit="ppm")

    assert constraint_of(violated.value) == "metrics_metric_measured_fixed"


def test_a_zone_that_metrics_count_weeks_in_stays_and_the_words_say_why(
    cast: Cast, site: Site
) -> None:
    add(cast, site=site)

    with pytest.raises(Refused) as refused:
        portfolio.change_site(
            site=site,
            version=1,
            name=site.name,
            zone="Europe/Paris",
            working_days=[1],
            holidays=[],
            by=DEMO,
        )

    assert refused.value.field == "zone"
    assert "Add another site" in str(refused.value)


def test_a_new_wording_is_a_new_version_and_the_old_one_stays(cast: Cast) -> None:
    metric = add(cast)

    definitions.add_definition(
        metric=metric,
        numerator="lines on time and in full",
        denominator="lines delivered",
        valid_from=date(2026, 12, 1),
        reason="Short deliveries now count as late",
        by=cast.lead,
    )

    wordings = MetricDefinition.objects.order_by("number")
    assert [w.numerator for w in wordings] == ["lines on time", "lines on time and in full"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"numerator": "lines on time"}, "numerator"),
        ({"denominator": ""}, "denominator"),
    ],
)
def test_a_wording_that_does_not_hold_is_refused(
    cast: Cast, changes: dict[str, Any], field: str
) -> None:
    metric = add(cast)
    values: dict[str, Any] = {
        "numerator": "other",
        "denominator": "lines delivered",
        "valid_from": date(2026, 12, 1),
        "reason": "why",
    }

    with pytest.raises(Refused) as refused:
        definitions.add_definition(metric=metric, by=cast.lead, **values | changes)

    assert refused.value.field == field
    assert MetricDefinition.objects.count() == 1


@pytest.mark.parametrize("back", [0, 400])
def test_a_second_wording_begins_on_any_day_for_the_first_holds_from_the_beginning(
    cast: Cast, back: int
) -> None:
    metric = add(cast)
    day = MetricDefinition.objects.get().valid_from - timedelta(days=back)

    definitions.add_definition(
        metric=metric,
        numerator="lines on time and in full",
        denominator="lines delivered",
        valid_from=day,
        reason="The contract of last year says so",
        by=cast.lead,
    )

    first, second = MetricDefinition.objects.order_by("number")
    assert (first.begins, second.begins) == (None, day)


@pytest.mark.parametrize(
    "day",
    [date.min, date(1, 1, 2), date(206, 1, 2), date(1989, 12, 31), date(2101, 1, 1), date.max],
)
def test_a_wording_from_an_implausible_day_is_refused_before_anything_else(
    cast: Cast, day: date
) -> None:
    metric = add(cast)

    with pytest.raises(Refused, match="Check the year") as refused:
        definitions.add_definition(
            metric=metric,
            numerator="lines on time",
            denominator="",
            valid_from=day,
            reason=" ",
            by=cast.lead,
        )

    assert (refused.value.code, refused.value.field) == ("implausible_date", "valid_from")
    assert MetricDefinition.objects.count() == 1


@pytest.mark.parametrize("day", [date(1990, 1, 1), date(2100, 12, 31)])
def test_the_first_and_the_last_plausible_day_of_a_wording_are_taken(cast: Cast, day: date) -> None:
    definitions.add_definition(
        metric=add(cast),
        numerator="lines on time and in full",
        denominator="lines delivered",
        valid_from=day,
        reason="why",
        by=cast.lead,
    )

    assert MetricDefinition.objects.latest("number").begins == day


def test_a_third_wording_begins_later_than_the_second(cast: Cast) -> None:
    metric, values = add(cast), {"denominator": "lines", "reason": "why", "by": cast.lead}
    day = date(2026, 12, 1)
    definitions.add_definition(metric=metric, numerator="in full", valid_from=day, **values)

    with pytest.raises(Refused, match="Version 2 holds from") as refused:
        definitions.add_definition(metric=metric, numerator="in time", valid_from=day, **values)

    assert refused.value.field == "valid_from"


def test_primary_metrics_take_the_free_slots_and_a_fourth_is_refused(
    cast: Cast, pilot: Pilot
) -> None:
    rows = [
        targets.add_target(pilot=pilot, metric=add(cast, name=name), role="primary", by=DEMO)
        for name in ("A", "B", "C")
    ]

    with pytest.raises(Refused, match="A, B, C") as refused:
        targets.add_target(pilot=pilot, metric=add(cast, name="D"), role="primary", by=DEMO)

    assert refused.value.field == "role"
    assert [row.slot for row in rows] == [1, 2, 3]


def test_a_retired_primary_frees_its_slot(cast: Cast, pilot: Pilot) -> None:
    first = targets.add_target(pilot=pilot, metric=add(cast), role="primary", by=DEMO)
    targets.add_target(pilot=pilot, metric=add(cast, name="Second"), role="primary", by=DEMO)
    targets.retire_target(row=first, by=DEMO, now=NOW)

    third = targets.add_target(pilot=pilot, metric=add(cast, name="Third"), role="primary", by=DEMO)

    assert third.slot == 1


def test_a_pilot_has_a_metric_once(cast: Cast, pilot: Pilot) -> None:
    metric = add(cast)
    targets.add_target(pilot=pilot, metric=metric, role="primary", by=DEMO)

    with pytest.raises(Refused) as refused:
        targets.add_target(pilot=pilot, metric=metric, role="guard", by=DEMO)

    assert refused.value.field == "metric"


@pytest.mark.parametrize(
    ("comparison", "target", "field"),
    [
        ("gt", None, "target"),
        ("", 0.94, "comparison"),
        ("lt", 0.94, "comparison"),
        ("gt", 94.0, "target"),
        ("ge", -0.1, "target"),
        ("gt", float("nan"), "target"),
    ],
)
def test_a_target_that_means_nothing_is_refused(
    cast: Cast, pilot: Pilot, comparison: str, target: float | None, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        targets.add_target(
            pilot=pilot,
            metric=add(cast),
            role="primary",
            comparison=comparison,
            target=target,
            by=DEMO,
        )

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("kind", "unit", "comparison", "target", "words"),
    [
        ("proportion", "share", "gt", 1.0, "say “at least 100 %”"),
        ("proportion", "share", "lt", 0.0, "say “at most 0 %”"),
        ("proportion", "ppm", "lt", 0.0, "say “at most 0 ppm”"),
        ("rate", "per_week", "lt", 0.0, "say “at most 0 a week”"),
        ("rate", "per_week", "le", -1.0, "never below 0 a week"),
        ("proportion", "share", "gt", 1.5, "lies between 0 % and 100 %"),
    ],
)
def test_a_target_that_nobody_can_reach_is_refused_with_one_that_can_be(
    cast: Cast, pilot: Pilot, kind: str, unit: str, comparison: str, target: float, words: str
) -> None:
    better = "up" if comparison == "gt" else "down"
    exposure = "week" if kind == "rate" else ""
    metric = add(cast, kind=kind, unit=unit, direction=better, exposure=exposure)
    values = {"pilot": pilot, "metric": metric, "role": "primary", "by": DEMO, "target": target}

    with pytest.raises(Refused) as refused:
        targets.add_target(**values, comparison=comparison)

    assert words in str(refused.value).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("kind", "better", "comparison", "target"),
    [
        ("proportion", "up", "ge", 1.0),
        ("proportion", "down", "le", 0.0),
        ("mean", "down", "lt", 0.0),
        ("ratio", "up", "gt", 1.0),
    ],
)
def test_a_target_at_the_end_of_what_can_be_reached_is_taken(
    cast: Cast, pilot: Pilot, kind: str, better: str, comparison: str, target: float
) -> None:
    metric = add(cast, kind=kind, direction=better)
    values = {"pilot": pilot, "metric": metric, "role": "primary", "by": DEMO}

    assert targets.add_target(**values, comparison=comparison, target=target).target == target


def test_half_of_the_money_is_refused(cast: Cast, pilot: Pilot) -> None:
    with pytest.raises(Refused) as refused:
        targets.add_target(
            pilot=pilot, metric=add(cast), role="guard", units_per_week=Decimal(5), by=DEMO
        )

    assert refused.value.field == "value_per_unit"


def agreed(cast: Cast, pilot: Pilot) -> PilotMetric:
    row = targets.add_target(
        pilot=pilot, metric=add(cast), role="primary", comparison="gt", target=0.94, by=DEMO
    )
    return targets.agree_target(row=row, version=row.version, by=cast.sponsor, now=NOW)


def test_an_agreement_names_who_and_when(cast: Cast, pilot: Pilot) -> None:
    row = agreed(cast, pilot)

    assert (row.agreed_by, row.agreed_at) == (cast.sponsor, NOW)
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.action, event.payload["target"]) == ("TARGET_AGREED", 0.94)


@pytest.mark.parametrize("changes", [{"target": 0.9}, {"comparison": "ge"}, {"role": "guard"}])
def test_another_target_withdraws_the_agreement(
    cast: Cast, pilot: Pilot, changes: dict[str, Any]
) -> None:
    row = agreed(cast, pilot)

    row = edit(row, **changes)

    assert (row.agreed_by, row.agreed_at) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "ratio"},
        {"unit": "ppm"},
        {"direction": "down"},
        {"kind": "rate", "exposure": "week"},
    ],
)
def test_a_metric_keeps_its_meaning_while_a_pilot_has_a_target_for_it(
    cast: Cast, pilot: Pilot, changes: dict[str, str]
) -> None:
    row = agreed(cast, pilot)

    with pytest.raises(Refused, match="On-time lines has a target in Late orders") as refused:
        change(row.metric, **changes)

    assert refused.value.field == next(iter(changes))
    row.metric.refresh_from_db()
    assert (row.metric.kind, row.metric.unit, row.metric.version) == ("proportion", "share", 1)
    targets.retire_target(row=row, by=DEMO, now=NOW)
    assert change(row.metric, **changes).version == 2


def test_a_metric_with_a_target_may_still_be_renamed_and_moved(
    cast: Cast, pilot: Pilot, site: Site
) -> None:
    row = agreed(cast, pilot)

    assert change(row.metric, name="OTIF", decimals=2, site=site).version == 2


def test_money_alone_leaves_the_agreement(cast: Cast, pilot: Pilot) -> None:
    row = agreed(cast, pilot)

    row = edit(row, units_per_week=Decimal(10), value_per_unit=Decimal(3))

    assert row.agreed_by == cast.sponsor


def edit(row: PilotMetric, **changes: Any) -> PilotMetric:
    fields = ("role", "comparison", "target", "units_per_week", "value_per_unit")
    values = {name: getattr(row, name) for name in fields} | changes
    return targets.change_target(row=row, version=row.version, by=DEMO, **values)


def test_a_target_that_moved_since_it_was_read_is_not_agreed(cast: Cast, pilot: Pilot) -> None:
    row = targets.add_target(
        pilot=pilot, metric=add(cast), role="primary", comparison="gt", target=0.94, by=DEMO
    )
    edit(row, target=0.5)

    with pytest.raises(Changed):
        targets.agree_target(row=row, version=1, by=cast.sponsor, now=NOW)

    assert PilotMetric.objects.get().agreed_at is None


def test_agreeing_twice_changes_nothing(cast: Cast, pilot: Pilot) -> None:
    row = agreed(cast, pilot)

    again = targets.agree_target(row=row, version=row.version - 1, by=cast.sponsor, now=NOW)

    assert again.version == row.version


def test_nothing_is_agreed_without_a_target(cast: Cast, pilot: Pilot) -> None:
    row = targets.add_target(pilot=pilot, metric=add(cast), role="health", by=DEMO)

    with pytest.raises(Refused, match="no target"):
        targets.agree_target(row=row, version=1, by=cast.sponsor, now=NOW)


def test_the_sponsor_is_told_that_a_target_waits_and_the_lead_that_it_is_agreed(
    cast: Cast, pilot: Pilot
) -> None:
    agreed(cast, pilot)

    lines = Notification.objects.filter(topic="target").order_by("created_at", "id")
    assert {(line.member_id, line.title.split(" ")[-1]) for line in lines} == {
        (cast.sponsor.id, "agreement"),
        (cast.lead.id, "agreed"),
    }


def asked() -> list[str]:
    """Return where the unread lines lead that ask for an agreement."""
    lines = Notification.objects.filter(title__endswith="your agreement", read_at=None)
    return list(lines.values_list("path", flat=True))


def test_the_line_that_asks_for_an_agreement_leads_to_its_page_and_is_read_once_it_is_given(
    cast: Cast, pilot: Pilot
) -> None:
    row = targets.add_target(
        pilot=pilot, metric=add(cast), role="primary", comparison="gt", target=0.94, by=DEMO
    )
    before = asked()

    targets.agree_target(row=row, version=row.version, by=cast.coo, now=NOW)

    assert before == [f"/t/acme/pilots/P-01/metrics/{row.pk}/agree/"]
    assert asked() == []


@pytest.mark.parametrize(
    ("changes", "left"), [({"target": 0.9}, 1), ({"target": None, "comparison": ""}, 0)]
)
def test_a_target_that_moved_asks_anew_and_no_longer_for_the_old_one(
    cast: Cast, pilot: Pilot, changes: dict[str, Any], left: int
) -> None:
    row = targets.add_target(
        pilot=pilot, metric=add(cast), role="primary", comparison="gt", target=0.94, by=DEMO
    )

    row = edit(row, **changes)

    assert len(asked()) == left
    targets.retire_target(row=row, by=DEMO, now=NOW)
    assert asked() == []


def test_a_metric_of_a_pilot_is_not_archived_before_it_is_retired(cast: Cast, pilot: Pilot) -> None:
    row = agreed(cast, pilot)
    with pytest.raises(Refused, match="On-time lines is still used") as refused:
        definitions.archive_metric(metric=row.metric, by=DEMO, now=NOW)
    assert [one.path for one in refused.value.blockers] == ["/t/acme/pilots/P-01/"]

    targets.retire_target(row=row, by=DEMO, now=NOW)
    metric = definitions.archive_metric(metric=row.metric, by=DEMO, now=NOW)

    assert metric.archived_at == NOW
    assert definitions.restore_metric(metric=metric, by=DEMO).archived_at is None


def test_a_source_that_feeds_a_metric_is_not_archived(cast: Cast) -> None:
    metric = add(cast)
    measure(metric)
    source = definitions.queries.list_sources()[0]

    with pytest.raises(Refused, match="is still used") as refused:
        definitions.archive_source(source=source, by=DEMO, now=NOW)
    assert [one.words for one in refused.value.blockers] == [
        "Archive metric On-time lines, or let another source send its next figures first"
    ]

    definitions.archive_metric(metric=metric, by=DEMO, now=NOW)
    assert definitions.archive_source(source=source, by=DEMO, now=NOW).archived_at == NOW
