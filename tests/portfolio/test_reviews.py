"""The weekly review: who writes it, until when, what is shown and who is reminded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.tenancy.context import tenant
from common.tenancy.tasks import HEADER
from metrics.actions import outcomes
from portfolio import actions, rules, tasks
from portfolio.models import Pilot, PilotReview
from tenants.models import Membership, Notification
from tests.conftest import Cast, signed_in
from tests.portfolio.test_board import plant, text
from tests.portfolio.test_editing_actions import rewrite

HOME = "/t/acme/pilots/P-01/"
FORM = f"{HOME}review/"
ANSWERS = {
    "version": "0",
    "status": "at_risk",
    "sentence": "Two suppliers send late.",
    "next_decision": "Sponsor: pay for the second line?",
}


@pytest.fixture
def pilot(cast: Cast) -> Pilot:
    """A pilot in week 5 with a lead and a sponsor."""
    with plant(cast) as acme:
        return acme.pilot(week=5, lead=cast.lead, sponsor=cast.sponsor)


def post(member: Membership, query: str = "?week=5", **changed: str) -> Any:
    """Send the form as a member."""
    return signed_in(member).post(FORM + query, {**ANSWERS, **changed})


def write(cast: Cast, pilot: Pilot, week: int, **values: Any) -> PilotReview:
    """Write a review by its action, on the Monday of its week unless told otherwise."""
    return actions.write_review(
        **{
            "pilot": pilot,
            "week": week,
            "status": "on_track",
            "sentence": "It runs.",
            "next_decision": "",
            "version": 0,
            "by": cast.lead,
            "now": noon(pilot, week),
            **values,
        }
    )


def noon(pilot: Pilot, week: int, day: int = 0) -> datetime:
    """Return noon of a day of a pilot's week."""
    monday = rules.week_starts(start_date=pilot.start_date, number=week)
    return datetime(monday.year, monday.month, monday.day, 12, tzinfo=UTC) + timedelta(days=day)


@pytest.mark.parametrize("who", ["lead", "sponsor"])
def test_a_review_stands_on_the_pilots_page_in_its_trail_and_on_the_brief(
    cast: Cast, pilot: Pilot, who: str
) -> None:
    answer = post(getattr(cast, who))

    page = text(signed_in(cast.reader).get(HOME))
    brief = text(signed_in(cast.reader).get("/t/acme/brief/"))
    assert answer.status_code == 302
    assert "Week 5 At risk Two suppliers send late. Next decision: Sponsor: pay" in page
    assert "Weeks 1 to 4 : nobody wrote" in page
    assert "wrote the week's review" in page
    assert "At risk: Two suppliers send late." in brief


def test_who_neither_leads_nor_sponsors_the_pilot_writes_no_review(
    cast: Cast, pilot: Pilot
) -> None:
    assert post(cast.admin).status_code == 403
    assert "Write week 5" not in text(signed_in(cast.admin).get(HOME))
    assert "Write week 5" in text(signed_in(cast.lead).get(HOME))


def test_a_form_that_is_open_while_the_week_ends_is_about_its_week(
    cast: Cast, pilot: Pilot
) -> None:
    sunday = noon(pilot, 5, 6) + timedelta(hours=10)
    with time_machine.travel(sunday, tick=False):
        client = signed_in(cast.lead)
        shown = client.get(FORM, follow=True).request
    with time_machine.travel(sunday + timedelta(hours=3), tick=False):
        client.post(f"{shown['PATH_INFO']}?{shown['QUERY_STRING']}", ANSWERS)

    with tenant(cast.acme):
        assert PilotReview.objects.get().week == 5


def test_words_sent_to_no_week_are_not_saved(cast: Cast, pilot: Pilot) -> None:
    answer = post(cast.lead, "")

    assert answer["Location"] == f"{FORM}?week=5"
    with tenant(cast.acme):
        assert not PilotReview.objects.exists()


