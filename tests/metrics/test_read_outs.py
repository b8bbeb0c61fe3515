"""What a read-out promises: computed once when due, kept with its inputs, and never changed."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.html import strip_tags

from audit.models import AuditEvent
from common.errors import Refused
from common.tenancy.context import tenant
from common.tenancy.tasks import HEADER
from common.writing import constraint_of
from metrics.actions import acknowledgements, baselines, plans, readouts, recompute, targets
from metrics.models import Acknowledgement, Baseline, Mark, PilotMetric, ReadOut
from metrics.queries import sentences, verdicts
from metrics.rules.verdict import frozen
from metrics.rules.verdict.engine import VERSION
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tenants.models import Notification
from tests.conftest import NOW, Cast, signed_in
from tests.metrics.drafts import reword
from tests.plant import Plant, monday

NOWHERE = "00000000-0000-0000-0000-000000000000"


def measure(plant: Plant, row: PilotMetric, numerator: int, *, revision: int = 1) -> None:
    """Correct weeks 9 to 12 of a pilot that is in week 15: 3 to 6 weeks ago."""
    plant.deliver(
        {
            "metric": row.metric.code,
            "event_at": monday(ago).isoformat(),
            "source": "erp",
            "external_id": f"{row.metric.code} {ago}",
            "numerator": numerator + ago % 3,
            "denominator": 100,
            "revision": revision,
        }
        for ago in range(3, 7)
    )


def lock(plant: Plant, draft: Baseline) -> Baseline:
    """Lock a draft, accepting that its plan cannot see so small a change."""
    plans.plan_baseline(baseline_id=draft.pk, now=plant.now)
    draft.refresh_from_db()
    draft = baselines.accept_plan(
        baseline=draft, version=draft.version, by=plant.cast.lead, now=plant.now, reason="Known."
    )
    return baselines.lock_baseline(
        baseline=draft, version=draft.version, by=plant.cast.lead, now=plant.now
    )


def locked(plant: Plant, *, weeks: int, to: int) -> Baseline:
    """Add a pilot in week 15 whose metric moved in weeks 9 to 12, and lock its baseline."""
    pilot = plant.whole(week=15, weeks=weeks)
    row = PilotMetric.objects.select_related("metric", "pilot__site").get(pilot=pilot)
    measure(plant, row, to)
    return lock(plant, drafted(plant, row))


def drafted(plant: Plant, row: PilotMetric) -> Baseline:
    return baselines.draft_baseline(row=row, by=plant.cast.lead, now=plant.now, matters=0.02)


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> tuple[Plant, Baseline]:
    """A locked baseline of 92 weeks, of a pilot in week 15 whose metric rose in weeks 9 to 12."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        return plant, locked(plant, weeks=104, to=96)


@pytest.fixture
def plant(made: tuple[Plant, Baseline], cast: Cast) -> Plant:
    return deepcopy(made[0])


@pytest.fixture
def baseline(made: tuple[Plant, Baseline], cast: Cast) -> Baseline:
    return deepcopy(made[1])


def read_out(plant: Plant, **later: int) -> int:
    now = plant.now + timedelta(**later)
    with tenant(plant.cast.acme):
        due = verdicts.list_due_baselines(now)
        return sum(readouts.read_out(baseline=one, now=now) for one in due)


def versions() -> list[ReadOut]:
    return list(ReadOut.objects.order_by("week", "number"))


def address(baseline: Baseline, end: str = "") -> str:
    row = baseline.target_row
    return f"/t/acme/pilots/{row.pilot.code}/metrics/{row.pk}/week-12/{end}"


def correct(plant: Plant, baseline: Baseline, numerator: int) -> list[ReadOut]:
    """Read out, correct the measured weeks, read out again; return both versions."""
    read_out(plant)
    with tenant(plant.cast.acme):
        measure(plant, baseline.target_row, numerator, revision=2)
    read_out(plant)
    with tenant(plant.cast.acme):
        return versions()


def test_a_pilot_whose_time_has_come_is_read_out_once(plant: Plant, baseline: Baseline) -> None:
    assert (read_out(plant), read_out(plant, hours=1)) == (1, 0)

    with tenant(plant.cast.acme):
        [found] = versions()
        assert (found.week, found.number, found.word, found.sign) == (12, 1, "improved", 1)
        assert found.waits is False
        assert Notification.objects.filter(dedup_key=f"read_out:{found.pk}").count() == 2


