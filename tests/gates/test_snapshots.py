"""Data snapshots: what the gate asks of each, what is refused, and what the page says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from common.errors import Refused
from common.tenancy.context import tenant
from gates.actions import snapshots as actions
from gates.models import DataSnapshot
from gates.queries import facts
from gates.rules import snapshots as rules
from gates.rules.criteria import Fact
from gates.rules.states import Code
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tests.conftest import signed_in
from tests.gates.plant import made, passed, pilot, plant, reopen_due, snapshot
from tests.gates.test_foundation_pages import post, read, words
from tests.plant import Plant
from tests.queries import check_count, counted

__all__ = ["made", "pilot", "plant"]  # fixtures

LAST = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("days", "weeks", "lacking"), [(364, 52, 0), (363, 52, 1), (90, 52, 274), (28, 4, 0), (1, 1, 6)]
)
def test_a_period_lacks_the_days_that_it_is_shorter_than_a_cycle(
    days: int, weeks: int, lacking: int
) -> None:
    first = LAST - timedelta(days=days - 1)

    assert rules.days_lacking(first, LAST, cycle_weeks=weeks) == lacking


def known(plant: Plant, pilot: Pilot, name: str, **later: int) -> Fact:
    return facts.gather(pilot, now=plant.now + timedelta(**later))[name]


@pytest.mark.usefixtures("acme")
def test_snapshots_of_a_whole_cycle_let_the_gate_pass(plant: Plant, pilot: Pilot) -> None:
    taken, season = (known(plant, pilot, one) for one in ("snapshots_taken", "season_covered"))

    assert (taken.met, season.met) == (True, True)
    assert taken.until == plant.today + timedelta(days=364)
    assert taken.words.startswith("ERP, order lines: 48,000 rows of ")
    assert season.words == "ERP, order lines: covers its cycle of 52 weeks."


@pytest.mark.usefixtures("acme")
def test_a_snapshot_shorter_than_a_cycle_says_what_it_lacks(plant: Plant, pilot: Pilot) -> None:
    yesterday = plant.today - timedelta(days=1)
    first = yesterday - timedelta(days=89)
    snapshot(plant, pilot, source="MES", first_day=first)
    silent = known(plant, pilot, "season_covered")
    snapshot(plant, pilot, source="mes", first_day=first, lacks="The summer stop.")
    told = known(plant, pilot, "season_covered")

    assert (silent.met, silent.words) == (
        False,
        "MES: 274 days short of 52 weeks, and nobody says what it lacks.",
    )
    assert (told.met, told.words) == (
        True,
        "ERP, order lines: covers its cycle of 52 weeks. mes: 274 days short of 52 weeks. It lacks:"
        " The summer stop.",
    )


@pytest.mark.usefixtures("acme")
def test_a_snapshot_counts_for_a_year(plant: Plant, pilot: Pilot) -> None:
    before = known(plant, pilot, "snapshots_taken", days=364)
    after = known(plant, pilot, "snapshots_taken", days=365)

    assert (before.met, after.met) == (True, False)
    assert "is older than a year" in after.words


@pytest.mark.usefixtures("acme")
def test_a_pilot_without_snapshots_shows_nothing(plant: Plant) -> None:
    found = facts.gather(plant.pilot("Bare"), now=plant.now)

    for name in ("snapshots_taken", "season_covered"):
        assert found[name] == Fact(met=False, words="No data snapshot is written down yet.")


@pytest.mark.usefixtures("acme")
def test_another_snapshot_is_decided_anew(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.DATA)
    snapshot(plant, pilot)

    found = reopen_due(plant.now)

    assert found[0].reason.startswith("This changed since it was passed: Data snapshots")


@pytest.mark.usefixtures("acme")
def test_a_snapshot_taken_back_counts_no_more(plant: Plant, pilot: Pilot) -> None:
    row = DataSnapshot.objects.get(pilot=pilot)
    with pytest.raises(Refused, match="Say why"):
        actions.withdraw_snapshot(row=row, reason=" ", by=plant.cast.lead, now=plant.now)
    for reason in ("Of P-02.", "Other."):
        row = actions.withdraw_snapshot(row=row, reason=reason, by=plant.cast.lead, now=plant.now)

    assert row.withdrawn_reason == "Of P-02."
    assert not known(plant, pilot, "snapshots_taken").met
    last = AuditEvent.objects.order_by("-seq")[0]
    assert (last.action, last.payload["reason"]) == ("DATA_SNAPSHOT_WITHDRAWN", "Of P-02.")


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"taken_on": 2}, "taken_on", "taken today or earlier"),
        ({"last_day": 1}, "last_day", "ends after it was taken"),
        ({"first_day": 1}, "first_day", "begins after it ends"),
        ({"first_day": -20_000}, "first_day", "too far away"),
    ],
)
def test_days_that_cannot_be_meant_are_refused_at_their_field(
    plant: Plant, pilot: Pilot, values: dict[str, int], field: str, said: str
) -> None:
    day = plant.today - timedelta(days=1)
    days = {name: day + timedelta(days=by) for name, by in values.items()}

    with pytest.raises(Refused, match=said) as refused:
        snapshot(plant, pilot, **days)

    assert refused.value.field == field


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("field", "value"), [("row_count", 0), ("cycle_weeks", 0), ("cycle_weeks", 521), ("issues", "")]
)
def test_a_snapshot_that_cannot_be_meant_is_refused_at_its_field(
    plant: Plant, pilot: Pilot, field: str, value: Any
) -> None:
    with pytest.raises(Refused) as refused:
        snapshot(plant, pilot, **{field: value})

    assert refused.value.field == field


@pytest.mark.usefixtures("acme")
def test_nothing_of_an_archived_pilot_changes(plant: Plant, pilot: Pilot) -> None:
    row = DataSnapshot.objects.get(pilot=pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    with pytest.raises(Refused, match="archived"):
        snapshot(plant, pilot)
    with pytest.raises(Refused, match="archived"):
        actions.withdraw_snapshot(row=row, reason="R", by=plant.cast.lead, now=plant.now)


def test_a_lead_writes_down_a_snapshot_and_takes_it_back(plant: Plant, pilot: Pilot) -> None:
    lead, day = plant.cast.lead, plant.today.isoformat()
    answer = {
        "source": "MES",
        "taken_on": day,
        "row_count": "1200",
        "first_day": day,
        "last_day": day,
        "cycle_weeks": "52",
    }
    bad = post(lead, "snapshots/new/", **answer)
    written = post(lead, "snapshots/new/", **answer, issues="Free text in the reason field.")
    page = read(plant.cast.reader, "snapshots/")
    with tenant(plant.cast.acme):
        row = DataSnapshot.objects.get(source="MES")
    taken = post(lead, f"snapshots/{row.pk}/withdraw/", reason="Of another line.")

    assert (bad.status_code, written.status_code, taken.status_code) == (422, 302, 302)
    assert "Fill this in." in words(bad)
    assert "1 of 2 sources are shorter than a seasonal cycle." in page
    assert "363 days short of 52 weeks" in page
    assert "Nobody says what it knows nothing of." in page
    after = read(plant.cast.reader, "snapshots/")
    assert "The one source covers a full seasonal cycle." in after
    assert "taken back by Lead: Of another line." in after


def test_only_the_lead_writes_snapshots(plant: Plant, pilot: Pilot) -> None:
    for who in (plant.cast.reader, plant.cast.reviewer, plant.cast.coo):
        assert post(who, "snapshots/new/").status_code == 403
    assert "Add a data snapshot" not in read(plant.cast.reader, "snapshots/")


def test_more_snapshots_cost_no_more_queries(plant: Plant, pilot: Pilot) -> None:
    client, path = signed_in(plant.cast.lead), "/t/acme/pilots/P-01/snapshots/"
    _, before = counted(lambda: client.get(path))
    check_count("pilot, snapshots/", before)
    with tenant(plant.cast.acme):
        for number in range(8):
            snapshot(plant, pilot, source=f"Source {number}")

    _, after = counted(lambda: client.get(path))

    assert len(after) == len(before)