def test_the_form_begins_with_the_next_decision_of_the_week_before(
    cast: Cast, pilot: Pilot
) -> None:
    post(cast.lead, "?week=4")

    form = signed_in(cast.lead).get(FORM, follow=True).content.decode()

    assert "pay for the second line?" in form
    assert "Two suppliers" not in form


def test_a_stale_form_is_told_what_stands_there_by_now(cast: Cast, pilot: Pilot) -> None:
    post(cast.lead)

    answer = post(cast.sponsor, sentence="All is well.")
    again = post(cast.sponsor, sentence="All is well.", version="1")

    assert answer.status_code == 409
    assert "By now this is: Two suppliers send late." in text(answer)
    assert again.status_code == 302
    with tenant(cast.acme):
        assert PilotReview.objects.get().sentence == "All is well."
        assert PilotReview.objects.get().member_id == cast.sponsor.pk


@pytest.mark.parametrize("week", ["3", "6", "0"])
def test_a_week_that_is_closed_or_to_come_is_refused(cast: Cast, pilot: Pilot, week: str) -> None:
    read = signed_in(cast.lead).get(f"{FORM}?week={week}")
    sent = post(cast.lead, f"?week={week}")

    assert read.status_code == 302
    assert sent.status_code == 422
    assert f"The review of week {week} cannot be written now" in text(sent)


