"""What else runs at a pilot's site, by role, and who decides whether the pilot goes ahead beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import outcomes as metrics
from metrics.models import PilotOutcome
from portfolio import actions as portfolio
from portfolio.actions import load as actions
from portfolio.actions import plan
from portfolio.models import LoadDecision, Part, Pilot, PilotParty, Programme
from portfolio.queries import load as queries
from portfolio.rules import load as rules
from portfolio.rules.load import Word
from portfolio.rules.plan import Kind
from tenants.models import Notification
from tests.conftest import signed_in
from tests.plant import Plant, monday
from tests.portfolio.test_budget_pages import pilot, plant, words
from tests.queries import check_count, counted

__all__ = ["pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/load/"
LIST = "/t/acme/programmes/"
NOWHERE = "00000000-0000-0000-0000-000000000000"
# The fixture's pilot is in week 5: its path runs from four weeks ago for twelve weeks.
FIRST, LAST = monday(4), monday(4) + timedelta(days=83)


@pytest.mark.parametrize(
    ("beside", "decided", "asked"),
    [
        ("abc", None, False),
        ("abcd", None, True),
        ("abcd", "abcd", False),
        ("abcde", "abcd", True),
        ("abcd", "abcde", False),
        ("bcde", "abcd", True),
    ],
)
def test_more_than_three_things_ask_for_a_decision_and_others_ask_anew(
    beside: str, decided: str | None, asked: bool
) -> None:
    assert rules.asks(beside=beside, decided=decided) is asked


def test_roles_that_differ_in_case_and_blanks_are_one() -> None:
    named = [["Planners", "Shift leads"], ["planners ", "PLANNERS"], ["Buyers"]]

    assert rules.by_role(named) == [("Planners", 2), ("Buyers", 1), ("Shift leads", 1)]


def add(plant: Plant, name: str = "SAP roll-out", **values: Any) -> Programme:
    given = {
        "kind": "erp",
        "site": plant.site,
        "roles": ["Planners"],
        "starts_on": FIRST,
        "ends_on": None,
        "by": plant.cast.lead,
        **values,
    }
    return actions.add_programme(name=name, **given)


def decide(plant: Plant, pilot: Pilot, **values: Any) -> LoadDecision:
    given = {
        "version": 1,
        "seen": queries.seen_of(queries.list_beside(pilot)),
        "word": Word.GO,
        "reason": "R",
        "by": plant.cast.coo,
        **values,
    }
    return actions.decide_load(pilot=pilot, now=plant.now, **given)


def end(plant: Plant, pilot: Pilot, word: str, **values: Any) -> None:
    PilotOutcome.objects.create(
        pilot=pilot,
        number=1,
        word=word,
        reason="R",
        member=plant.cast.coo,
        at=plant.now,
        evidence=[],
        **values,
    )


def four(plant: Plant) -> None:
    for number in range(4):
        add(plant, f"Programme {number}")


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("starts", "ends", "counts"),
    [
        (LAST, None, True),
        (LAST + timedelta(days=1), None, False),
        (FIRST - timedelta(days=400), FIRST, True),
        (FIRST - timedelta(days=400), FIRST - timedelta(days=1), False),
        (FIRST - timedelta(days=400), None, True),
    ],
)
def test_what_touches_the_twelve_weeks_counts(
    plant: Plant, pilot: Pilot, starts: Any, ends: Any, counts: bool
) -> None:
    add(plant, starts_on=starts, ends_on=ends)

    assert bool(queries.list_beside(pilot)) is counts


@pytest.mark.usefixtures("acme")
def test_other_sites_archived_and_ended_things_do_not_count(plant: Plant, pilot: Pilot) -> None:
    elsewhere = portfolio.add_site(name="Plant Porto", zone="Europe/Lisbon", by=plant.cast.admin)
    add(plant, site=elsewhere)
    gone = add(plant)
    actions.archive_programme(programme=gone, version=1, by=plant.cast.lead, now=plant.now)
    plant.pilot("Elsewhere", site=elsewhere)
    plant.pilot("Long over", week=40)
    stopped = plant.pilot("Stopped")
    end(plant, stopped, "stop")
    running = plant.pilot("Running")
    plan.add_item(
        pilot=running,
        kind=Kind.ROLE,
        title="Shift leads",
        text="T",
        by=plant.cast.lead,
        now=plant.now,
    )

    [one] = queries.list_beside(pilot)

    assert (one.code, one.roles) == (running.code, ["Shift leads"])
    assert (one.starts_on, one.ends_on) == (FIRST, LAST)


@pytest.mark.usefixtures("acme")
def test_a_programme_is_changed_archived_and_brought_back(plant: Plant) -> None:
    row = add(plant)
    same = {
        "name": row.name,
        "kind": "erp",
        "site": plant.site,
        "roles": ["Planners"],
        "starts_on": FIRST,
        "ends_on": None,
    }
    actions.change_programme(programme=row, version=1, by=plant.cast.lead, **same)
    same["roles"] = [" Buyers ", ""]
    changed = actions.change_programme(programme=row, version=1, by=plant.cast.lead, **same)
    with pytest.raises(Changed):
        actions.change_programme(programme=row, version=1, by=plant.cast.lead, **same)
    actions.archive_programme(programme=row, version=2, by=plant.cast.lead, now=plant.now)
    with pytest.raises(Refused, match="bring it back first"):
        actions.change_programme(programme=row, version=3, by=plant.cast.lead, **same)
    actions.restore_programme(programme=row, version=3, by=plant.cast.lead)

    assert changed.roles == ["Buyers"]
    about = AuditEvent.objects.filter(object=f"programme:{row.pk}")
    assert [one.action for one in about.order_by("seq")] == [
        "PROGRAMME_ADDED",
        "PROGRAMME_CHANGED",
        "PROGRAMME_ARCHIVED",
        "PROGRAMME_RESTORED",
    ]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"roles": ["", "  "]}, "roles"),
        ({"roles": [f"R{n}" for n in range(21)]}, "roles"),
        ({"ends_on": FIRST - timedelta(days=1)}, "ends_on"),
        ({"starts_on": FIRST.replace(year=9000)}, "starts_on"),
    ],
)
def test_a_programme_that_cannot_be_is_refused_at_its_field(
    plant: Plant, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        add(plant, **values)

    assert refused.value.field == field


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("who", ["coo", "sponsor"])
def test_who_pays_decides_by_name_and_is_asked_anew_when_more_comes(
    plant: Plant, pilot: Pilot, who: str
) -> None:
    four(plant)
    made = decide(plant, pilot, by=getattr(plant.cast, who), word=Word.WAIT)
    add(plant, "A fifth")

    assert (made.beside, made.word, made.number) == (4, "wait", 1)
    assert rules.asks(beside=[one.key for one in queries.list_beside(pilot)], decided=made.things)
    assert AuditEvent.objects.get(action="LOAD_DECIDED").payload["beside"] == 4


@pytest.mark.usefixtures("acme")
def test_a_decision_needs_a_reason_a_load_and_the_state_that_was_seen(
    plant: Plant, pilot: Pilot
) -> None:
    with pytest.raises(Refused, match="little else"):
        decide(plant, pilot)
    four(plant)
    with pytest.raises(Refused, match="Say why"):
        decide(plant, pilot, reason=" ")
    decide(plant, pilot)
    with pytest.raises(Changed):
        decide(plant, pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)
    with pytest.raises(Refused, match="archived"):
        decide(plant, pilot, version=2)


@pytest.mark.usefixtures("acme")
def test_what_came_after_the_page_was_read_is_decided_about_by_nobody_unseen(
    plant: Plant, pilot: Pilot
) -> None:
    four(plant)
    seen = queries.seen_of(queries.list_beside(pilot))
    add(plant, "A fifth")

    with pytest.raises(Changed):
        decide(plant, pilot, seen=seen)


@pytest.mark.usefixtures("acme")
def test_who_was_told_to_wait_goes_ahead_once_little_runs_beside(
    plant: Plant, pilot: Pilot
) -> None:
    four(plant)
    decide(plant, pilot, word=Word.WAIT)
    for row in Programme.objects.all():
        actions.archive_programme(programme=row, version=1, by=plant.cast.lead, now=plant.now)

    made = decide(plant, pilot, version=2)

    assert (made.word, made.beside, made.things) == ("go", 0, [])


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("word", ["graduate", "stop"])
def test_nothing_is_decided_about_a_pilot_that_is_over(
    plant: Plant, pilot: Pilot, word: str
) -> None:
    four(plant)
    end(plant, pilot, word)

    with pytest.raises(Refused, match="This pilot is over"):
        decide(plant, pilot)


@pytest.mark.usefixtures("acme")
def test_an_extended_pilot_runs_until_its_later_week(plant: Plant, pilot: Pilot) -> None:
    late = add(plant, starts_on=LAST + timedelta(days=1))
    before = queries.list_beside(pilot)
    end(plant, pilot, "extend", until_week=16)

    [one] = queries.list_beside(pilot)

    assert before == [] and one.name == late.name


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("who", ["lead", "admin", "reader"])
def test_nobody_else_decides_whatever_page_they_came_by(
    plant: Plant, pilot: Pilot, who: str
) -> None:
    four(plant)

    with pytest.raises(Refused, match="never who leads or led"):
        decide(plant, pilot, by=getattr(plant.cast, who))


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("days", [0, 400])
def test_an_executive_who_ever_led_the_pilot_does_not_decide(
    plant: Plant, pilot: Pilot, days: int
) -> None:
    four(plant)
    PilotParty.objects.create(
        pilot=pilot,
        person_id=plant.cast.coo.person_id,
        part=Part.LEAD,
        ended_at=plant.now - timedelta(days=days),
    )

    with pytest.raises(Refused, match="never who leads or led"):
        decide(plant, pilot)


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"name": ""}, "portfolio_programme_name"),
        ({"kind": "magic"}, "portfolio_programme_kind"),
        ({"roles": []}, "portfolio_programme_roles"),
        ({"roles": ["A", ""]}, "portfolio_programme_roles"),
        ({"ends_on": FIRST - timedelta(days=1)}, "portfolio_programme_ends_after"),
        ({"site_id": NOWHERE}, "portfolio_programme_site_fk"),
    ],
)
def test_the_database_takes_no_programme_that_is_none(
    plant: Plant, values: dict[str, Any], name: str
) -> None:
    given = {"name": "N", "kind": "erp", "roles": ["A"], "starts_on": FIRST, **values}
    given.setdefault("site_id", plant.site.pk)

    assert refused(lambda: Programme.objects.create(**given)) == name


def row(plant: Plant, pilot: Pilot, **values: Any) -> LoadDecision:
    given = {
        "pilot_id": pilot.pk,
        "number": 1,
        "word": "go",
        "beside": 4,
        "reason": "R",
        "member_id": plant.cast.coo.pk,
        "at": plant.now,
        **values,
    }
    return LoadDecision.objects.create(**given)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"reason": ""}, "portfolio_loaddecision_reason"),
        ({"word": "maybe"}, "portfolio_loaddecision_known"),
        ({"number": 0}, "portfolio_loaddecision_known"),
        ({"pilot_id": NOWHERE}, "portfolio_loaddecision_pilot_fk"),
        ({"member_id": NOWHERE}, "portfolio_loaddecision_member_fk"),
    ],
)
def test_the_database_takes_no_decision_that_is_none(
    plant: Plant, pilot: Pilot, values: dict[str, Any], name: str
) -> None:
    assert refused(lambda: row(plant, pilot, **values)) == name


@pytest.mark.usefixtures("acme")
def test_the_database_asks_who_decides_and_counts_each_once(plant: Plant, pilot: Pilot) -> None:
    for who in (plant.cast.lead, plant.cast.admin, plant.cast.reader):
        broken = partial(row, plant, pilot, member_id=who.pk)
        assert refused(broken) == "portfolio_loaddecision_by_who_may"
    row(plant, pilot, member_id=plant.cast.sponsor.pk)
    assert refused(lambda: row(plant, pilot)) == "portfolio_loaddecision_number_once"
    PilotParty.objects.create(
        pilot=pilot,
        person_id=plant.cast.coo.person_id,
        part=Part.LEAD,
        ended_at=plant.now - timedelta(days=400),
    )
    led = partial(row, plant, pilot, number=2)
    assert refused(led) == "portfolio_loaddecision_by_who_may"


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    "statement",
    ["UPDATE portfolio_loaddecision SET beside = 9", "DELETE FROM portfolio_loaddecision"],
)
def test_the_application_changes_and_deletes_no_decision(
    plant: Plant, pilot: Pilot, statement: str
) -> None:
    row(plant, pilot)

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


ANSWERS = {
    "name": "SAP roll-out 2",
    "kind": "erp",
    "roles": "Planners\nShift leads",
    "starts_on": "2026-10-05",
    "ends_on": "",
}


def test_a_lead_keeps_programmes_by_pages(plant: Plant, pilot: Pilot) -> None:
    lead = signed_in(plant.cast.lead)
    answers = {**ANSWERS, "site": plant.site.code}
    empty = words(lead.get(LIST))
    added = words(lead.post(f"{LIST}new/", answers, follow=True))
    with tenant(plant.cast.acme):
        key = Programme.objects.get().pk
    changed = words(
        lead.post(f"{LIST}{key}/", {**answers, "version": 1, "name": "SAP 3"}, follow=True)
    )
    stale = lead.post(f"{LIST}{key}/", {**answers, "version": 1, "name": "Mine"})
    gone = words(lead.post(f"{LIST}{key}/archive/", {"version": 2}, follow=True))
    old = words(lead.post(f"{LIST}{key}/restore/", {"version": 2}, follow=True))
    back = words(lead.post(f"{LIST}{key}/restore/", {"version": 3}, follow=True))

    assert "What else runs at your sites?" in empty
    assert "1 other programme is written down." in added and "Planners, Shift leads" in added
    assert "SAP 3" in changed
    assert stale.status_code == 409 and "By now this is: SAP 3." in words(stale)
    assert "SAP 3 is archived." in gone
    assert "changed by someone else" in old
    assert "SAP 3 is back." in back


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Fill this in."),
        ("roles", "x" * 101, "A role has at most 100 characters."),
        ("roles", "", "Fill this in."),
        ("site", "nowhere", "is not one of the choices"),
        ("starts_on", "soon", "Write the day as"),
    ],
)
def test_bad_input_is_named_at_its_field(
    plant: Plant, pilot: Pilot, field: str, value: str, said: str
) -> None:
    given = {**ANSWERS, "site": plant.site.code, field: value}

    answer = signed_in(plant.cast.lead).post(f"{LIST}new/", given)

    assert answer.status_code == 422
    assert said in words(answer)


def test_a_pilot_that_stacks_asks_until_somebody_decides(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        four(plant)
    reader, coo = signed_in(plant.cast.reader), signed_in(plant.cast.coo)
    page, shown = words(reader.get("/t/acme/pilots/P-01/")), words(reader.get(HOME))
    with tenant(plant.cast.acme):
        seen = queries.seen_of(queries.list_beside(pilot))
    sent = {"version": 1, "seen": seen, "word": "go"}
    bare = coo.post(f"{HOME}decide/", {**sent, "reason": ""})
    done = words(coo.post(f"{HOME}decide/", {**sent, "reason": "It ends."}, follow=True))
    stale = coo.post(f"{HOME}decide/", {**sent, "reason": "Mine."})
    after = words(reader.get("/t/acme/pilots/P-01/"))

    said = "An executive or the sponsor decides whether this pilot goes ahead beside them."
    assert "4 other things run at Plant Lyon meanwhile." in page and said in page
    assert "Nobody decided about this load yet." in shown and "Planners4 at once" in shown
    assert bare.status_code == 422
    assert "It goes ahead, beside 4" in done and "It ends." in done
    assert stale.status_code == 409 and "Mine." in words(stale)
    assert said not in after and "It goes ahead, decided beside 4." in after


def test_the_board_lists_who_stacks_until_somebody_decides(plant: Plant, pilot: Pilot) -> None:
    coo, said = signed_in(plant.cast.coo), "1 pilot starts beside much else"
    with tenant(plant.cast.acme):
        for number in range(3):
            add(plant, f"Programme {number}")
    few = words(coo.get("/t/acme/"))
    with tenant(plant.cast.acme):
        add(plant, "A fourth")
    asked = words(coo.get("/t/acme/"))
    with tenant(plant.cast.acme):
        decide(plant, pilot)
    decided = words(coo.get("/t/acme/"))
    with tenant(plant.cast.acme):
        add(plant, "A fifth")
    more = words(coo.get("/t/acme/"))

    assert said not in few
    assert said in asked and "4 other things run at Plant Lyon" in asked
    assert said not in decided
    assert said in more and "5 other things run at Plant Lyon" in more


@pytest.mark.parametrize(
    ("who", "status"), [("coo", 200), ("sponsor", 200), ("lead", 403), ("reader", 403)]
)
def test_the_decision_is_offered_to_who_pays(
    plant: Plant, pilot: Pilot, who: str, status: int
) -> None:
    assert signed_in(getattr(plant.cast, who)).get(f"{HOME}decide/").status_code == status
    expected = 200 if who == "lead" else 403
    assert signed_in(getattr(plant.cast, who)).get(f"{LIST}new/").status_code == expected


def test_more_programmes_cost_no_more_queries(plant: Plant, pilot: Pilot) -> None:
    client = signed_in(plant.cast.coo)
    with tenant(plant.cast.acme):
        four(plant)
    _, load = counted(lambda: client.get(HOME))
    _, listed = counted(lambda: client.get(LIST))
    check_count("load of a pilot", load)
    check_count("other programmes", listed)
    with tenant(plant.cast.acme):
        four(plant)
        plant.pilot("Beside")

    assert len(counted(lambda: client.get(HOME))[1]) == len(load)
    assert len(counted(lambda: client.get(LIST))[1]) == len(listed)


NEW = "/t/acme/pilots/new/"


def start(plant: Plant, code: str = "P-90", **values: Any) -> dict[str, Any]:
    return {
        "name": "Late orders",
        "code": code,
        "site": plant.site.code,
        "start_date": FIRST.isoformat(),
        "part_lead": str(plant.cast.lead.person_id),
        "part_sponsor": str(plant.cast.sponsor.person_id),
        **values,
    }


def lines(plant: Plant, key: str = "load:") -> dict[str, str]:
    """Return what each member is asked about loads, by name: empty while it is asked."""
    rows = Notification.objects.filter(dedup_key__startswith=key)
    return {one.member.person.name: one.body for one in rows.select_related("member__person")}


def test_the_page_of_a_new_pilot_says_what_runs_there_by_site_and_role(
    plant: Plant, pilot: Pilot
) -> None:
    lead = signed_in(plant.cast.lead)
    with tenant(plant.cast.acme):
        add(plant, "SAP roll-out", roles=["Planners", "Buyers"])
        add(plant, "WMS", roles=["planners"])
    page = words(lead.get(NEW))
    asked = {"site": plant.site.code, "start_date": FIRST.isoformat()}
    swap = lead.get(NEW, asked, headers={"HX-Request": "true"})
    gone = {**asked, "start_date": "2090-01-02"}
    with tenant(plant.cast.acme):
        Programme.objects.update(ends_on=LAST)
    later = lead.get(NEW, gone, headers={"HX-Request": "true"})
    nowhere = lead.get(NEW, {**asked, "site": "NOWHERE"}, headers={"HX-Request": "true"})
    never = lead.get(NEW, {**asked, "start_date": "9999-12-31"}, headers={"HX-Request": "true"})

    for shown in (page, words(swap)):
        assert "3 other things run at Plant Lyon meanwhile." in shown
        assert "By role: Planners, 2 at once; Buyers, 1 at once." in shown
        assert "Nobody has to decide about that." in shown
    assert "Start a pilot" in page and "Start a pilot" not in words(swap)
    for nothing in (later, nowhere, never):
        assert nothing.status_code == 200
        assert "meanwhile" not in words(nothing)


def test_a_start_that_stacks_is_shown_before_it_is_taken(plant: Plant, pilot: Pilot) -> None:
    lead = signed_in(plant.cast.lead)
    with tenant(plant.cast.acme):
        four(plant)
    unseen = lead.post(NEW, start(plant))
    found = re.search('name="seen" value="([^"]+)"', unseen.content.decode())
    assert found is not None
    with tenant(plant.cast.acme):
        assert not Pilot.objects.filter(code="P-90").exists()
        add(plant, "A fifth")
    stale = lead.post(NEW, start(plant, seen=found[1]))
    found = re.search('name="seen" value="([^"]+)"', stale.content.decode())
    assert found is not None
    done = words(lead.post(NEW, start(plant, seen=found[1]), follow=True))

    assert unseen.status_code == stale.status_code == 422
    assert "5 other things run at Plant Lyon in these weeks." in words(unseen)
    assert "its start asks for a decision" in words(unseen)
    assert "P-90 Late orders is started." in done
    assert "An executive or the sponsor decides whether this pilot goes ahead" in done


def test_three_things_beside_a_start_ask_for_nothing(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        add(plant)
        add(plant)

    done = signed_in(plant.cast.lead).post(NEW, start(plant))

    assert done.status_code == 302
    with tenant(plant.cast.acme):
        assert lines(plant) == {}


def stacked(plant: Plant, name: str = "Stacked", **values: Any) -> Pilot:
    """Start a pilot beside four programmes and the fixture's pilot."""
    four(plant)
    cast = plant.cast
    given = {
        "name": name,
        "site": plant.site,
        "start_date": FIRST,
        "parties": [
            portfolio.PartyDraft(part=Part.LEAD, person=cast.lead.person),
            portfolio.PartyDraft(part=Part.SPONSOR, person=cast.sponsor.person),
        ],
        "by": cast.lead,
        "now": plant.now,
        **values,
    }
    return portfolio.add_pilot(**given)