def test_its_page_draws_what_was_expected_beside_baseline_target_and_measured_weeks(
    plant: Plant, baseline: Baseline
) -> None:
    read_out(plant)

    page = signed_in(plant.cast.coo).get(address(baseline)).content.decode()

    chart = page.split('<svg class="xmr', 1)[1].split("</svg>")[0]
    lines = re.findall(r'<(?:path|line) class="(expected|mean|after|target)"', chart)
    assert sorted(lines) == ["after", "expected", "expected", "mean", "target"]
    assert [*re.findall(r'class="exp"[^>]*>([^<]*)<', chart)] == ["expected"]
    assert "expected without the pilot" in page


def test_a_job_is_sent_for_what_has_something_new_to_read_out_and_for_nothing_else(
    plant: Plant, baseline: Baseline, django_capture_on_commit_callbacks: Any
) -> None:
    def send(**later: int) -> tuple[int, int]:
        with django_capture_on_commit_callbacks() as sent, tenant(plant.cast.acme):
            found = readouts.send_due(now=plant.now + timedelta(**later))
        return found, len(sent)

    early, due = send(weeks=-3), send()
    read_out(plant)

    assert (early, due, send(hours=1)) == ((0, 0), (1, 1), (0, 0))


def test_the_job_of_a_baseline_reads_it_out_unless_it_was_replaced_meanwhile(
    plant: Plant, baseline: Baseline
) -> None:
    current_app.loader.import_default_modules()
    job = current_app.tasks["metrics.read_out_baseline"]
    job.push_request(headers={HEADER: plant.cast.acme}, **{HEADER: plant.cast.acme})
    try:
        job(baseline_id=str(baseline.pk))
        job(baseline_id=NOWHERE)
    finally:
        job.pop_request()

    with tenant(plant.cast.acme):
        assert [one.baseline_id for one in versions()] == [baseline.pk]