def test_a_review_is_changed_until_the_week_after_is_over(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        write(cast, pilot, 2)
        changed = write(cast, pilot, 2, sentence="It stood.", version=1, now=noon(pilot, 3, 6))

        with pytest.raises(Refused, match="week 2"):
            write(cast, pilot, 2, sentence="It fell.", version=2, now=noon(pilot, 4))

        assert changed.version == 2
        newest = AuditEvent.objects.filter(action="PILOT_REVIEWED").order_by("-seq").first()
        assert newest is not None
        assert newest.payload == {
            "week": 2,
            "changed": {"sentence": ["It runs.", "It stood."]},
        }


def test_the_same_words_again_change_nothing_and_an_older_version_is_refused(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        write(cast, pilot, 2)
        same = write(cast, pilot, 2, version=1)

        with pytest.raises(Changed):
            write(cast, pilot, 2, sentence="It stood.")

        assert same.version == 1
        assert AuditEvent.objects.filter(action="PILOT_REVIEWED").count() == 1


def test_a_start_that_would_move_reviews_to_other_weeks_is_refused(
    cast: Cast, pilot: Pilot
) -> None:
    begins = pilot.start_date
    with tenant(cast.acme):
        moved = rewrite(pilot, start_date=begins - timedelta(weeks=1))
        moved = rewrite(moved, start_date=begins)
        write(cast, moved, 5)

        for weeks in (-1, 3):
            with pytest.raises(Refused, match="Keep the start"):
                rewrite(moved, start_date=begins + timedelta(weeks=weeks))
        kept = rewrite(moved, start_date=begins - timedelta(days=6), name="Late parts")

    assert (kept.name, kept.start_date) == ("Late parts", begins - timedelta(days=6))


def test_an_archived_pilot_refuses_a_review(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        actions.archive_pilot(pilot=pilot, by=cast.admin, now=noon(pilot, 5))

    answer = post(cast.lead)

    assert answer.status_code == 422
    assert "is archived" in text(answer)


def test_the_lead_is_reminded_once_of_two_missing_weeks_in_a_row(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        write(cast, pilot, 1)
        counts = []
        for week in (2, 3, 4, 5):
            actions.remind_of_reviews(now=noon(pilot, week))
            counts.append(Notification.objects.filter(topic="review").count())
        line = Notification.objects.get(topic="review")
        write(cast, pilot, 5)
        done = Notification.objects.get(topic="review")

    assert counts == [0, 0, 1, 1]
    assert line.title == "Nobody wrote the review of weeks 2 and 3 of Late orders."
    assert line.path == f"{FORM}?week=3"
    assert line.member_id == cast.lead.pk
    assert (done.body, done.read_at is None) == ("Done.", False)


def decide(cast: Cast, pilot: Pilot, word: str, *, week: int, **values: Any) -> None:
    """Decide about the pilot in one of its weeks."""
    given = {"version": 1, "reason": "The line is sold.", "by": cast.coo, **values}
    outcomes.decide_pilot(pilot=pilot, word=word, now=noon(pilot, week), **given)


def remind(cast: Cast, at: datetime) -> int:
    """Run the job at a time; return how many lines ask for a review."""
    with time_machine.travel(at, tick=False):
        tasks.remind_of_reviews.apply(headers={HEADER: cast.acme}, throw=True)
    with tenant(cast.acme):
        return Notification.objects.filter(topic="review", body="").count()


def test_nobody_is_asked_for_the_review_of_a_pilot_that_is_stopped(
    cast: Cast, pilot: Pilot
) -> None:
    before = remind(cast, noon(pilot, 3))
    with tenant(cast.acme):
        decide(cast, pilot, "stop", week=3)
        line = Notification.objects.get(topic="review")
        write(cast, pilot, 3)
    after = remind(cast, noon(pilot, 6))

    assert (before, after) == (1, 0)
    assert line.body == "No longer asked."


def test_no_week_after_the_decision_is_told_as_one_nobody_wrote_of(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        decide(cast, pilot, "stop", week=3)

    page = text(signed_in(cast.reader).get(HOME))

    assert "Weeks 1 to 2 : nobody wrote" in page
    assert "Weeks 1 to 4" not in page


def test_a_pilot_that_is_over_is_reviewed_up_to_the_week_in_which_it_ended(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        decide(cast, pilot, "stop", week=4)

    home = text(signed_in(cast.lead).get(HOME))
    read = signed_in(cast.lead).get(f"{FORM}?week=5")
    sent = post(cast.lead)

    assert "Write week 5" not in home
    assert "Write week 4" in home
    assert (read.status_code, read["Location"]) == (302, f"{HOME}#reviews")
    assert sent.status_code == 422
    assert "The pilot was over before week 5" in text(sent)
    assert post(cast.lead, "?week=4").status_code == 302


def test_a_pilot_that_is_over_asks_for_no_metric_and_no_agreement(cast: Cast) -> None:
    with plant(cast) as acme:
        bare = acme.pilot("Bare", lead=cast.lead, sponsor=cast.sponsor)
        aimed = acme.pilot("Aimed", lead=cast.lead, sponsor=cast.sponsor)
        acme.aim(aimed, acme.metric("Stock-outs"), agreed=False)
    pages = [f"/t/acme/pilots/{one.code}/" for one in (bare, aimed)]
    offered = ["Choose a metric", "Add a metric", "Agree the target", "Decide again"]

    def shown() -> set[str]:
        said = "".join(
            text(signed_in(who).get(page)) for page in pages for who in (cast.lead, cast.sponsor)
        )
        return {words for words in offered if words in said}

    before = shown()
    with tenant(cast.acme):
        for one in (bare, aimed):
            decide(cast, one, "stop", week=5)

    assert before == {"Choose a metric", "Add a metric", "Agree the target"}
    assert shown() == {"Decide again"}
    assert "The pilot ended before it had one." in text(signed_in(cast.lead).get(pages[0]))


@pytest.mark.parametrize(
    ("written", "number", "silent"),
    [
        ((), 1, []),
        ((), 2, [(1, 1)]),
        ((2,), 5, [(1, 1), (3, 4)]),
        ((1, 2, 3), 4, []),
        ((), 20, [(1, 12)]),
    ],
)
def test_weeks_nobody_wrote_of_are_told_in_runs_up_to_week_12(
    written: tuple[int, ...], number: int, silent: list[tuple[int, int]]
) -> None:
    assert rules.silent_weeks(written=written, number=number) == silent