def who(plant: Plant) -> tuple[str, str]:
    return plant.cast.coo.person.name, plant.cast.sponsor.person.name


@pytest.mark.usefixtures("acme")
def test_who_may_decide_finds_one_line_which_goes_once_it_is_decided(
    plant: Plant, pilot: Pilot
) -> None:
    made = stacked(plant)
    asked = lines(plant)
    line = Notification.objects.filter(dedup_key__startswith="load:")[0]
    decide(plant, made)

    assert asked == dict.fromkeys(who(plant), "")
    assert line.title.startswith("Stacked starts beside 5 other things at Plant Lyon")
    assert line.path == f"/t/acme/pilots/{made.code}/load/"
    assert lines(plant) == dict.fromkeys(who(plant), "It is decided.")


@pytest.mark.usefixtures("acme")
def test_who_leads_or_led_the_pilot_is_not_asked_to_decide(plant: Plant, pilot: Pilot) -> None:
    stacked(
        plant,
        parties=[portfolio.PartyDraft(part=Part.LEAD, person=plant.cast.coo.person)],
        by=plant.cast.coo,
    )

    assert lines(plant) == {}


@pytest.mark.usefixtures("acme")
def test_a_sponsor_who_is_named_later_is_asked_and_nobody_twice(plant: Plant, pilot: Pilot) -> None:
    cast = plant.cast
    made = stacked(plant, parties=[portfolio.PartyDraft(part=Part.LEAD, person=cast.lead.person)])
    first = lines(plant)
    portfolio.set_party(
        pilot=made, part=Part.SPONSOR, person=cast.sponsor.person, by=cast.lead, now=plant.now
    )

    assert list(first) == [cast.coo.person.name]
    assert sorted(lines(plant)) == sorted(who(plant))
    assert Notification.objects.filter(dedup_key__startswith="load:").count() == 2


