"""What the pages of a vendor's commitment show, offer and refuse, and to whom."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from common import formats
from common.tenancy.context import tenant
from metrics.models import PilotMetric, VendorCommitment
from portfolio.models import Pilot, PilotParty
from tests.conftest import Cast, signed_in
from tests.metrics.test_commitments import (
    DUE,
    EARLY,
    FIGURE,
    REASON,
    SUNDAY,
    change,
    correct,
    decide,
    judge,
    made,
    promise,
)
from tests.plant import Plant, today
from tests.portfolio.test_board import text
from tests.queries import counted

__all__ = ["made"]  # fixture
# Who is asked about a commitment that figures cannot tell.
ASKED = {"coo": True, "sponsor": True, "lead": False, "reader": False}


@pytest.fixture
def plant(made: Plant, cast: Cast) -> Plant:
    return deepcopy(made)


@pytest.fixture
def row(plant: Plant) -> PilotMetric:
    with tenant(plant.cast.acme):
        found: PilotMetric = PilotMetric.objects.select_related("metric", "pilot__site").get()
        return found


def address(row: PilotMetric, end: str = "") -> str:
    return f"/t/acme/pilots/{row.pilot.code}/{end}"


def judged(plant: Plant, row: PilotMetric, **terms: Any) -> str:
    """Write a commitment down and judge it; return the address of its page."""
    with tenant(plant.cast.acme):
        made = promise(plant, row, **terms)
        judge(plant)
    return address(row, f"commitments/{made.pk}/")


def page(member: Any, where: str) -> str:
    return text(signed_in(member).get(where))


@pytest.mark.parametrize(
    ("who", "writes", "waives"),
    [
        ("lead", 302, 403),
        ("admin", 302, 403),
        ("sponsor", 403, 302),
        ("coo", 403, 302),
        ("reader", 403, 403),
    ],
)
def test_the_lead_writes_it_down_and_never_waives_it(
    plant: Plant, row: PilotMetric, who: str, writes: int, waives: int
) -> None:
    at = judged(plant, row, due_date=EARLY)
    client = signed_in(getattr(plant.cast, who))
    terms = {"row": row.pk, "comparison": "ge", "target": "94", "due_date": "2099-01-04"}
    terms |= {"remedy": "Half back", "source": "Clause 7"}

    sent = client.post(address(row, "commitments/new/"), terms)
    decided = client.post(f"{at}decide/", {"version": 2, "word": "met", "reason": REASON})
    waived = client.post(f"{at}waive/", {"version": 3, "reason": REASON})

    assert (sent.status_code, decided.status_code, waived.status_code) == (writes, waives, waives)
    if writes == 302:
        with tenant(plant.cast.acme):
            assert VendorCommitment.objects.get(due_date="2099-01-04").target == 0.94


def test_neither_an_executive_who_leads_the_pilot_nor_another_pilots_sponsor_waives_it(
    plant: Plant, row: PilotMetric
) -> None:
    at = judged(plant, row, due_date=EARLY)
    with tenant(plant.cast.acme):
        parties = PilotParty.objects.filter(pilot_id=row.pilot_id)
        parties.update(ended_at=plant.now)
        PilotParty.objects.create(
            pilot_id=row.pilot_id, person_id=plant.cast.coo.person_id, part="lead"
        )

    answers = [
        signed_in(who).post(f"{at}{verb}/", {"version": 2, "word": "met", "reason": REASON})
        for who in (plant.cast.coo, plant.cast.sponsor)
        for verb in ("decide", "waive")
    ]

    assert [answer.status_code for answer in answers] == [403] * 4


def test_the_board_asks_whether_the_vendor_kept_its_word_where_figures_cannot_tell(
    plant: Plant, row: PilotMetric
) -> None:
    asked = "Say whether the vendor of Late orders kept its word"
    judged(plant, row)
    told = page(plant.cast.sponsor, "/t/acme/")
    judged(plant, row, due_date=EARLY)

    shown = {who: asked in page(getattr(plant.cast, who), "/t/acme/") for who in ASKED}
    board = signed_in(plant.cast.sponsor).get("/t/acme/").content.decode()
    with tenant(plant.cast.acme):
        decide(plant, VendorCommitment.objects.get(due_date=EARLY), "met")

    assert asked not in told
    assert shown == ASKED
    assert f'href="{address(row)}#commitments"' in board
    assert asked not in page(plant.cast.sponsor, "/t/acme/")


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(plant: Plant, row: PilotMetric) -> None:
    at = judged(plant, row, due_date=SUNDAY)
    client = signed_in(plant.cast.lead)
    shown = client.get(f"{at}edit/").content.decode()
    terms = {"row": row.pk, "comparison": "lt", "target": "95", "due_date": today()}

    refused = client.post(f"{at}edit/", {**terms, "version": 1, "remedy": "All", "source": "c"})

    assert 'value="94"' in shown and "Late orders on time, in %" in shown
    assert refused.status_code == 422
    assert "higher is better" in refused.content.decode()
    assert 'value="95"' in refused.content.decode()


def test_where_nothing_can_be_written_down_the_page_says_what_to_do_first(
    plant: Plant, row: PilotMetric
) -> None:
    at = judged(plant, row)
    with tenant(plant.cast.acme):
        Pilot.objects.update(vendor=None)

    assert "The pilot has no vendor yet" in page(plant.cast.lead, address(row, "commitments/new/"))
    assert "Its words stay" in page(plant.cast.lead, f"{at}edit/")


def test_the_pilots_page_lists_it_with_the_days_left(plant: Plant, row: PilotMetric) -> None:
    def promised(days: int) -> None:
        with tenant(plant.cast.acme):
            promise(plant, row, due_date=today() + timedelta(days=days))

    empty = page(plant.cast.lead, address(row)), page(plant.cast.reader, address(row))
    promised(12)
    client = signed_in(plant.cast.reader)
    shown, one = counted(lambda: client.get(address(row)))
    for days in range(5):
        promised(days)
    _, six = counted(lambda: client.get(address(row)))

    listed = text(shown)
    assert ["No vendor commitment" in found for found in empty] == [True, False]
    assert "Late orders on time at least 94.0 % Kestrel" in listed
    assert "Open 12 days left 50 % of the fee back" in listed
    assert len(one) == len(six)


def test_a_person_is_asked_only_where_the_figures_cannot_tell(
    plant: Plant, row: PilotMetric
) -> None:
    judged(plant, row)
    quiet = page(plant.cast.coo, address(row))
    judged(plant, row, due_date=EARLY)
    asked = page(plant.cast.coo, address(row))
    with tenant(plant.cast.acme):
        decide(plant, VendorCommitment.objects.get(due_date=EARLY), "missed")

    question = "The figures cannot tell whether Kestrel kept its word on Late orders on time."
    assert [question in found for found in (quiet, asked)] == [False, True]
    assert question not in page(plant.cast.coo, address(row))


def test_the_evidence_says_who_changed_the_terms_and_what_they_were(
    plant: Plant, row: PilotMetric
) -> None:
    early, admin = plant.now - timedelta(weeks=5), plant.cast.admin
    with tenant(plant.cast.acme):
        other = promise(plant, row, now=early, source="Clause 12")
        change(plant, other, remedy="Nothing", now=early)
        made = promise(plant, row, now=early)
        moved = change(plant, made, target=0.9, due_date=SUNDAY, by=admin, now=early)
        change(plant, moved, due_date=DUE, remedy="All of it", by=admin, now=early)
        judge(plant)
    at = address(row, f"commitments/{made.pk}/")

    shown = page(plant.cast.reader, at)
    file = signed_in(plant.cast.reader).get(f"{at}version-1.json").json()

    name = admin.person.name
    newer, older = (" ".join(one["before"].split()) for one in file["changes"])
    promised = "Kestrel committed to Late orders on time of at least"
    owed = "Owed if missed: 50 % of the fee back (Contract, clause 7)."
    assert newer == f"{promised} 90.0 % by the end of {formats.day(SUNDAY)}. {owed}"
    assert older == f"{promised} 94.0 % by the end of {formats.day(DUE)}. {owed}"
    assert [one["by"] for one in file["changes"]] == [name, name]
    assert shown.count(f"Changed by {name}, ") == 2
    assert f"Before: {newer}" in shown and f"Before: {older}" in shown
    assert "Clause 12" not in shown


def test_the_evidence_holds_everything_a_letter_needs(plant: Plant, row: PilotMetric) -> None:
    at = judged(plant, row, due_date=DUE)
    with tenant(plant.cast.acme):
        correct(plant, row, to=97)
        judge(plant)
        decide(plant, VendorCommitment.objects.get(), "waived")

    shown = page(plant.cast.reader, at)
    client = signed_in(plant.cast.reader)
    first, second = (client.get(f"{at}version-{number}.json").json() for number in (1, 2))

    for words in (
        "Kestrel committed to Late orders on time of at least 94.0 % by the end of",
        "waived the commitment: The vendor sent a credit note.",
        "50 % of the fee back Contract, clause 7",
        "after the day it was due",
        "the commitment is met. Computed by Week Twelve from the weekly figures on",
        "Together, each week by the number behind it 97.0 %",
        "Before figures were corrected Version 1: Missed Late orders on time came to 89.5 %",
        second["digest"],
        "For Kestrel: name, day",
    ):
        assert words in shown
    assert (first["word"], first["value"], second["word"]) == ("missed", FIGURE, "met")
    assert first["digest"] == hashlib.sha256(first["inputs"].encode()).hexdigest()
    assert second["decisions"][0]["reason"] == REASON
    assert client.get(f"{at}version-3.json").status_code == 404
