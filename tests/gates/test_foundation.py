"""What the product knows of a pilot's feeds and sources, as its gates ask for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from common.errors import Refused
from gates import queries
from gates.rules.criteria import Standing
from gates.rules.states import Code
from gates.views import words
from metrics import wire
from metrics.actions import coverage, definitions, recompute, sources, sync, timestamps
from metrics.models import Metric, PilotMetric, PilotSource, Source, TimestampRule
from portfolio import rules as path
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.gates.plant import list_source, made, passed, pilot, plant, reopen_due
from tests.plant import ZONE, Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")


def standing(plant: Plant, pilot: Pilot, gate: Code, criterion: str, **later: int) -> Standing:
    seen = queries.get_seen(pilot, gate, now=plant.now + timedelta(**later))
    return next(one for one in seen.standings if one.asked.code == criterion)


def send_late(plant: Plant, *, minutes: int, count: int = 30) -> None:
    """Let figures arrive an hour from now, so many minutes after they happened."""
    metric = Metric.objects.get()
    at = plant.now + timedelta(hours=1)
    with time_machine.travel(at, tick=False):
        plant.deliver(
            {
                "metric": metric.code,
                "event_at": (at - timedelta(minutes=minutes)).isoformat(),
                "source": "erp",
                "external_id": f"late {n}",
                "numerator": 9,
                "denominator": 10,
            }
            for n in range(count)
        )


def change(plant: Plant, **values: Any) -> None:
    source = Source.objects.get(code="erp")
    names = ("version", "name", "kind", "maintainer", "stale_after_hours", "interval")
    given = {name: getattr(source, name) for name in (*names, "lag_limit_minutes")}
    definitions.change_source(source=source, by=plant.cast.admin, **given | values)


def test_figures_that_come_late_keep_the_gate_of_integration_shut(
    plant: Plant, pilot: Pilot
) -> None:
    before = standing(plant, pilot, Code.INTEGRATION, "on_time")
    send_late(plant, minutes=40)
    after = standing(plant, pilot, Code.INTEGRATION, "on_time", hours=2)

    assert before.met
    assert before.words == (
        "Late orders on time: 95 of 100 figures within under a minute in 7 days,"
        " allowed 15 minutes."
    )
    assert not after.met
    assert after.words == (
        "Late orders on time from ERP is late: 95 of 100 figures within 40 minutes in 7 days,"
        " allowed 15 minutes."
    )


def test_history_alone_does_not_open_the_gate_of_integration(plant: Plant, pilot: Pilot) -> None:
    found = standing(plant, pilot, Code.INTEGRATION, "on_time", days=9)

    assert not found.met
    assert "Nothing that counts arrived for Late orders on time from ERP" in found.words


def test_another_limit_than_was_decided_on_opens_the_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.INTEGRATION)
    change(plant, lag_limit_minutes=900)

    found = reopen_due(plant.now)

    assert found[0].reason == "This changed since it was passed: They arrive in time."


def second_source(plant: Plant, *, kind: str = "mes") -> Source:
    return definitions.add_source(
        name="MES", kind=kind, code="mes", stale_after_hours=192, by=plant.cast.admin
    )


def send(plant: Plant, source: str, *, minutes: float = 0, channel: str = "api") -> None:
    """Let 30 figures arrive from a source an hour from now, so long after they happened."""
    at = plant.now + timedelta(hours=1)
    items = [
        {
            "metric": Metric.objects.get().code,
            "event_at": (at - timedelta(minutes=minutes)).isoformat(),
            "source": source,
            "external_id": f"{channel} {n}",
            "numerator": 9,
            "denominator": 10,
        }
        for n in range(30)
    ]
    with time_machine.travel(at, tick=False):
        sync.record_measurements(
            wire.decode_json(
                json.dumps({"mode": "all_or_nothing", "measurements": items}).encode()
            ),
            actor=plant.cast.admin.audit_name,
            channel=channel,
            now=at,
            default_zone=ZONE,
        )
        recompute.recompute()


def test_every_source_that_sends_a_metric_is_asked_not_only_the_one_that_sent_last(
    plant: Plant, pilot: Pilot
) -> None:
    second_source(plant)
    send(plant, "mes", minutes=1)  # its first batch: from then on it counts
    send_late(plant, minutes=40)
    with time_machine.travel(plant.now + timedelta(hours=2), tick=False):
        plant.deliver([deal(plant, "mes", "newest")])

    found = standing(plant, pilot, Code.INTEGRATION, "on_time", hours=3)

    assert not found.met
    assert (
        "Late orders on time from ERP is late: 95 of 100 figures within 40 minutes" in found.words
    )


def deal(plant: Plant, source: str, key: str) -> dict[str, object]:
    """Return a figure of just now."""
    return {
        "metric": Metric.objects.get().code,
        "event_at": datetime.now(UTC).isoformat(),
        "source": source,
        "external_id": key,
        "numerator": 9,
        "denominator": 10,
    }


def test_two_sources_that_take_turns_leave_a_passed_gate_closed(plant: Plant, pilot: Pilot) -> None:
    mes = second_source(plant)
    list_source(plant, pilot, name="Line", kind="mes", source=mes)
    with time_machine.travel(plant.now + timedelta(hours=1), tick=False):
        plant.deliver([deal(plant, "mes", "first")])
    with time_machine.travel(plant.now + timedelta(hours=2), tick=False):
        passed(plant, pilot, Code.INTEGRATION)
        plant.deliver([deal(plant, "erp", "second")])

    assert reopen_due(plant.now + timedelta(hours=3)) == []


def test_figures_of_a_system_that_people_upload_do_not_arrive_by_themselves(
    plant: Plant, pilot: Pilot
) -> None:
    send(plant, "erp", channel="import")

    found = standing(plant, pilot, Code.INTEGRATION, "scheduled", hours=2)

    assert not found.met
    assert found.words == (
        "30 of 31 figures of Late orders on time from ERP came in files that a person uploaded, in"
        " the last 7 days."
    )


def test_late_figures_open_the_gate_that_was_passed_in_time(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.INTEGRATION)
    send_late(plant, minutes=40)

    found = reopen_due(plant.now + timedelta(hours=2))

    assert "is late: 95 of 100 figures within 40 minutes" in found[0].reason


@pytest.mark.parametrize("kind", ["spreadsheet", "paper"])
def test_what_somebody_carries_keeps_the_gate_of_integration_shut(
    plant: Plant, pilot: Pilot, kind: str
) -> None:
    list_source(plant, pilot, name="Shift book", kind=kind, source=None)

    found = standing(plant, pilot, Code.INTEGRATION, "no_handoff")

    assert (found.met, found.words) == (False, "Carried by hand: Shift book.")


def test_a_system_that_somebody_exports_from_is_carried_too(plant: Plant, pilot: Pilot) -> None:
    PilotSource.objects.update(by_hand=True)

    found = standing(plant, pilot, Code.INTEGRATION, "no_handoff")

    assert (found.met, found.words) == (False, "Carried by hand: SAP.")


def test_without_a_list_nothing_is_known_of_sources(plant: Plant, pilot: Pilot) -> None:
    sources.end_pilot_source(row=PilotSource.objects.get(), by=plant.cast.lead, now=plant.now)

    for gate, criterion in (
        (Code.DATA, "sources_listed"),
        (Code.DATA, "sources_current"),
        (Code.INTEGRATION, "no_handoff"),
    ):
        found = standing(plant, pilot, gate, criterion)
        assert (found.met, found.words) == (False, "No source is listed yet.")


def test_a_source_that_nobody_maintains_or_lists_keeps_the_gate_of_data_shut(
    plant: Plant, pilot: Pilot
) -> None:
    PilotSource.objects.update(maintainer=None, source=None)

    found = standing(plant, pilot, Code.DATA, "sources_listed")

    assert not found.met
    assert found.words == "Nobody maintains SAP. Figures come from ERP, not on the list."


def test_a_source_that_was_written_down_is_current_until_it_is_too_old(
    plant: Plant, pilot: Pilot
) -> None:
    day = plant.today - timedelta(days=10)
    list_source(plant, pilot, name="CMMS", kind="cmms", source=None, updated_on=day)

    good = standing(plant, pilot, Code.DATA, "sources_current")
    old = standing(plant, pilot, Code.DATA, "sources_current", days=22)

    assert (good.met, good.until) == (True, day + timedelta(days=31))
    assert (old.met, old.words) == (False, "Older than they may be: CMMS.")


def test_another_source_on_the_list_opens_the_gate_of_data(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.DATA)
    list_source(plant, pilot, name="CMMS", kind="cmms", source=None, updated_on=plant.today)

    found = reopen_due(plant.now)

    assert "This changed since it was passed" in found[0].reason


def deliver_entered(plant: Plant, *, after: timedelta) -> None:
    """Send lines of three days ago that were entered some time after."""
    happened = plant.now - timedelta(days=3)
    plant.deliver(
        {
            "metric": Metric.objects.get().code,
            "event_at": happened.isoformat(),
            "recorded_at": (happened + after).isoformat(),
            "source": "erp",
            "external_id": f"entered {n}",
            "numerator": 1,
            "denominator": 1,
        }
        for n in range(20)
    )


def test_what_is_entered_late_keeps_the_gate_of_data_shut(plant: Plant, pilot: Pilot) -> None:
    before = standing(plant, pilot, Code.DATA, "entered_in_time")
    deliver_entered(plant, after=timedelta(hours=30))

    after = standing(plant, pilot, Code.DATA, "entered_in_time")

    assert (before.met, before.words) == (
        True,
        "What the times of Late orders on time are is written down; no time of entry came in four"
        " weeks, so nobody knows how late it is entered.",
    )
    assert not after.met
    assert after.words.startswith(
        "Late orders on time is entered late: 95 of 100 within 30 hours, allowed 24 hours."
    )


def test_what_is_entered_in_time_says_how_late_and_how_late_it_may_be(
    plant: Plant, pilot: Pilot
) -> None:
    deliver_entered(plant, after=timedelta(hours=3))

    found = standing(plant, pilot, Code.DATA, "entered_in_time")

    assert found.met
    assert found.words.startswith(
        "Late orders on time is entered in time: 95 of 100 within 3 hours, allowed 24 hours."
        " Known of 20 of "
    )


def test_a_lead_lowers_the_limit_that_the_gate_of_data_asks_for_and_never_raises_it(
    plant: Plant, pilot: Pilot
) -> None:
    rule = TimestampRule.objects.get()
    given = {
        "metric": rule.metric,
        "source": rule.source,
        "transaction_type": rule.transaction,
        "event_field": rule.event_field,
        "entry_field": rule.entry_field,
        "without": "",
    }

    def limit(hours: int, version: int, by: Membership) -> int:
        return timestamps.write_rule(limit_hours=hours, version=version, by=by, **given).limit_hours

    with pytest.raises(Refused, match="The gate Data asks for these 24 hours") as refused:
        limit(25, 2, plant.cast.lead)
    assert (refused.value.code, refused.value.field) == ("limit_raised", "limit_hours")
    assert "A tenant admin may: Admin." in str(refused.value)
    assert limit(12, 2, plant.cast.lead) == 12
    assert limit(48, 3, plant.cast.admin) == 48
    # Neither a rule that ended nor a pilot that is judged by it no more opens a way around.
    timestamps.end_rule(row=rule, by=plant.cast.lead, now=plant.now)
    PilotMetric.objects.update(retired_at=plant.now)
    with pytest.raises(Refused):
        limit(49, 5, plant.cast.lead)


def test_a_lead_does_not_say_that_a_known_time_of_entry_is_unknown(
    plant: Plant, pilot: Pilot
) -> None:
    rule = TimestampRule.objects.get()
    named = {"metric": rule.metric, "source": rule.source, "transaction_type": "Goods receipt"}
    times = {"event_field": "POSTED", "without": "", "limit_hours": rule.limit_hours}

    def enter(field: str, version: int, by: Membership) -> str:
        given = {**named, **times, "entry_field": field, "version": version}
        return timestamps.write_rule(**given, by=by).entry_field

    enter("ENTERED", rule.version, plant.cast.admin)
    with pytest.raises(Refused, match="counts what came without ENTERED") as refused:
        enter("", rule.version + 1, plant.cast.lead)
    assert (refused.value.code, refused.value.field) == ("entry_field_emptied", "entry_field")
    assert enter("CREATED", rule.version + 1, plant.cast.lead) == "CREATED"
    assert enter("", rule.version + 2, plant.cast.admin) == ""


def test_times_that_nobody_wrote_down_keep_the_gate_of_data_shut(
    plant: Plant, pilot: Pilot
) -> None:
    passed(plant, pilot, Code.DATA)
    timestamps.end_rule(row=TimestampRule.objects.get(), by=plant.cast.lead, now=plant.now)

    found = reopen_due(plant.now)

    assert "Nobody wrote down what the times of Late orders on time are." in found[0].reason


def test_days_reported_without_an_event_are_in_time(plant: Plant, pilot: Pilot) -> None:
    stops = definitions.add_metric(
        name="Complaints",
        kind="rate",
        unit="per_week",
        exposure="week",
        direction="up",
        numerator="Complaints",
        denominator="",
        site=plant.site,
        by=plant.cast.admin,
        now=plant.now,
    )
    plant.aim(pilot, stops)
    yesterday = path.local_day(plant.now, plant.site.zone) - timedelta(days=1)
    before = standing(plant, pilot, Code.INTEGRATION, "on_time")
    coverage.report_span(
        source=plant.source,
        metric_code=stops.code,
        from_date=yesterday,
        through_date=yesterday,
        actor=plant.cast.admin.audit_name,
        now=plant.now,
    )
    recompute.recompute()

    after = standing(plant, pilot, Code.INTEGRATION, "on_time")

    assert (before.met, before.words) == (False, "Nothing ever arrived for Complaints.")
    assert "Complaints: reported in full, and nothing to send in 7 days." in after.words
    assert after.met


def test_a_maintainer_who_left_maintains_nothing(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.DATA)
    reader = plant.cast.reader
    list_source(plant, pilot, name="CMMS", kind="cmms", source=None, maintainer=reader.person)
    reader.removed_at = plant.now
    reader.save(update_fields=["removed_at"])

    found = standing(plant, pilot, Code.DATA, "sources_listed")

    assert (found.met, found.words) == (False, "Nobody maintains CMMS.")


def deputies(plant: Plant, pilot: Pilot, *members: Membership) -> Standing:
    """Make members the deputies of a pilot's operator; return how that stands."""
    PilotParty.objects.filter(pilot=pilot, part=Part.DEPUTY_OPERATOR).update(ended_at=plant.now)
    for member in members:
        PilotParty.objects.create(
            pilot=pilot, person_id=member.person_id, part=Part.DEPUTY_OPERATOR
        )
    return standing(plant, pilot, Code.OWNERSHIP, "deputy")


