"""What a pilot's page says, what it offers to whom, and what it asks of the database."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from common.tenancy.context import tenant
from metrics.actions import targets
from portfolio import actions
from portfolio.views import words
from tenants.models import Membership
from tests.conftest import Cast, signed_in
from tests.plant import Plant, monday, today
from tests.portfolio.test_board import plant, text
from tests.queries import check_count, counted

ROOT = Path(__file__).parents[2]


def open_pilot(member: Membership, code: str = "P-01") -> Any:
    return signed_in(member).get(f"/t/acme/pilots/{code}/")


def test_the_finding_gives_raw_figures_and_no_verdict(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole("Late orders", week=5)

    page = text(open_pilot(cast.lead))

    assert "Late orders on time stood at 86.0 % in the week from" in page
    assert "it usually lay in the range" in page
    assert "no baseline is locked, so there is no verdict" in page
    assert "Week 5 of 12" in page


def test_the_table_holds_before_now_target_and_who_agreed(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()

    page = text(open_pilot(cast.reader))

    assert "Usual before the start Latest week Target Agreed Newest figure" in page
    assert "> 94.0 % no money given Sponsor" in page


def test_a_locked_baseline_stands_in_the_finding_the_table_and_the_chip(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole(locked=True)

    page = text(open_pilot(cast.reader))

    assert "Too early" in page and "No baseline" not in page
    assert "against a locked baseline of 88." in page
    assert re.search(r"88\.\d % Baseline of Late orders on time locked", page)


def test_every_week_of_the_chart_stands_in_a_table_and_gaps_say_so(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(lead=cast.lead, sponsor=cast.sponsor)
        metric = acme.metric()
        acme.send(metric, weeks=4, until=8)
        acme.send(metric, weeks=4, until=1)
        acme.aim(pilot, metric)

    page = text(open_pilot(cast.reader))

    assert "The same 11 weeks as a table" in page
    assert page.count("no data") == 3


def test_a_pilot_without_metrics_says_the_next_step(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot(lead=cast.lead)

    lead, reader = text(open_pilot(cast.lead)), text(open_pilot(cast.reader))

    assert "No primary metric is chosen yet" in lead
    assert "Choose a metric" in lead
    assert "Choose a metric" not in reader
    assert "The lead chooses" in reader


def test_a_metric_without_figures_says_so(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(lead=cast.lead, sponsor=cast.sponsor)
        acme.aim(pilot, acme.metric(), agreed=False)

    page = text(open_pilot(cast.lead))

    assert "No figure of On-time lines has arrived yet." in page
    assert "nobody agreed yet" in page


def test_too_little_history_is_said_instead_of_drawn(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole(week=5, weeks=5)

    page = text(open_pilot(cast.lead))

    assert "There are too few weeks before the start" in page
    assert "too few weeks" in page


@pytest.mark.parametrize(("who", "may"), [("lead", True), ("admin", True), ("reader", False)])
def test_only_those_who_may_edit_are_offered_to(cast: Cast, who: str, may: bool) -> None:
    with plant(cast) as acme:
        acme.whole()

    page = open_pilot(getattr(cast, who)).content.decode()

    assert ("/t/acme/pilots/P-01/edit/" in page) is may


def test_another_pilots_lead_is_not_offered_to_edit(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot(sponsor=cast.sponsor)

    assert "/pilots/P-01/edit/" not in open_pilot(cast.lead).content.decode()


def test_an_archived_pilot_says_so_and_offers_no_change(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.whole()
        actions.archive_pilot(pilot=pilot, by=cast.admin, now=acme.now)

    page = text(open_pilot(cast.lead))

    assert "This pilot was archived on" in page
    assert "Edit pilot" not in page


def test_missing_people_are_named_as_missing(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot(sponsor=cast.sponsor)

    page = text(open_pilot(cast.coo))

    assert "Sponsor Sponsor" in page
    assert "Lead nobody named" in page


def test_the_latest_lines_of_the_trail_name_who_did_what(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()

    page = text(open_pilot(cast.reader))

    assert "Sponsor agreed the target of Late orders on time" in page
    assert "Admin named Lead as lead" in page
    assert "Admin created the pilot" in page


def test_a_line_names_a_person_and_a_metric_that_are_gone_and_says_when_it_was(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(lead=cast.lead, sponsor=cast.sponsor)
        row = acme.aim(pilot, acme.metric("Overtime"))
        targets.retire_target(row=row, by=cast.admin, now=acme.now)
        actions.end_party(party=pilot.parties.get(part="sponsor"), by=cast.admin, now=acme.now)

    page = text(open_pilot(cast.reader))

    assert "Admin took Overtime away" in page
    assert "Admin ended the part of Sponsor as sponsor" in page
    assert "Admin named Sponsor as sponsor" in page
    assert re.search(r"Admin created the pilot ?\w{3}, \d+ \w+ \d{4}, \d\d:\d\d CES?T", page)
    latest = page.partition("Latest")[2]
    assert "somebody" not in latest
    assert "a metric" not in latest


def test_every_action_of_the_trail_about_a_pilot_has_words() -> None:
    recorded = set()
    for path in [
        *ROOT.glob("metrics/actions/*.py"),
        *ROOT.glob("portfolio/actions/*.py"),
        *ROOT.glob("gates/actions/costs.py"),
        *ROOT.glob("gates/actions/phases.py"),
    ]:
        recorded |= set(
            re.findall(
                r'"((?:PILOT|PARTY|TARGET|BASELINE|PLAN|READ_OUT|VERDICT|COMMITMENT|BUDGET_LINE|COST_MODEL'
                r'|ENGAGEMENT|REQUIREMENTS?)_[A-Z]+|(?:LOAD|PHASE|PLAN_ITEM)_[A-Z_]+|METRIC_RENAMED|METRIC_REWORDED)"',
                path.read_text(),
            )
        )

    assert {"PLAN_ACCEPTED", "BASELINE_SUPERSEDED", "PILOT_CREATED"} <= recorded
    assert recorded == set(words.DONE)


def test_a_locked_baseline_is_a_whole_sentence_of_the_trail(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole(locked=True)

    latest = text(open_pilot(cast.reader)).partition("Latest")[2]

    assert "Lead drafted the baseline of Late orders on time" in latest
    assert "Lead locked the baseline of Late orders on time" in latest


@pytest.mark.parametrize(("days", "verb"), [(-1, "went"), (0, "goes"), (30, "goes")])
def test_a_go_live_in_the_past_is_told_as_past(cast: Cast, days: int, verb: str) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(week=5)
        pilot.go_live_date = today() + timedelta(days=days)
        pilot.save(update_fields=["go_live_date"])

    page = text(open_pilot(cast.reader))

    assert f"{verb} live" in page
    assert f"{verb.capitalize()} live" in page


def test_a_pilot_without_a_metric_is_not_told_a_day_that_is_past(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot(week=11, lead=cast.lead)

    for member in (cast.lead, cast.reader):
        page = text(open_pilot(member))
        assert "with a target that somebody agrees to." in page
        assert "by the end of week 2" not in page


def test_a_silent_source_is_said_on_the_page(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(lead=cast.lead, sponsor=cast.sponsor)
        metric = acme.metric()
        acme.send(metric, until=5)
        acme.aim(pilot, metric)

    page = text(open_pilot(cast.lead))

    assert "The newest figure of On-time lines from ERP is of" in page
    assert "What did not arrive counts in no verdict" in page


def test_a_replay_of_public_data_says_so(cast: Cast) -> None:
    attribution = "Replay of public data, no AI pilot took place."
    with tenant(cast.acme):
        acme = Plant(cast)
        pilot = acme.whole()
        actions.add_pilot(
            name="Replay",
            site=acme.site,
            start_date=monday(2),
            attribution=attribution,
            by=cast.admin,
            now=acme.now,
        )

    assert attribution in text(open_pilot(cast.reader, "P-02"))
    assert attribution not in text(open_pilot(cast.reader, pilot.code))


def test_a_pilot_of_another_tenant_is_not_there(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()

    assert open_pilot(cast.stranger).status_code == 404
    assert signed_in(cast.stranger).get("/t/borealis/pilots/P-01/").status_code == 404
    assert open_pilot(cast.lead, "P-99").status_code == 404


@pytest.mark.parametrize("metrics", [1, 3])
def test_a_pilots_page_asks_the_same_at_any_number_of_metrics(cast: Cast, metrics: int) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(lead=cast.lead, sponsor=cast.sponsor)
        for number in range(metrics):
            metric = acme.metric(f"Metric {number}")
            acme.send(metric, weeks=6)
            acme.aim(pilot, metric)
    browser = signed_in(cast.coo)

    page, statements = counted(lambda: browser.get("/t/acme/pilots/P-01/"))

    assert page.content.decode().count("<figure") == metrics
    check_count("pilot", statements)


def test_the_path_shows_phases_that_overlap(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole(week=4)

    page = open_pilot(cast.lead).content.decode()

    assert page.count('aria-current="step"') == 2


def test_the_days_of_the_path_follow_the_start(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole(week=4)
    ends = monday(3) + timedelta(days=83)

    page = text(open_pilot(cast.lead))

    assert f"Week 12 ends {ends.day} " in page
