"""A baseline of days: from its draft to its read-out, as people use it."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from common import formats
from common.errors import Refused
from common.tenancy.context import tenant
from metrics import queries
from metrics.actions import baselines, plans, readouts, targets
from metrics.models import Baseline, PilotMetric, ReadOut
from metrics.queries import verdicts
from metrics.queries.board import list_targets as targets_of
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.metrics import daily
from tests.metrics.drafts import reword
from tests.plant import Plant, monday


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> tuple[Plant, PilotMetric]:
    """A pilot in week 15 with four weeks of days before, whose metric fell in weeks 9 to 12."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        return plant, daily.add(plant)


@pytest.fixture
def plant(made: tuple[Plant, PilotMetric], cast: Cast) -> Plant:
    return deepcopy(made[0])


@pytest.fixture
def row(made: tuple[Plant, PilotMetric], cast: Cast) -> PilotMetric:
    return deepcopy(made[1])


def address(row: PilotMetric, name: str = "baseline", *more: int) -> str:
    return reverse(name, args=["acme", row.pilot.code, row.pk, *more])


def locked(plant: Plant, row: PilotMetric) -> Baseline:
    with tenant(plant.cast.acme):
        return daily.lock(plant, daily.draft(plant, row))


def read_out(plant: Plant, **later: int) -> list[ReadOut]:
    now = plant.now + timedelta(**later)
    with tenant(plant.cast.acme):
        for one in verdicts.list_due_baselines(now):
            readouts.read_out(baseline=one, now=now)
        return list(ReadOut.objects.order_by("week", "number"))


def test_a_lead_goes_from_a_daily_draft_to_its_read_out(plant: Plant, row: PilotMetric) -> None:
    lead = signed_in(plant.cast.lead)
    form = lead.get(address(row, "baseline_edit")).context["form"]
    answers = {"matters": "4", "season_swing": "0", "maturity_days": "7", "comparison": ""}

    saved = lead.post(
        address(row, "baseline_edit"),
        {"key": form["key"].value(), "grain": "day", **answers},
    )
    with tenant(plant.cast.acme):
        [draft] = Baseline.objects.all()
        plans.plan_baseline(baseline_id=draft.pk, now=plant.now)
    before = lead.get(address(row)).content.decode()
    lock = lead.post(address(row, "baseline_lock"), {"version": draft.version})
    after = lead.get(address(row)).content.decode()
    [found] = read_out(plant)
    page = lead.get(address(row, "read_out", 12)).content.decode()

    assert (saved.status_code, lock.status_code, form["grain"].value()) == (302, 302, "week")
    assert "<dt>Usable days</dt><dd>28 of 28</dd>" in before
    assert "over 28 days" in after
    assert (found.word, found.sign) == ("improved", -1)
    assert found.result["effect"] == pytest.approx(-6, abs=0.5)
    assert "28 days of baseline" in page
    assert "All 56 days as a table" in page


def test_days_are_offered_only_where_weeks_are_too_few_and_days_can_be_enough(
    plant: Plant, row: PilotMetric
) -> None:
    with tenant(plant.cast.acme):
        rows = {
            "long": daily.add(plant, name="Long", before=9),
            "mondays": daily.add(plant, name="Mondays", weekdays={0}),
            "young": daily.add(plant, name="Young", week=0, before=0),
            "silent": daily.add(plant, name="Silent", week=2, before=0, weekdays=()),
        }
    lead = signed_in(plant.cast.lead)

    def offered(one: PilotMetric) -> bool:
        return "grain" in lead.get(address(one, "baseline_edit")).context["form"].fields

    assert {name: offered(one) for name, one in rows.items()} == {
        "long": False,
        "mondays": False,
        "young": True,
        "silent": False,
    }
    assert offered(row)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"before": 9}, "grain_weeks"),
        ({"weekdays": {0}}, "grain_days"),
        ({"before": 2, "weekdays": daily.MON_TO_FRI}, "grain_days"),
    ],
)
def test_days_are_refused_where_they_cannot_be_meant(
    plant: Plant, settings: dict[str, Any], code: str
) -> None:
    with tenant(plant.cast.acme):
        other = daily.add(plant, name="Other", **settings)

        with pytest.raises(Refused) as refused:
            daily.draft(plant, other)

    assert (refused.value.code, refused.value.field) == (code, "grain")
    assert "ompare week by week" in str(refused.value)


