"""The weekly watch on the board and on a pilot's page: while it is pending, and beside a verdict."""

from __future__ import annotations

import re
from typing import Any

from common.tenancy.context import tenant
from metrics.actions import definitions, readouts
from metrics.models import Baseline, PilotMetric
from portfolio.models import Pilot
from tests.conftest import Cast, signed_in
from tests.plant import Plant, monday
from tests.portfolio.test_board import plant, text

PAGES = ("/t/acme/pilots/P-01/", "/t/acme/")


def correct(acme: Plant, pilot: Pilot, numerator: int, *, revision: int = 1) -> None:
    """Correct the newest whole week of a pilot's only metric."""
    code = PilotMetric.objects.select_related("metric").get(pilot=pilot).metric.code
    item = {
        "metric": code,
        "event_at": monday(1).isoformat(),
        "source": "erp",
        "external_id": f"{code} 1",
        "numerator": numerator,
        "denominator": 100,
        "revision": revision,
    }
    acme.deliver([item])


def watches(page: Any) -> set[str]:
    """Return what the watches of a page say beside a chip."""
    found = re.findall(
        r'<span class="chip watch[^>]*>(?:<svg.*?</svg>)?([^<]*)<', page.content.decode()
    )
    return {" ".join(word.split()) for word in found}


def test_board_and_pilot_say_alike_whether_the_newest_whole_week_is_unusual(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.whole(week=10, weeks=104, locked=True)
    browser = signed_in(cast.coo)
    said = []

    for revision, numerator in enumerate((99, 88, 70), 1):
        with tenant(cast.acme):
            correct(acme, pilot, numerator, revision=revision)
        said.append([watches(browser.get(page)) for page in PAGES])

    better, usual, worse = said
    assert better == [{"Better than usual"}] * 2
    assert usual == [{"Usual"}] * 2
    assert worse == [{"Worse than usual"}] * 2


def test_the_pilot_names_the_week_the_rule_and_what_the_measured_weeks_say_of_the_target(
    cast: Cast,
) -> None:
    with plant(cast) as acme:
        pilot = acme.whole(week=12, weeks=104, locked=True)
        correct(acme, pilot, 60)
    page = signed_in(cast.coo).get(PAGES[0])

    words = text(page)
    assert "is worse than usual, below the usual range." in words
    assert "Will it hit the target? It fails" in words
    assert "Trial: 3 measured weeks so far." in words
    assert "verdict: the week from" in words
    marked = re.findall(r'class="pt pt-worse"[^>]*><title>([^<]*)<', page.content.decode())
    assert marked and all(title.startswith("Week ") for title in marked)  # none of the baseline
    assert "worse than usual: below the usual range" in words  # its row in the table


def test_limits_from_few_weeks_are_called_a_trial(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole(week=4, weeks=12, locked=True)

    words = text(signed_in(cast.coo).get(PAGES[0]))

    assert "Its limits are on trial: the baseline has 11 weeks" in words


def test_without_a_lock_after_another_wording_or_on_old_figures_nothing_is_watched(
    cast: Cast,
) -> None:
    with plant(cast) as acme:
        acme.whole("Unlocked", week=5, weeks=40)
        pilot = acme.whole("Reworded", week=5, weeks=40, locked=True)
        row = PilotMetric.objects.select_related("metric").get(pilot=pilot)
        definitions.add_definition(
            metric=row.metric,
            numerator="Lines on time, part deliveries too",
            denominator="All lines",
            valid_from=monday(),
            reason="Part deliveries count.",
            by=cast.admin,
        )
        old = acme.pilot("Old", week=9, lead=cast.lead, sponsor=cast.sponsor)
        metric = acme.metric("Old lines")
        acme.send(metric, weeks=40, until=4)
        acme.lock_baseline(acme.aim(old, metric))
    browser = signed_in(cast.coo)

    assert [watches(browser.get(page)) for page in (*PAGES, "/t/acme/pilots/P-02/")] == [set()] * 3


def test_a_verdict_stands_alone_and_the_watch_is_a_remark_under_its_chart(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.whole(week=15, weeks=104, locked=True)
        correct(acme, pilot, 99)
        readouts.read_out(baseline=Baseline.objects.get(), now=acme.now)

    board, page = (signed_in(cast.coo).get(address) for address in reversed(PAGES))

    assert [watches(board), watches(page)] == [set(), set()]
    words = text(page)
    assert "is better than usual, above the usual range." in words
    assert "Unusual weeks, but not enough to be sure of a lasting change." in words
