"""Functions take part in a pilot: who may say what, what is refused, and what pages show of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.tenancy.context import tenant
from metrics.actions import outcomes
from portfolio import actions
from portfolio.actions import EngagementDraft
from portfolio.models import Area, Engagement, Part, Pilot, PilotParty
from portfolio.queries import engagement as queries
from portfolio.rules.engagement import State
from tenants.models import Membership, Notification
from tests.conftest import Cast, signed_in
from tests.plant import Plant, today
from tests.portfolio.test_board import plant, text
from tests.queries import check_count, counted

LIST = "/t/acme/pilots/P-01/functions/"
FORM = f"{LIST}security/"
HEAT = "/t/acme/engagement/"


@pytest.fixture
def pilot(cast: Cast) -> Pilot:
    """A pilot in week 5 with a lead and a sponsor; it goes live with week 11."""
    with plant(cast) as acme:
        return live(acme.pilot(week=5, lead=cast.lead, sponsor=cast.sponsor), weeks=10)


def live(found: Pilot, *, weeks: int) -> Pilot:
    found.go_live_date = found.start_date + timedelta(weeks=weeks)
    found.save(update_fields=["go_live_date"])
    return found


def engage(cast: Cast, pilot: Pilot, area: Area = Area.SECURITY, **values: Any) -> Any:
    """Say how a function takes part, as the lead unless told otherwise."""
    by, version = values.pop("by", cast.lead), values.pop("version", 0)
    draft = EngagementDraft(**{"due_week": 2, **values})
    now = datetime.now(UTC)
    return actions.engage(pilot=pilot, area=area, draft=draft, version=version, by=by, now=now)


def post(who: Membership, path: str = FORM, **values: Any) -> Any:
    given = {"version": 0, "member": "", "due_week": 2, "lead_weeks": "", "engaged_on": ""}
    return signed_in(who).post(path, {**given, "outcome": "", "note": "", **values})


def review_for(member: Membership, *functions: str) -> None:
    Membership.objects.filter(pk=member.pk).update(functions=list(functions))


def state(pilot: Pilot, area: Area = Area.SECURITY) -> State:
    seats = queries.list_seats(pilot, day=today())
    return next(seat.standing.state for seat in seats if seat.area is area)


def test_a_lead_names_who_stands_for_a_function_and_that_person_is_told(
    cast: Cast, pilot: Pilot
) -> None:
    done = post(cast.lead, member=str(cast.reviewer.pk), lead_weeks=3)

    page = text(signed_in(cast.reader).get(LIST))
    assert done.status_code == 302, text(done)
    assert "Security Late Reviewer by" in page
    assert "Its review takes 3 weeks and starts by" in page
    with tenant(cast.acme):
        line = Notification.objects.get(member=cast.reviewer)
        event = AuditEvent.objects.get(action="ENGAGEMENT_CHANGED")
    assert line.title == "You stand for Security in Late orders"
    assert signed_in(cast.reviewer).get(line.path).status_code == 200
    assert event.payload["function"] == "security"
    assert event.payload["changed"]["lead_weeks"] == [None, 3]


def test_without_a_word_every_function_is_due_by_week_2_and_late_after_it(
    cast: Cast, pilot: Pilot
) -> None:
    page = text(signed_in(cast.reader).get(LIST))

    assert "0 of 12 functions take part in Late orders, 12 are late" in page
    assert "Nobody stands for: Technology (IT), Security, Legal, Finance, Sales" in page
    assert "Nobody said how long the review takes of: Security, Privacy, Retention" in page


def test_a_part_in_the_pilot_stands_for_its_function(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        PilotParty.objects.create(pilot=pilot, person_id=cast.owner.person_id, part=Part.SALES)

    page = text(signed_in(cast.reader).get(LIST))

    assert "Nobody stands for: Technology (IT), Security, Legal, Finance, Customer service." in page
    assert "Owner of the pilot's team" in page


def test_a_function_that_speaks_took_part_and_who_recorded_it_stands_there(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        review_for(cast.reviewer, "security")

    done = post(
        cast.reviewer,
        member=str(cast.reviewer.pk),
        engaged_on=today().isoformat(),
        outcome="conditions",
        note="Logs are kept for a year.",
    )

    page = text(signed_in(cast.reader).get(LIST))
    assert done.status_code == 302, text(done)
    assert "With conditions: Logs are kept for a year. recorded by Reviewer on" in page
    assert "after its week" in page
    with tenant(cast.acme):
        assert state(pilot) is State.ENGAGED


def test_a_reviewer_speaks_for_own_functions_and_their_reviews_alone(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        review_for(cast.reviewer, "legal")

    security = post(cast.reviewer, member=str(cast.reviewer.pk))
    privacy = post(cast.reviewer, f"{LIST}privacy/", member=str(cast.reviewer.pk))

    assert security.status_code == 422
    assert "Security is answered for by who is named for it or reviews for" in text(security)
    assert privacy.status_code == 302
    page = signed_in(cast.reviewer).get(LIST).content.decode()
    assert f"{LIST}privacy/" in page
    assert f"{LIST}security/" not in page


def test_a_named_reviewer_speaks_whatever_functions_they_review_for(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        engage(cast, pilot, member=cast.reviewer)

        engage(cast, pilot, member=cast.reviewer, engaged_on=today(), version=1, by=cast.reviewer)

        assert state(pilot) is State.ENGAGED


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"engaged_on": date(2026, 1, 1)}, "member"),
        ({"engaged_on": today() + timedelta(days=1), "member": "reviewer"}, "engaged_on"),
        ({"engaged_on": date(1999, 1, 1), "member": "reviewer"}, "engaged_on"),
        ({"outcome": "no_objection"}, "engaged_on"),
        ({"outcome": "not_needed"}, "note"),
        ({"outcome": "not_needed", "note": "  "}, "note"),
        ({"outcome": "objected", "engaged_on": date(2026, 1, 1), "member": "reviewer"}, "note"),
        ({"outcome": "conditions", "engaged_on": date(2026, 1, 1), "member": "reviewer"}, "note"),
        ({"note": "They said something."}, "outcome"),
        ({"due_week": 0}, "due_week"),
        ({"due_week": 13}, "due_week"),
        ({"lead_weeks": 105}, "lead_weeks"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    cast: Cast, pilot: Pilot, values: dict[str, Any], field: str
) -> None:
    given = dict(values)
    if "member" in given:
        given["member"] = cast.reviewer

    with tenant(cast.acme), pytest.raises(Refused) as refused:
        engage(cast, pilot, **given)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"due_week": "soon"}, "This is not a whole number"),
        ({"due_week": "13"}, "This is at most 12."),
        ({"lead_weeks": "-1"}, "This is at least 0."),
        ({"member": "nobody"}, "is not one of the choices"),
        ({"engaged_on": "yesterday"}, "Write the day as 2026-12-24"),
        ({"outcome": "fine"}, "is not one of the choices"),
        ({"outcome": "no_objection"}, "Say since when it takes part"),
    ],
)
def test_a_bad_form_keeps_what_was_typed_and_names_the_field(
    cast: Cast, pilot: Pilot, values: dict[str, Any], words: str
) -> None:
    page = post(cast.lead, **{"note": "A sentence that stays.", **values})

    assert page.status_code == 422
    assert words in text(page)
    assert "A sentence that stays." in text(page)
    with tenant(cast.acme):
        assert not Engagement.objects.exists()


def test_somebody_who_left_is_not_named_anew_but_stays_where_they_stand(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        engage(cast, pilot, member=cast.owner)
        Membership.objects.filter(pk=cast.owner.pk).update(removed_at=datetime.now(UTC))
        gone = Membership.objects.select_related("person").get(pk=cast.owner.pk)

        engage(cast, pilot, member=gone, due_week=3, version=1)
        with pytest.raises(Refused, match="no member any more"):
            engage(cast, pilot, Area.LEGAL, member=gone)

    page = text(signed_in(cast.reader).get(LIST))
    assert "Owner no member any more" in page
    assert "Nobody stands for: Technology (IT), Security," in page


def test_a_stale_form_is_answered_with_409_and_what_stands_there_by_now(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        engage(cast, pilot, due_week=4)

    page = post(cast.lead, due_week=3)

    assert page.status_code == 409
    assert "By now this is: 4." in text(page)
    with tenant(cast.acme), pytest.raises(Changed):
        engage(cast, pilot, due_week=3, version=7)


def test_the_same_again_changes_and_records_nothing(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        engage(cast, pilot, due_week=4)

        engage(cast, pilot, due_week=4, version=1)

        assert Engagement.objects.get().version == 1
        assert AuditEvent.objects.filter(action="ENGAGEMENT_CHANGED").count() == 1


def test_taking_back_what_was_said_takes_back_who_said_it(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        engage(cast, pilot, outcome="not_needed", note="It sees no person.")

        engage(cast, pilot, version=1)

        row = Engagement.objects.get()
        assert (row.outcome, row.said_by_id, row.said_at) == ("", None, None)


def test_another_hand_on_the_date_leaves_who_said_it(cast: Cast, pilot: Pilot) -> None:
    said = {"outcome": "not_needed", "note": "It sees no person."}
    with tenant(cast.acme):
        engage(cast, pilot, by=cast.admin, **said)

        engage(cast, pilot, version=1, due_week=5, **said)

        assert Engagement.objects.get().said_by_id == cast.admin.pk


def test_an_archived_pilot_takes_no_word(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        actions.archive_pilot(pilot=pilot, by=cast.admin, now=datetime.now(UTC))
        with pytest.raises(Refused, match="archived"):
            engage(cast, pilot)

    assert "is archived" in text(signed_in(cast.lead).get(FORM))


def test_a_lead_time_that_was_said_is_proposed_to_the_next_pilot(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        engage(cast, pilot, lead_weeks=26)
        actions.add_pilot(
            name="Next",
            site=pilot.site,
            start_date=today(),
            by=cast.admin,
            now=datetime.now(UTC),
            parties=[],
        )

    page = signed_in(cast.admin).get("/t/acme/pilots/P-02/functions/security/")

    assert page.context["form"].initial["lead_weeks"] == 26


def test_a_review_that_starts_too_late_is_said_on_the_pilot_and_on_the_board(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        engage(cast, pilot, lead_weeks=26)
        engage(cast, pilot, Area.PRIVACY, lead_weeks=1)

    browser = signed_in(cast.reader)
    on_pilot = text(browser.get("/t/acme/pilots/P-01/"))
    board = text(browser.get("/t/acme/"))
    warning = "Its review takes 26 weeks: to end before go-live it had to start by"
    assert f"Security: {warning}" in on_pilot
    assert "1 review starts too late to end before go-live Security, Late orders." in board


def test_an_ended_pilot_warns_nobody_and_is_not_on_the_map(cast: Cast) -> None:
    with plant(cast) as acme:
        found = acme.whole(week=14, weeks=30, locked=True)
        engage(cast, found, lead_weeks=40)
        outcomes.decide_pilot(
            pilot=found, version=1, word="stop", reason="Done.", by=cast.coo, now=acme.now
        )

    browser = signed_in(cast.reader)
    assert "This pilot has ended." in text(browser.get(LIST))
    assert "had to start by" not in text(browser.get("/t/acme/pilots/P-01/"))
    assert "starts too late" not in text(browser.get("/t/acme/"))
    assert "No pilot is in use" in text(browser.get(HEAT))


def many(cast: Cast, acme: Plant) -> dict[str, Pilot]:
    """Three pilots whose functions stand in every way."""
    ahead, running, live_soon = (
        acme.pilot("Ahead", week=-3),
        acme.pilot("Running", week=5),
        live(acme.pilot("Soon live", week=1), weeks=6),
    )
    for area, values in {
        Area.SECURITY: {"member": cast.reviewer, "engaged_on": today()},
        Area.LEGAL: {
            "member": cast.reviewer,
            "engaged_on": today(),
            "outcome": "objected",
            "note": "The contract is not signed.",
        },
        Area.SALES: {"outcome": "not_needed", "note": "No customer sees it."},
        Area.FINANCE: {"due_week": 12},
    }.items():
        engage(cast, running, area, by=cast.admin, **values)
    engage(cast, live_soon, Area.PRIVACY, lead_weeks=8, by=cast.admin)
    return {"ahead": ahead, "running": running, "soon": live_soon}


def test_the_heat_map_is_right_against_a_count_by_hand(cast: Cast) -> None:
    with plant(cast) as acme:
        many(cast, acme)

    page = signed_in(cast.reader).get(HEAT)

    rows = {
        row.name: Counter(look.word for _, look, _ in row.cells) for row in page.context["rows"]
    }
    assert rows == {
        "Ahead": {"Not due": 12},
        # By week 2 all but the four that were said something of: late since week 3.
        "Running": {"Late": 8, "Engaged": 1, "Objected": 1, "Not needed": 1, "Not due": 1},
        # Privacy needed to start eight weeks before a go-live in week 7.
        "Soon live": {"Due": 11, "Late": 1},
    }
    assert [row.name for row in page.context["rows"]] == ["Running", "Soon live", "Ahead"]
    facts = [fact["figure"] for fact in page.context["facts"]]
    assert facts == [9, 11, 2, 0]
    assert [count for _, count in page.context["late_by_area"]] == [
        0,
        0,
        1,
        0,
        1,
        1,
        1,
        0,
        1,
        2,
        1,
        1,
    ]
    assert "9 functions are late, over 3 pilots" in text(page)


@pytest.mark.parametrize("count", [2, 6])
def test_the_heat_map_asks_the_same_of_the_database_at_any_size(cast: Cast, count: int) -> None:
    with plant(cast) as acme:
        for number in range(count):
            found = acme.pilot(f"Pilot {number}")
            engage(cast, found, by=cast.admin, lead_weeks=number)
    browser = signed_in(cast.reader)

    page, statements = counted(lambda: browser.get(HEAT))

    assert len(page.context["rows"]) == count
    check_count("functions by pilot", statements)


def test_the_page_of_a_pilots_functions_asks_the_same_at_any_size(cast: Cast, pilot: Pilot) -> None:
    browser = signed_in(cast.lead)
    _, empty = counted(lambda: browser.get(LIST))
    with tenant(cast.acme):
        for area in Area:
            engage(cast, pilot, area, member=cast.reviewer, engaged_on=today())

    _, full = counted(lambda: browser.get(LIST))

    assert len(full) == len(empty)
    check_count("functions of a pilot", full)


def test_an_empty_company_is_told_that_no_pilot_is_in_use(cast: Cast) -> None:
    assert "No pilot is in use" in text(signed_in(cast.reader).get(HEAT))


def test_another_word_in_the_address_is_no_function(cast: Cast, pilot: Pilot) -> None:
    assert signed_in(cast.lead).get(f"{LIST}canteen/").status_code == 404