def test_days_are_not_compared_beside_a_line(plant: Plant, row: PilotMetric) -> None:
    with tenant(plant.cast.acme):
        early = daily.add(plant, name="Early", week=2)

        with pytest.raises(Refused) as refused:
            daily.draft(plant, early, comparison=row.metric)

    assert refused.value.code == "grain_compared"


def test_a_refused_grain_is_said_at_its_field(plant: Plant, row: PilotMetric) -> None:
    with tenant(plant.cast.acme):
        mondays = daily.add(plant, name="Mondays", weekdays={0})
    lead = signed_in(plant.cast.lead)
    key = lead.get(address(mondays, "baseline_edit")).context["form"]["key"].value()

    response = lead.post(
        address(mondays, "baseline_edit"),
        {"key": key, "grain": "day", "matters": "4", "maturity_days": "7", "comparison": ""},
    )

    assert response.status_code == 422
    assert "Here it is 4 days" in response.context["form"].errors["grain"][0]


def test_a_draft_by_too_few_weeks_is_told_of_days(plant: Plant, row: PilotMetric) -> None:
    with tenant(plant.cast.acme):
        daily.draft(plant, row, grain="week")

    page = signed_in(plant.cast.lead).get(address(row)).content.decode()

    assert "4 usable weeks: a verdict by weeks needs 8." in page


def test_another_grain_takes_plan_and_acceptance_back(plant: Plant, row: PilotMetric) -> None:
    with tenant(plant.cast.acme):
        weak = daily.draft(plant, row, matters=0.01)
        accepted = baselines.accept_plan(
            baseline=weak,
            version=weak.version,
            by=plant.cast.sponsor,
            now=plant.now,
            reason="Worth a try.",
        )

        changed = baselines.draft_baseline(
            row=row,
            by=plant.cast.lead,
            now=plant.now,
            matters=0.01,
            season_swing=0.0,
            version=accepted.version,
        )

    assert (changed.grain, changed.plan, changed.accepted_by_id) == ("week", None, None)


def test_a_daily_plan_says_what_it_sees_and_what_more_weeks_would_buy(
    plant: Plant, row: PilotMetric
) -> None:
    with tenant(plant.cast.acme):
        plan = daily.draft(plant, row).plan

    offers = {(one["history"], one["after"]): one["mde"] for one in plan["offers"]}
    assert (plan["level"], plan["days"]) == ("C", 28)
    assert plan["mde"] == pytest.approx(offers[4, 4])
    assert offers[4, 26] < offers[4, 4] < offers[2, 4]
    page = signed_in(plant.cast.lead).get(address(row)).content.decode()
    assert "day by day" in page
    assert '<th scope="row">2 weeks</th>' in page


def test_weeks_that_came_in_meanwhile_end_a_daily_draft(plant: Plant, row: PilotMetric) -> None:
    with tenant(plant.cast.acme):
        found = daily.draft(plant, row)
        first = monday(17)
        plant.deliver(
            daily.item(row.metric, day, 20.0) for day in daily.days(first - 35 * daily.DAY, first)
        )
        plans.plan_baseline(baseline_id=found.pk, now=plant.now)
        found.refresh_from_db()

        with pytest.raises(Refused) as refused:
            daily.lock(plant, found)

    page = signed_in(plant.cast.lead).get(address(row)).content.decode()
    assert refused.value.code == "grain_weeks"
    assert "Change the draft to compare weeks: enough of them are usable by now." in page