def test_figures_that_are_about_to_be_computed_anew_are_waited_for(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        mark = Mark.objects.create(metric_id=baseline.target_row.metric_id, week=monday(4))
    waited = read_out(plant)
    with tenant(plant.cast.acme):
        recompute.recompute()
        assert not Mark.objects.filter(pk=mark.pk).exists()

    assert (waited, read_out(plant)) == (0, 1)


def test_a_newer_engine_leaves_what_was_read_out_as_it_was(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        [due] = verdicts.list_due(baseline, plant.now)
        kept = freeze(baseline, due, engine="0")
        assert kept is not None

    assert read_out(plant, hours=1) == 0


def test_later_looks_are_read_outs_of_their_own(plant: Plant, baseline: Baseline) -> None:
    read_out(plant, weeks=12)

    with tenant(plant.cast.acme):
        assert [(one.week, one.number) for one in versions()] == [(12, 1), (16, 1), (24, 1)]
        assert versions()[1].result["reasons"] == ["measurement_incomplete"]


def test_the_kept_inputs_give_the_kept_result_again(plant: Plant, baseline: Baseline) -> None:
    read_out(plant)

    with tenant(plant.cast.acme):
        [found] = versions()
        assert readouts.replay(found)
        assert bytes(found.digest) == frozen.digest(found.inputs)
        assert found.result["effect"] > 0.05
        assert found.result["baseline_weeks"] == len(baseline.weeks or [])


def test_a_correction_that_changes_the_word_waits_for_a_named_person(
    plant: Plant, baseline: Baseline
) -> None:
    first, second = correct(plant, baseline, 70)

    assert (first.word, second.word, second.number) == ("improved", "worse", 2)
    assert second.waits is True


@pytest.mark.parametrize(("numerator", "waits"), [(95, False), (98, True)])
def test_a_correction_that_leaves_word_sign_and_target_stands_at_once(
    plant: Plant, baseline: Baseline, numerator: int, waits: bool
) -> None:
    first, second = correct(plant, baseline, numerator)

    readings = [one.result["target"] for one in (first, second)]
    assert (first.word, second.word, second.waits) == ("improved", "improved", waits)
    assert readings == ["on_target_not_sure", "met" if waits else "on_target_not_sure"]


def test_a_locked_baseline_is_read_out_with_its_own_weeks(plant: Plant, baseline: Baseline) -> None:
    with tenant(plant.cast.acme):
        plant.deliver(
            [
                {
                    "metric": baseline.target_row.metric.code,
                    "event_at": monday(20).isoformat(),
                    "source": "erp",
                    "external_id": f"{baseline.target_row.metric.code} 20",
                    "numerator": 5,
                    "denominator": 100,
                    "revision": 1,
                }
            ]
        )
    read_out(plant)

    with tenant(plant.cast.acme):
        [found] = versions()
        assert found.result["before"] == pytest.approx(baseline.value)


def test_the_version_that_stands_is_the_one_somebody_took_note_of(
    plant: Plant, baseline: Baseline
) -> None:
    correct(plant, baseline, 70)
    coo, lead = signed_in(plant.cast.coo), signed_in(plant.cast.lead)
    before = lead.get(address(baseline)).content.decode()
    with tenant(plant.cast.acme):
        waiting = versions()[1]
    path = address(baseline, f"{waiting.pk}/acknowledge/")
    answer = {"version": 1, "reason": "The scanner counted twice."}

    refused = lead.post(path, answer)
    taken = coo.post(path, answer)

    after = lead.get(address(baseline)).content.decode()
    assert (refused.status_code, taken.status_code) == (403, 302)
    assert "Corrected figures or another baseline would change this" in before
    assert " rose by " in before
    assert "Corrected figures or another baseline would change this" not in after
    assert "The scanner counted twice." in after


def test_a_changed_read_out_is_acknowledged_once_and_with_a_reason(
    plant: Plant, baseline: Baseline
) -> None:
    first, second = correct(plant, baseline, 70)

    with tenant(plant.cast.acme):
        for wrong, reason in ((first, "Seen."), (second, " ")):
            with pytest.raises(Refused):
                acknowledgements.acknowledge(
                    read_out=wrong, by=plant.cast.coo, now=plant.now, reason=reason
                )
        acknowledgements.acknowledge(
            read_out=second, by=plant.cast.coo, now=plant.now, reason="Seen."
        )
        with pytest.raises(Refused, match="already"):
            acknowledgements.acknowledge(
                read_out=second, by=plant.cast.sponsor, now=plant.now, reason="Seen."
            )


def test_a_download_is_computed_again_without_a_database(
    plant: Plant, baseline: Baseline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read_out(plant)
    with tenant(plant.cast.acme):
        [found] = versions()
    response = signed_in(plant.cast.reader).get(address(baseline, f"{found.pk}.json"))
    file = tmp_path / "read-out.json"
    file.write_bytes(response.content)

    call_command("replay", file)

    assert capsys.readouterr().out.startswith("The same: improved, digest ")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"inputs": '{"format":1}'}, 2, "not the inputs"),
        ({"digest": "00"}, 1, "were changed"),
        ({"result": {"word": "worse"}}, 1, "another result"),
    ],
)
def test_a_download_that_was_changed_is_told(
    plant: Plant,
    baseline: Baseline,
    tmp_path: Path,
    change: dict[str, Any],
    code: int,
    words: str,
) -> None:
    read_out(plant)
    with tenant(plant.cast.acme):
        [found] = versions()
    response = signed_in(plant.cast.reader).get(address(baseline, f"{found.pk}.json"))
    file = tmp_path / "read-out.json"
    file.write_text(json.dumps(response.json() | change))

    with pytest.raises(CommandError, match=words) as refused:
        call_command("replay", file)

    assert refused.value.returncode == code


