"""What a pilot's decision needs to know: its list of sources, their age, and the blind spots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import sources
from metrics.models import PilotSource
from portfolio import actions as portfolio
from tests.conftest import Cast, signed_in
from tests.gates.plant import list_source
from tests.plant import Plant, day_of
from tests.portfolio.test_board import plant, text

pytestmark = pytest.mark.usefixtures("cast")
NOWHERE = UUID(int=0)
HOME = "/t/acme/pilots/P-01/sources/"
ANSWERS = {
    "name": "Dispatch board",
    "kind": "paper",
    "gives": "Promised dates",
    "source": "",
    "maintainer": "",
    "updated_on": "",
    "limit_days": "31",
    "faults": "",
}


def page(member: Any, path: str = "") -> str:
    return text(signed_in(member).get(HOME + path))


def days_ago(acme: Plant, days: int) -> Any:
    return day_of(acme.now - timedelta(days=days))


def test_the_page_says_how_much_the_decision_sees_and_what_it_does_not(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.whole()
        list_source(acme, pilot)
        list_source(acme, pilot, name="Shift book", kind="paper", source=None, gives="Stops")
        list_source(
            acme,
            pilot,
            name="Tool list",
            kind="spreadsheet",
            source=None,
            gives="Tool ages",
            updated_on=days_ago(acme, 540),
        )
        list_source(acme, pilot, name="CMMS", kind="cmms", source=None, gives="Open repairs")

    said = page(cast.reader)

    assert "Late orders sees 1 of the 4 sources that it needs: 25 %." in said
    assert "Stops: Shift book is carried by hand." in said
    assert "Tool ages: Tool list is carried by hand." in said
    assert "Open repairs: CMMS is not connected." in said
    assert said.count("Stale") == 3
    assert "older than 31 days" in said
    assert "nobody knows how old" in said
    assert "Add a source" not in said


def test_a_connected_source_is_as_old_as_its_newest_figure(cast: Cast) -> None:
    with plant(cast) as acme:
        list_source(acme, acme.whole(), limit_days=3)

    assert "Promised dates: nothing newer than" in page(cast.lead)
    assert "Late orders sees 0 of the 1 source that it needs: 0 %." in page(cast.lead)


def test_an_empty_list_says_what_to_do_and_to_whom(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()

    assert "Nobody listed yet what Late orders needs to know." in page(cast.reader)
    assert "The lead lists" in page(cast.reader)
    assert "Add a source" in page(cast.lead)


def test_a_lead_lists_changes_ends_and_puts_back_a_source_by_pages_alone(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()
    lead = signed_in(cast.lead)

    added = lead.post(f"{HOME}new/", ANSWERS)
    with tenant(cast.acme):
        key = PilotSource.objects.get().pk
    changed = lead.post(f"{HOME}{key}/", ANSWERS | {"version": 1, "faults": "Typed at five"})
    ended = lead.post(f"{HOME}{key}/end/")
    gone = page(cast.lead)
    back = lead.post(f"{HOME}{key}/restore/")

    assert [one.status_code for one in (added, changed, ended, back)] == [302] * 4
    assert "Needed no more" in gone
    assert "Typed at five" in page(cast.lead)
    with tenant(cast.acme):
        kinds = AuditEvent.objects.filter(action__startswith="PILOT_SOURCE_").order_by("seq")
        assert [one.action.removeprefix("PILOT_SOURCE_") for one in kinds] == [
            "ADDED",
            "CHANGED",
            "ENDED",
            "RESTORED",
        ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Fill this in."),
        ({"kind": "cloud"}, "“cloud” is not one of the choices."),
        ({"gives": "x" * 301}, "At most 300 characters"),
        ({"limit_days": "0"}, "This is at least 1."),
        ({"updated_on": "2999-01-01"}, "Give a day of today or earlier."),
        ({"updated_on": "soon"}, "Write the day as"),
        ({"source": "erp"}, "Paper sends nothing."),
        ({"source": "none"}, "“none” is not one of the choices."),
    ],
)
def test_bad_answers_are_named_and_what_was_typed_stays(
    cast: Cast, wrong: dict[str, str], words: str
) -> None:
    with plant(cast) as acme:
        acme.whole()

    answer = signed_in(cast.lead).post(f"{HOME}new/", ANSWERS | {"faults": "Typed late"} | wrong)

    assert answer.status_code == 422
    assert words in text(answer)
    assert "Typed late" in text(answer)


def test_two_people_who_change_a_source_both_see_what_stands_there(cast: Cast) -> None:
    with plant(cast) as acme:
        row = list_source(acme, acme.whole())
    where = f"{HOME}{row.pk}/"
    answers = ANSWERS | {"kind": "erp", "version": 1}
    signed_in(cast.lead).post(where, answers | {"name": "SAP S/4"})

    late = signed_in(cast.admin).post(where, answers | {"name": "Our SAP"})

    assert late.status_code == 409
    assert "By now this is: SAP S/4." in text(late)
    assert 'value="Our SAP"' in late.content.decode()


@pytest.mark.parametrize("path", ["new/", "{key}/", "{key}/end/", "{key}/restore/"])
def test_only_the_pilots_lead_and_admins_change_its_list(cast: Cast, path: str) -> None:
    with plant(cast) as acme:
        row = list_source(acme, acme.whole())

    for who in (cast.reader, cast.reviewer, cast.coo):
        answer = signed_in(who).post(HOME + path.format(key=row.pk), ANSWERS | {"version": 1})
        assert answer.status_code == 403


def test_an_archived_pilots_list_stays_as_it_is(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.whole()
        row = list_source(acme, pilot)
        portfolio.archive_pilot(pilot=pilot, by=cast.admin, now=acme.now)
        with pytest.raises(Refused, match="archived"):
            sources.end_pilot_source(row=row, by=cast.lead, now=acme.now)

    assert "Add a source" not in page(cast.lead)


def test_a_name_stands_on_the_list_once_and_may_come_again_after_its_end(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.whole()
        first = list_source(acme, pilot)
        with pytest.raises(Refused, match="has this name"):
            list_source(acme, pilot)
        sources.end_pilot_source(row=first, by=cast.lead, now=acme.now)
        list_source(acme, pilot)
        with pytest.raises(Refused, match="has this name"):
            sources.restore_pilot_source(row=first, by=cast.lead)


def test_an_old_version_changes_nothing(cast: Cast) -> None:
    with plant(cast) as acme:
        row = list_source(acme, acme.whole())
        names = ("name", "kind", "gives", "source", "by_hand", "maintainer", "updated_on")
        values = {name: getattr(row, name) for name in (*names, "limit_days", "faults")}
        sources.change_pilot_source(
            row=row, version=1, by=cast.lead, now=acme.now, **values | {"faults": "F"}
        )

        with pytest.raises(Changed):
            sources.change_pilot_source(row=row, version=1, by=cast.lead, now=acme.now, **values)


def test_who_maintains_a_source_of_a_pilot_is_not_archived(cast: Cast) -> None:
    with plant(cast) as acme:
        list_source(acme, acme.whole())

    answer = signed_in(cast.admin).post(
        f"/t/acme/settings/people/{cast.lead.person_id}/archive/", follow=True
    )

    assert "Name another maintainer of SAP in pilot P-01 first" in text(answer)


def test_another_company_finds_no_source_of_ours(cast: Cast) -> None:
    with plant(cast) as acme:
        row = list_source(acme, acme.whole())

    assert signed_in(cast.stranger).get(f"{HOME}{row.pk}/").status_code == 404
    with tenant(cast.borealis):
        assert not PilotSource.objects.exists()


def stored(**values: Any) -> PilotSource:
    given = {"name": "N", "kind": "erp", "gives": "G", **values}
    found: PilotSource = PilotSource.objects.create(**given)
    return found


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("metrics_pilotsource_kind", {"kind": "cloud"}),
        ("metrics_pilotsource_said", {"name": ""}),
        ("metrics_pilotsource_said", {"gives": ""}),
        ("metrics_pilotsource_limit", {"limit_days": 0}),
        ("metrics_pilotsource_name_once", {"name": "Here"}),
        ("metrics_pilotsource_paper_alone", {"kind": "paper", "connected": True}),
        ("metrics_pilotsource_pilot_fk", {"pilot": None, "pilot_id": NOWHERE}),
        ("metrics_pilotsource_source_fk", {"source_id": 0}),
        ("metrics_pilotsource_maintainer_fk", {"maintainer_id": NOWHERE}),
    ],
)
def test_the_database_refuses_a_source_that_is_none(
    cast: Cast, constraint: str, values: dict[str, Any]
) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot()
        stored(pilot=pilot, name="Here")
        if values.get("connected"):
            values = {"kind": "paper", "source": acme.source}
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            stored(**{"pilot": pilot, **values})

    assert constraint_of(refused.value) == constraint