def test_days_that_never_came_end_a_daily_draft(plant: Plant, cast: Cast) -> None:
    with tenant(plant.cast.acme):
        row = daily.add(plant, name="Young", before=1)
        found = daily.draft(plant, row, now=plant.now - timedelta(weeks=15))

        with pytest.raises(Refused) as refused:
            daily.lock(plant, found)

    page = signed_in(plant.cast.lead).get(address(row)).content.decode()
    assert refused.value.code == "grain_days"
    assert "Send figures of 14 days up to the end of week 2, or compare weeks: 7" in page


def test_a_plant_that_works_monday_to_friday_is_compared_by_those_days(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = daily.add(plant, name="Two shifts", weekdays=daily.MON_TO_FRI)
    baseline = locked(plant, row)

    [found] = read_out(plant)

    assert len(baseline.weeks or []) == 20
    assert (found.word, len(found.result["points"])) == ("improved", 40)
    assert found.result["measured_weeks"] == 4


def figures(found: ReadOut) -> dict[str, Any]:
    return {day: value for day, value, *_ in json.loads(found.inputs)["figures"]}


def test_a_day_of_the_baseline_without_a_figure_counts_as_a_gap(plant: Plant) -> None:
    hole = monday(15) + 2 * daily.DAY
    with tenant(plant.cast.acme):
        row = daily.add(plant, name="Gaps", missing=[hole], weekdays=daily.MON_TO_FRI)
        found = daily.draft(plant, row)
        window = verdicts.plan_history(found, plant.now).window
        daily.lock(plant, found)

    [read] = read_out(plant)

    assert (len(window.periods), window.stretch) == (19, 20)
    assert [day for day, value in figures(read).items() if value is None] == [str(hole)]
    assert read.result["baseline_days"] == 19


def test_a_daily_baseline_with_too_many_gaps_is_said_in_days(plant: Plant) -> None:
    holes = [monday(ago) + n * daily.DAY for ago in (15, 14) for n in (1, 2, 3)]
    with tenant(plant.cast.acme):
        row = daily.add(plant, name="Gaps", missing=holes)
    locked(plant, row)

    [read] = read_out(plant)
    page = signed_in(plant.cast.lead).get(address(row, "read_out", 12)).content.decode()

    assert read.result["reasons"] == ["baseline_gaps"]
    assert "too many days of the baseline have no figures" in page


def test_measured_days_that_are_missing_make_their_week_incomplete(plant: Plant) -> None:
    holes = {monday(5) + n * daily.DAY for n in (1, 2)}
    with tenant(plant.cast.acme):
        row = daily.add(plant, name="Holes", missing=holes)
    locked(plant, row)

    [found] = read_out(plant)

    assert {day for day, value in figures(found).items() if value is None} == set(map(str, holes))
    assert (found.word, found.result["measured_weeks"]) == ("improved", 3)


def test_only_days_of_the_wording_in_force_are_counted(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = daily.add(plant, name="Reworded")
        begins = monday(15) + 2 * daily.DAY
        weeks, _ = queries.find_counted(row.metric, begins)
        reword(row.metric, plant.cast.admin, valid_from=begins, known_weeks=weeks)
        targets.agree_target(
            row=row, version=row.version, by=plant.cast.sponsor, now=datetime.now(UTC)
        )
    baseline = locked(plant, row)

    assert next(day for day, *_ in baseline.weeks or []) == str(begins)
    assert (len(baseline.weeks or []), baseline.definition) == (19, 2)


def test_a_wording_begins_on_the_monday_after_the_days_at_the_earliest(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = daily.add(plant, name="Two shifts", weekdays=daily.MON_TO_FRI)
    locked(plant, row)
    friday_after = monday(13) + 5 * daily.DAY

    with tenant(plant.cast.acme), pytest.raises(Refused) as refused:
        reword(row.metric, plant.cast.admin, valid_from=friday_after)

    assert formats.day(monday(12)) in str(refused.value)


def test_the_chart_of_a_daily_read_out_draws_weeks_and_its_table_days(
    plant: Plant, row: PilotMetric
) -> None:
    locked(plant, row)
    read_out(plant)

    response = signed_in(plant.cast.lead).get(address(row, "read_out", 12))

    drawn, page = response.context["chart"], response.content.decode()
    assert [one.week_start for one in drawn.points] == [
        monday(n) for n in (16, 15, 14, 13, 6, 5, 4, 3)
    ]
    assert (drawn.locked.since, drawn.locked.through) == (monday(16), monday(13))
    assert (drawn.measured.since, drawn.measured.through) == (monday(6), monday(3))
    assert len(response.context["lines"]) == 56
    assert '<th scope="col">Day</th>' in page


def test_board_and_pilot_show_a_pilot_with_a_daily_baseline(plant: Plant, row: PilotMetric) -> None:
    locked(plant, row)
    read_out(plant)
    lead = signed_in(plant.cast.lead)

    board = lead.get("/t/acme/")
    pilot = lead.get(f"/t/acme/pilots/{row.pilot.code}/")

    assert (board.status_code, pilot.status_code) == (200, 200)
    with tenant(plant.cast.acme):
        [found] = targets_of(row.pilot_id)
    assert found.locked_weeks is not None
    assert (found.locked_weeks.since, found.locked_weeks.through) == (monday(16), monday(13))
    assert list(found.locked_weeks.weights) == [70.0] * 4


def test_a_daily_read_out_is_computed_again_from_its_download(
    plant: Plant, row: PilotMetric, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(plant, row)
    [found] = read_out(plant)
    place = reverse("read_out_file", args=["acme", row.pilot.code, row.pk, 12, found.pk])
    file = tmp_path / "read-out.json"
    file.write_bytes(signed_in(plant.cast.reader).get(place).content)

    call_command("replay", file)

    assert capsys.readouterr().out.startswith("The same: improved, digest ")


def test_a_correction_of_a_measured_day_gives_another_version(
    plant: Plant, row: PilotMetric
) -> None:
    locked(plant, row)
    read_out(plant)
    with tenant(plant.cast.acme):
        plant.deliver([daily.item(row.metric, monday(4), 40.0, revision=1)])

    found = read_out(plant, hours=1)

    assert [one.number for one in found] == [1, 2]
    assert figures(found[1])[str(monday(4))] == 40.0


def test_what_is_corrected_before_the_lock_is_in_the_locked_days(
    plant: Plant, row: PilotMetric
) -> None:
    baseline = locked(plant, row)
    with tenant(plant.cast.acme):
        plant.deliver([daily.item(row.metric, monday(14), 90.0, revision=1)])

    [found] = read_out(plant)

    assert found.result["before"] == pytest.approx(baseline.value)
    assert figures(found)[str(monday(14))] < 30


def test_a_replaced_daily_baseline_stays_a_daily_draft(plant: Plant, row: PilotMetric) -> None:
    baseline = locked(plant, row)
    with tenant(plant.cast.acme):
        made = baselines.supersede_baseline(
            baseline=baseline,
            version=baseline.version,
            by=plant.cast.admin,
            now=plant.now,
            reason="The meter was replaced.",
        )

    page = signed_in(plant.cast.admin).get(address(row)).content.decode()
    assert made.grain == "day"
    assert "over 28 days" in page


def test_the_api_says_what_was_compared(plant: Plant, row: PilotMetric) -> None:
    baseline = locked(plant, row)
    read_out(plant)
    api = Api(plant.cast.api_reader)

    listed = api.get("baselines/").json()["baselines"][0]
    one = api.get(f"baselines/{baseline.pk}/").json()
    kept = api.get("read-outs/").json()["read_outs"][0]

    assert (listed["grain"], listed["days_used"], listed["weeks_used"]) == ("day", 28, None)
    assert (listed["first_week"], listed["last_week"]) == (str(monday(16)), str(monday(13)))
    assert len(one["weeks"]) == 28
    assert kept["grain"] == "day"