def test_the_page_prints_the_sentence_the_raw_values_and_who_locked_the_baseline(
    plant: Plant, baseline: Baseline
) -> None:
    read_out(plant)

    response = signed_in(plant.cast.reader).get(address(baseline))

    page = words(response)
    assert "Late orders on time rose by" in page
    assert "beyond what its own history would have led us to expect" in page
    assert "Exact inputs" in page
    assert f"Baseline locked by{plant.cast.lead.person.name}, " in page
    assert "locked late, in week 15: one could see by then how the pilot went" in page


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("improved", r"estimated €[\d,.]+K? \(95 % sure: €[\d,.]+K? to €[\d,.]+K?\)"),
        ("no_change_detected", "not counted: no change is claimed"),
    ],
)
def test_only_a_claimed_change_is_worth_money_and_labelled_estimated(
    plant: Plant, baseline: Baseline, word: str, said: str
) -> None:
    read_out(plant)
    with tenant(plant.cast.acme):
        result = versions()[0].result
    row = baseline.target_row
    row.units_per_week, row.value_per_unit = Decimal(400), Decimal(35)

    found = sentences.worth(result | {"word": word, "effect": 0.08}, row, "EUR")

    assert re.fullmatch(said, found)
    assert word != "improved" or "€58.2K" in found  # 0.08 x 400 x 35 x 52


def test_what_a_change_is_worth_is_said_to_be_of_now_and_no_part_of_what_is_frozen(
    plant: Plant, baseline: Baseline
) -> None:
    read_out(plant)
    with tenant(plant.cast.acme):
        PilotMetric.objects.update(units_per_week=400, value_per_unit=35)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))

    assert "400 units a week at €35 each, assumed; as given now, no part of what is frozen" in page


def words(response: Any) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


def test_the_board_counts_what_was_read_out_and_each_row_says_what(
    plant: Plant, baseline: Baseline
) -> None:
    read_out(plant)

    board = signed_in(plant.cast.reader).get("/t/acme/")

    assert "1 of 1 metric read out improved." in words(board)
    assert "1 improved" in words(board)
    assert re.search(r"Graduate, extend or stop it ?Sponsor · by", words(board))
    assert 'title="Late orders on time rose by' in board.content.decode()


def test_the_pilots_page_begins_with_the_verdict_and_the_raw_values(
    plant: Plant, baseline: Baseline
) -> None:
    read_out(plant)
    pilot = baseline.target_row.pilot

    page = words(signed_in(plant.cast.reader).get(f"/t/acme/pilots/{pilot.code}/"))

    assert "Improved Late orders on time rose by" in page
    assert re.search(r"Raw: 8\d\.\d % before, 96\.8 % in weeks 9 to 12\. Read-out of week 12", page)
    assert "raw figures and no verdict" not in page


def test_a_changed_read_out_is_asked_of_the_sponsor_and_not_of_the_lead(
    plant: Plant, baseline: Baseline
) -> None:
    correct(plant, baseline, 70)

    sponsor, lead = (
        words(signed_in(who).get("/t/acme/")) for who in (plant.cast.sponsor, plant.cast.lead)
    )

    asked = "Take note of the changed read-out of Late orders"
    assert asked in sponsor
    assert asked not in lead
    assert "1 of 1 metric read out improved." in sponsor  # the version that stands


def go_live(plant: Plant, pilot: Pilot, day: date) -> None:
    with tenant(plant.cast.acme):
        kept = Pilot.objects.select_related("site", "vendor").get(pk=pilot.pk)
        portfolio.change_pilot(
            pilot=kept,
            version=kept.version,
            name=kept.name,
            use_case=kept.use_case,
            goal=kept.goal,
            site=kept.site,
            vendor=kept.vendor,
            start_date=kept.start_date,
            go_live_date=day,
            by=plant.cast.lead,
        )


def test_a_guard_worded_anew_among_the_measured_weeks_takes_the_proof_away(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        measure(plant, baseline.target_row, 98, revision=2)
        row = guard(plant, baseline)
        counted = {"by": plant.cast.admin, "known_weeks": 6}
        reword(row.metric, valid_from=monday(6), **counted)
    read_out(plant)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))
    board = words(signed_in(plant.cast.sponsor).get("/t/acme/"))

    assert "Improved Late orders on time rose by" in page
    assert "Guard not known: Orders lost" in page
    assert "Agree again" not in board