def test_nobody_is_their_own_deputy(plant: Plant, pilot: Pilot) -> None:
    alone = deputies(plant, pilot, plant.cast.operator)
    both = deputies(plant, pilot, plant.cast.operator, plant.cast.owner)

    assert (alone.met, alone.words) == (False, "Operator is the operator: name somebody else.")
    assert (both.met, both.words) == (True, "Owner")


def test_a_deputy_who_left_hides_no_other_one(plant: Plant, pilot: Pilot) -> None:
    reader = plant.cast.reader
    reader.removed_at = plant.now
    reader.save(update_fields=["removed_at"])

    alone = deputies(plant, pilot, reader)
    both = deputies(plant, pilot, reader, plant.cast.owner)

    assert (alone.met, alone.words) == (False, "Reader is no member any more.")
    assert (both.met, both.words) == (True, "Owner")


def test_the_gate_links_to_the_times_of_the_metric(plant: Plant, pilot: Pilot) -> None:
    seen = queries.get_seen(pilot, Code.DATA, now=plant.now)

    line = next(
        one
        for one in words.criteria(seen, "acme", pilot.code)
        if one.standing.asked.code == "entered_in_time"
    )

    assert line.links == (
        (f"/t/acme/metrics/{Metric.objects.get().code}/timestamps/", "Late orders on time"),
    )