@pytest.mark.usefixtures("acme")
def test_a_start_that_moves_away_asks_no_more_and_one_that_moves_back_asks_anew(
    plant: Plant, pilot: Pilot
) -> None:
    made = stacked(plant)
    Programme.objects.update(ends_on=LAST)
    values = {"name": made.name, "use_case": "", "goal": "", "site": made.site, "vendor": None}
    values |= {"go_live_date": None, "by": plant.cast.lead}
    later = LAST + timedelta(days=8)
    made = portfolio.change_pilot(pilot=made, version=1, start_date=later, **values)
    away = lines(plant)
    portfolio.change_pilot(pilot=made, version=2, start_date=FIRST, **values)

    assert away == dict.fromkeys(who(plant), "No longer asked.")
    assert sorted(lines(plant, f"load:{made.pk}:3").items()) == sorted(
        dict.fromkeys(who(plant), "").items()
    )


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("over", ["archived", "stopped"])
def test_nobody_is_asked_about_a_pilot_that_is_put_aside(
    plant: Plant, pilot: Pilot, over: str
) -> None:
    made = stacked(plant)
    if over == "archived":
        portfolio.archive_pilot(pilot=made, by=plant.cast.admin, now=plant.now)
    else:
        given = {"version": 1, "word": "stop", "reason": "R", "by": plant.cast.coo}
        metrics.decide_pilot(pilot=made, now=plant.now, **given)

    assert lines(plant) == dict.fromkeys(who(plant), "No longer asked.")


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("gone", ["archived", "ended", "elsewhere", "another pilot"])
def test_a_line_goes_when_little_is_left_beside_the_pilot(
    plant: Plant, pilot: Pilot, gone: str
) -> None:
    made = stacked(plant)
    first, second, *_ = Programme.objects.order_by("name")
    actions.archive_programme(programme=first, version=1, by=plant.cast.lead, now=plant.now)
    four_left = lines(plant)
    values = {"name": second.name, "kind": "erp", "roles": ["Planners"], "by": plant.cast.lead}
    if gone == "archived":
        actions.archive_programme(programme=second, version=1, by=plant.cast.lead, now=plant.now)
    elif gone == "ended":
        values |= {"site": plant.site, "starts_on": FIRST - timedelta(days=9)}
        ends_on = FIRST - timedelta(days=1)
        actions.change_programme(programme=second, version=1, ends_on=ends_on, **values)
    elif gone == "elsewhere":
        site = portfolio.add_site(name="Plant Porto", zone="Europe/Lisbon", by=plant.cast.admin)
        values |= {"site": site, "starts_on": FIRST, "ends_on": None}
        actions.change_programme(programme=second, version=1, **values)
    else:
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    assert len(queries.list_beside(made)) == 3
    assert four_left == dict.fromkeys(who(plant), "")
    assert lines(plant) == dict.fromkeys(who(plant), "No longer asked.")


def test_more_things_beside_a_start_cost_no_more_queries(plant: Plant, pilot: Pilot) -> None:
    client = signed_in(plant.cast.lead)
    with tenant(plant.cast.acme):
        add(plant)
    _, few = counted(lambda: client.get(NEW))
    with tenant(plant.cast.acme):
        four(plant)
        plant.pilot("Beside")

    assert len(counted(lambda: client.get(NEW))[1]) == len(few)