def test_a_metric_taken_out_and_added_again_changes_no_word_without_a_note(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        measure(plant, baseline.target_row, 70, revision=2)
    read_out(plant)
    with tenant(plant.cast.acme):
        baselines.supersede_baseline(
            baseline=baseline,
            version=baseline.version,
            by=plant.cast.admin,
            now=plant.now,
            reason="Weeks were counted twice.",
        )
        row = baseline.target_row
        targets.retire_target(row=row, by=plant.cast.lead, now=plant.now)
        measure(plant, row, 96, revision=3)
        again = plant.aim(row.pilot, row.metric)
        lock(
            plant,
            drafted(plant, again),
        )
    read_out(plant)

    with tenant(plant.cast.acme):
        newest = ReadOut.objects.get(baseline__target_row=again)
    assert (newest.word, newest.waits) == ("improved", True)


def test_who_moves_the_day_of_going_live_afterwards_moves_no_measured_week(
    plant: Plant, baseline: Baseline
) -> None:
    read_out(plant)
    pilot = baseline.target_row.pilot
    go_live(plant, pilot, pilot.start_date + timedelta(weeks=9))

    assert read_out(plant, hours=1) == 0


def test_the_page_names_the_weeks_that_were_measured_when_going_live_slipped(
    plant: Plant, baseline: Baseline
) -> None:
    pilot = baseline.target_row.pilot
    go_live(plant, pilot, pilot.start_date + timedelta(weeks=9))
    read_out(plant, weeks=1)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))

    assert "Weeks 10 to 13, raw" in page


def test_measured_weeks_that_were_hardly_reported_count_as_incomplete(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        plant.deliver(
            {
                "metric": baseline.target_row.metric.code,
                "event_at": (monday(ago) + timedelta(days=day)).isoformat(),
                "source": "erp",
                "external_id": f"{ago} {day}",
                "numerator": 88,
                "denominator": 100,
            }
            for ago in range(7, 105)
            for day in range(1, 5)
        )
    read_out(plant)

    with tenant(plant.cast.acme):
        [found] = versions()
    assert found.word == "not_enough_evidence"
    assert found.result["reasons"][0] == "measurement_incomplete"


def test_a_version_that_was_corrected_back_is_asked_of_nobody_any_more(
    plant: Plant, baseline: Baseline
) -> None:
    _, changed = correct(plant, baseline, 70)
    with tenant(plant.cast.acme):
        measure(plant, baseline.target_row, 96, revision=3)
    read_out(plant, hours=1)

    page = words(signed_in(plant.cast.sponsor).get(address(baseline)))
    with tenant(plant.cast.acme), pytest.raises(Refused, match="A newer version followed") as no:
        acknowledgements.acknowledge(
            read_out=changed, by=plant.cast.coo, now=plant.now, reason="Seen."
        )

    assert "Corrected figures or another baseline would change this" not in page
    assert no.value.code == "followed"


def guard(plant: Plant, baseline: Baseline, *missed: int, agreed: bool = True) -> PilotMetric:
    """Give the pilot a guard above 94 %, missed so many weeks ago; it is in week 15."""
    metric = plant.metric("Orders lost")
    plant.deliver(
        {
            "metric": metric.code,
            "event_at": monday(ago).isoformat(),
            "source": "erp",
            "external_id": f"guard {ago}",
            "numerator": 90 if ago in missed else 99,
            "denominator": 100,
        }
        for ago in range(1, 9)
    )
    return plant.aim(baseline.target_row.pilot, metric, role="guard", agreed=agreed)


@pytest.mark.parametrize(("weeks_ago", "chip"), [(4, "Improved"), (7, "Proven"), (2, "Proven")])
def test_a_guard_missed_in_a_measured_week_takes_the_proof_away(
    plant: Plant, baseline: Baseline, weeks_ago: int, chip: str
) -> None:
    with tenant(plant.cast.acme):
        measure(plant, baseline.target_row, 98, revision=2)
        guard(plant, baseline, weeks_ago)
    read_out(plant)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))

    assert f"{chip} Late orders on time rose by" in page
    assert ("Guard missed: Orders lost." in page) is (chip == "Improved")


def test_a_guard_without_figures_takes_the_proof_away_and_is_named(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        measure(plant, baseline.target_row, 98, revision=2)
        plant.aim(baseline.target_row.pilot, plant.metric("Orders lost"), role="guard")
    read_out(plant)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))

    assert "Improved Late orders on time rose by" in page
    assert "Guard not known: Orders lost" in page


def ease(plant: Plant, row: PilotMetric) -> PilotMetric:
    return targets.change_target(
        row=row,
        version=row.version,
        role="guard",
        comparison="gt",
        target=0.5,
        units_per_week=None,
        value_per_unit=None,
        by=plant.cast.lead,
    )


def test_an_agreed_guard_stays_from_the_lock_of_a_baseline_on(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        row = guard(plant, baseline, 4)
        for act in (
            lambda: ease(plant, row),
            lambda: targets.retire_target(row=row, by=plant.cast.lead, now=plant.now),
        ):
            with pytest.raises(Refused, match="A baseline is locked"):
                act()
    pilot = baseline.target_row.pilot
    page = signed_in(plant.cast.lead).get(f"/t/acme/pilots/{pilot.code}/metrics/{row.pk}/")

    assert "The baseline is locked" in words(page)
    assert f"/metrics/{baseline.target_row_id}/baseline/" in page.content.decode()


def test_a_guard_nobody_agreed_to_may_change_and_takes_the_proof_away(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        measure(plant, baseline.target_row, 98, revision=2)
        row = guard(plant, baseline, agreed=False)
        ease(plant, row)
    read_out(plant)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))

    assert "Improved Late orders on time rose by" in page
    assert "Guard not agreed: nobody agreed to the target of Orders lost." in page


def test_a_guard_added_after_the_read_out_changes_nothing(plant: Plant, baseline: Baseline) -> None:
    read_out(plant)
    with tenant(plant.cast.acme):
        guard(plant, baseline, 4)

    assert read_out(plant, hours=1) == 0


def replace_baseline(plant: Plant, baseline: Baseline) -> Baseline:
    """Replace a locked baseline by one with the same settings, and lock that."""
    draft = baselines.supersede_baseline(
        baseline=baseline,
        version=baseline.version,
        by=plant.cast.admin,
        now=plant.now,
        reason="Weeks were counted twice.",
    )
    return lock(plant, draft)


def test_a_replaced_baseline_changes_no_word_without_a_note(
    plant: Plant, baseline: Baseline
) -> None:
    read_out(plant)
    with tenant(plant.cast.acme):
        measure(plant, baseline.target_row, 70, revision=2)
        replaced = replace_baseline(plant, baseline)
    meanwhile = words(signed_in(plant.cast.coo).get(address(baseline)))
    read_out(plant)
    before = words(signed_in(plant.cast.coo).get(address(baseline)))
    with tenant(plant.cast.acme):
        waiting = ReadOut.objects.get(baseline=replaced)
        assert (waiting.number, waiting.waits, waiting.word) == (1, True, "worse")
    taken = signed_in(plant.cast.coo).post(
        address(baseline, f"{waiting.pk}/acknowledge/"), {"version": 1, "reason": "Counted twice."}
    )
    after = words(signed_in(plant.cast.coo).get(address(baseline)))

    assert "Improved Late orders on time rose by" in meanwhile
    assert "Improved Late orders on time rose by" in before
    assert "Corrected figures or another baseline would change this" in before
    assert taken.status_code == 302
    assert "Worse Late orders on time fell by" in after


@pytest.mark.parametrize(
    ("last_week", "remedy"),
    [
        (12, "Look at that week, and again at a later read-out."),
        (24, "No later read-out follows. More history, or another pilot, would tell."),
    ],
)
def test_after_the_last_read_out_nobody_is_sent_to_a_later_one(
    plant: Plant, baseline: Baseline, last_week: int, remedy: str
) -> None:
    read_out(plant)
    with tenant(plant.cast.acme):
        result = versions()[0].result
    wide = result | {"reasons": ["rests_on_one_week"], "last_week": last_week}

    assert sentences.tell(wide, baseline.target_row.metric).remedy == remedy


def test_a_week_that_was_not_read_out_has_no_page(plant: Plant, baseline: Baseline) -> None:
    assert signed_in(plant.cast.reader).get(address(baseline)).status_code == 404


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO metrics_readout SELECT * FROM metrics_readout",
        "UPDATE metrics_readout SET word = 'worse'",
        "DELETE FROM metrics_readout",
        "TRUNCATE metrics_readout",
        "UPDATE metrics_acknowledgement SET reason = 'x'",
        "DELETE FROM metrics_acknowledgement",
    ],
)
def test_the_application_cannot_write_read_outs_itself(
    plant: Plant, baseline: Baseline, statement: str
) -> None:
    read_out(plant)

    with tenant(plant.cast.acme), pytest.raises(DatabaseError, match="permission denied"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def freeze(baseline: Baseline, due: verdicts.Due | None = None, **values: Any) -> UUID | None:
    """Freeze by the database function itself, as somebody would who has the application's role."""
    given = {"week": 12, "as_of": NOW, "digest": b"", "key": baseline.pk}
    result = {"engine": "1", "word": "improved", "sign": 1}
    if due is not None:
        given |= {"week": due.week, "as_of": datetime.now(UTC), "digest": digest(due)}
    for name, value in values.items():
        (given if name in given else result)[name] = value
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT freeze_readout(%s, %s, %s, %s, %s::jsonb)",
            [given["key"], given["week"], given["as_of"], given["digest"], json.dumps(result)],
        )
        found: UUID | None = cursor.fetchone()[0]
    return found


def digest(due: verdicts.Due) -> bytes:
    return frozen.digest(due.inputs)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"key": NOWHERE}, "metrics_readout_of_locked"),
        ({"word": "great"}, "metrics_readout_word"),
    ],
)
def test_the_database_refuses_to_freeze_what_is_no_read_out(
    plant: Plant, baseline: Baseline, values: dict[str, Any], constraint: str
) -> None:
    with tenant(plant.cast.acme):
        [due] = verdicts.list_due(baseline, plant.now)
        with pytest.raises(IntegrityError) as refused:
            freeze(baseline, due, **values)

    assert constraint_of(refused.value) == constraint


def test_the_database_keeps_no_inputs_but_those_it_gathered_itself(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        [due] = verdicts.list_due(baseline, plant.now)
        other = frozen.digest(due.inputs.replace('"matters": 0.02', '"matters": 0.5'))
        assert other != digest(due)

        assert freeze(baseline, due, digest=other) is None
        assert freeze(baseline, due, digest=None) is None
        assert freeze(baseline, due, as_of=NOW - timedelta(days=1000)) is None
        assert freeze(baseline, due) is not None
        [found] = versions()
        assert (found.inputs, bytes(found.digest)) == (due.inputs, digest(due))


def test_a_result_that_its_inputs_do_not_give_is_found(
    plant: Plant, baseline: Baseline, caplog: pytest.LogCaptureFixture
) -> None:
    with tenant(plant.cast.acme):
        [due] = verdicts.list_due(baseline, plant.now)
        freeze(baseline, due, engine=VERSION, word="worse", sign=-1)
        differing = readouts.check_kept()
        trail = AuditEvent.objects.filter(action="READ_OUT_DIFFERS").count()

    assert [one.word for one in differing] == ["worse"]
    assert trail == 1
    assert "differs from what its inputs give" in caplog.text


def test_what_was_read_out_by_the_job_is_found_to_be_what_its_inputs_give(
    plant: Plant, baseline: Baseline
) -> None:
    read_out(plant)

    with tenant(plant.cast.acme):
        assert readouts.check_kept() == []


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"reason": ""}, "metrics_acknowledgement_reason"),
        ({"read_out_id": NOWHERE}, "metrics_acknowledgement_read_out_fk"),
        ({"member_id": NOWHERE}, "metrics_acknowledgement_member_fk"),
    ],
)
def test_the_database_refuses_half_an_acknowledgement(
    plant: Plant, baseline: Baseline, values: dict[str, Any], constraint: str
) -> None:
    _, second = correct(plant, baseline, 70)
    given = {
        "read_out_id": second.pk,
        "member_id": plant.cast.coo.id,
        "at": NOW,
        "reason": "Seen.",
    }

    with tenant(plant.cast.acme), pytest.raises(IntegrityError) as refused:
        with transaction.atomic():
            Acknowledgement.objects.create(**given | values)

    assert constraint_of(refused.value) == constraint


def test_a_second_acknowledgement_is_refused_by_the_database(
    plant: Plant, baseline: Baseline
) -> None:
    _, second = correct(plant, baseline, 70)
    given = {"read_out_id": second.pk, "member_id": plant.cast.coo.id, "at": NOW, "reason": "Seen."}

    with tenant(plant.cast.acme):
        Acknowledgement.objects.create(**given)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Acknowledgement.objects.create(**given)

    assert constraint_of(refused.value) == "metrics_acknowledgement_once"
