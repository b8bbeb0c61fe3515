"""What fields mean: who says something else, when that is a conflict, and who settles it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.tenancy.context import tenant
from metrics.actions import fields
from metrics.models import FieldDefinition, FieldNeed, FieldSettlement, FieldVariant
from metrics.queries.fields import read_field, read_needs
from metrics.rules.fields import convert
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.conftest import Cast, signed_in
from tests.gates.plant import differ, need_field
from tests.plant import Plant
from tests.portfolio.test_board import plant, text
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("cast")
HOME = "/t/acme/settings/fields/"
LIST = "/t/acme/pilots/P-01/fields/"
PLACE = {
    "site": "",
    "source": "erp",
    "meaning": "Working days",
    "stand": "convert",
    "factor": "1.4",
    "plus": "0",
    "cannot": "",
    "said_by": "Planner in Lyon",
}
SETTLED = {"outcome": "accepted", "reason": "Lyon orders within one week only", "version": 1}


def page(member: Any, address: str) -> str:
    return text(signed_in(member).get(address))


def needed(cast: Cast) -> tuple[Plant, Pilot, FieldNeed]:
    """Return a pilot that needs a field, which the reviewer owns."""
    with plant(cast) as acme:
        pilot = acme.whole()
        return acme, pilot, need_field(acme, pilot, name="Lead time")


def conflicting(cast: Cast, **values: Any) -> tuple[FieldNeed, FieldVariant, str]:
    """Return a field that a pilot needs, what its source means instead, and the address of that."""
    acme, _pilot, need = needed(cast)
    with tenant(cast.acme):
        row = differ(acme, need, **values)
    return need, row, f"{HOME}{need.field_id}/places/{row.pk}/"


def test_a_value_is_converted_by_factor_and_what_is_added() -> None:
    days = convert(Decimal(5), factor=Decimal("1.4"), plus=Decimal(0))
    fahrenheit = convert(Decimal(212), factor=Decimal("0.555555556"), plus=Decimal("-17.777777778"))

    assert days == 7
    assert round(fahrenheit, 6) == 100


def test_a_field_is_written_down_changed_archived_and_brought_back_by_pages_alone(
    cast: Cast,
) -> None:
    with plant(cast):
        pass
    lead = signed_in(cast.lead)
    said = {
        "name": "Lead time",
        "meaning": "Calendar days to the receipt",
        "unit": "days",
        "owner": str(cast.reviewer.pk),
    }

    empty = page(cast.lead, HOME)
    added = lead.post(f"{HOME}new/", said)
    with tenant(cast.acme):
        key = FieldDefinition.objects.get().pk
    changed = lead.post(f"{HOME}{key}/edit/", said | {"version": 1, "unit": "d"})
    place = lead.post(f"{HOME}{key}/places/new/", PLACE)
    with tenant(cast.acme):
        where = f"{HOME}{key}/places/{FieldVariant.objects.get().pk}/"
    moved = lead.post(where, PLACE | {"version": 1, "factor": "1,5"})
    shown = page(cast.reader, f"{HOME}{key}/")
    ended = lead.post(f"{where}end/")
    back = lead.post(f"{where}restore/")
    archived = lead.post(f"{HOME}{key}/archive/")
    restored = lead.post(f"{HOME}{key}/restore/")

    assert "Nobody wrote down yet what fields mean." in empty
    answers = (added, changed, place, moved, ended, back, archived, restored)
    assert [one.status_code for one in answers] == [302] * 8
    assert "Lead time: no open conflict." in shown
    assert "Calendar days to the receipt" in shown
    assert "ERP" in shown
    assert "times 1.5 is the agreed meaning" in shown
    assert "Converted" in shown
    assert "Settle" not in shown
    with tenant(cast.acme):
        kinds = AuditEvent.objects.filter(action__startswith="FIELD_").order_by("seq")
        assert [one.action.removeprefix("FIELD_") for one in kinds] == [
            "ADDED",
            "CHANGED",
            "VARIANT_ADDED",
            "VARIANT_CHANGED",
            "VARIANT_ENDED",
            "VARIANT_RESTORED",
            "ARCHIVED",
            "RESTORED",
        ]


def test_a_pilot_lists_the_fields_that_it_needs_by_pages_alone(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()
        field = fields.add_field(
            name="Lead time", meaning="M", unit="", owner=cast.reviewer, by=cast.lead
        )
    lead = signed_in(cast.lead)

    empty = page(cast.reader, LIST)
    added = lead.post(f"{LIST}new/", {"field": str(field.pk), "used_for": "Late orders"})
    with tenant(cast.acme):
        key = FieldNeed.objects.get().pk
    changed = lead.post(f"{LIST}{key}/", {"used_for": "Promises", "version": 1})
    stale = lead.post(f"{LIST}{key}/", {"used_for": "Others", "version": 1})
    shown = page(cast.reader, LIST)
    ended = lead.post(f"{LIST}{key}/end/")
    gone = page(cast.lead, LIST)
    back = lead.post(f"{LIST}{key}/restore/")

    assert "Nobody listed yet which fields Late orders needs." in empty
    assert "The lead lists the fields" in empty
    assert [one.status_code for one in (added, changed, ended, back)] == [302] * 4
    assert stale.status_code == 409
    assert "By now this is: Promises." in text(stale)
    assert "The 1 field that Late orders needs has no open conflict." in shown
    assert "Promises" in shown
    assert "Add a field" not in shown
    assert "Needed no more" in gone


def test_what_differs_without_a_conversion_is_an_open_conflict_and_its_place_is_named(
    cast: Cast,
) -> None:
    need, _row, _where = conflicting(cast)

    assert "1 conflict about what a field means is open." in page(cast.reader, HOME)
    shown = page(cast.reader, f"{HOME}{need.field_id}/")
    assert "Lead time: 1 open conflict." in shown
    assert "Something else is meant ERP" in shown
    assert "Not converted: The release is not on record." in shown
    assert "1 of the 1 field that Late orders needs has an open conflict." in page(cast.lead, LIST)


def test_the_gate_data_names_the_conflict_and_leads_to_the_list(cast: Cast) -> None:
    conflicting(cast)

    gate = signed_in(cast.reader).get("/t/acme/pilots/P-01/gates/data/")

    assert "ERP means Working days from the release of the order." in text(gate)
    assert LIST in gate.content.decode()


def test_who_owns_a_field_settles_its_conflict_with_a_reason_that_stays(cast: Cast) -> None:
    need, row, where = conflicting(cast)

    silent = signed_in(cast.reviewer).post(f"{where}settle/", SETTLED | {"reason": ""})
    answer = signed_in(cast.reviewer).post(f"{where}settle/", SETTLED)

    assert silent.status_code == 422
    assert answer.status_code == 302
    shown = page(cast.reader, f"{HOME}{need.field_id}/")
    assert "Lead time: no open conflict." in shown
    assert "settled by Reviewer" in shown
    assert "Lyon orders within one week only" in shown
    with tenant(cast.acme):
        kept = FieldSettlement.objects.get()
        assert kept.variant_id == row.pk
        assert kept.member_id == cast.reviewer.pk
        assert AuditEvent.objects.filter(action="FIELD_SETTLED").count() == 1


@pytest.mark.parametrize(
    ("outcome", "numbers", "stand"),
    [
        ("adopted", {}, "same"),
        ("converted", {"factor": Decimal("1.4"), "plus": Decimal(0)}, "convert"),
        ("accepted", {}, "differs"),
        ("gone", {}, "differs"),
    ],
)
def test_a_conflict_ends_in_four_ways(
    cast: Cast, outcome: str, numbers: dict[str, Decimal], stand: str
) -> None:
    need, row, _where = conflicting(cast)

    with tenant(cast.acme):
        fields.settle(
            row=row,
            version=1,
            outcome=outcome,
            reason="R",
            by=cast.reviewer,
            now=need.created_at,
            **numbers,
        )

        found = read_field(need.field)
        assert found.open == []
        assert FieldVariant.objects.get().stand == stand
        assert [one.row.stand for one in found.told] == ([] if outcome == "gone" else [stand])


def test_who_leads_a_pilot_that_needs_a_field_settles_nothing_even_as_its_owner(
    cast: Cast,
) -> None:
    need, _row, where = conflicting(cast)
    with tenant(cast.acme):
        fields.change_field(
            row=need.field,
            version=1,
            name="Lead time",
            meaning=need.field.meaning,
            unit="days",
            owner=cast.lead,
            by=cast.lead,
        )

    answer = signed_in(cast.lead).post(f"{where}settle/", SETTLED)

    assert answer.status_code == 422
    assert "Who leads a pilot that needs the field, or ever led it, settles none" in text(answer)


@pytest.mark.parametrize("who", ["coo", "sponsor", "lead", "reader", "operator"])
def test_nobody_settles_a_conflict_of_a_field_they_do_not_own(cast: Cast, who: str) -> None:
    _need, _row, where = conflicting(cast)
    member = signed_in(getattr(cast, who))

    answer, asked = member.post(f"{where}settle/", SETTLED), member.get(f"{where}settle/")

    assert answer.status_code == 422
    assert "Who owns the field settles it, or an admin." in text(answer)
    assert asked.status_code == 302
    with tenant(cast.acme):
        assert not FieldSettlement.objects.exists()


def test_no_edit_and_no_end_goes_past_a_conflict(cast: Cast) -> None:
    _need, row, where = conflicting(cast)
    lead = signed_in(cast.lead)

    edited = lead.post(where, PLACE | {"version": 1})
    ended = lead.post(f"{where}end/", follow=True)

    assert edited.status_code == 422
    assert "This would end a conflict." in text(edited)
    assert "This would end a conflict." in text(ended)
    with tenant(cast.acme):
        assert FieldVariant.objects.get().version == row.version


def test_other_words_are_not_what_was_settled(cast: Cast) -> None:
    need, _row, where = conflicting(cast)
    signed_in(cast.admin).post(f"{where}settle/", SETTLED)
    differs = PLACE | {"stand": "differs", "factor": "", "plus": "", "cannot": "Nobody knows"}

    answer = signed_in(cast.lead).post(where, differs | {"version": 2})

    assert answer.status_code == 302
    assert "Lead time: 1 open conflict." in page(cast.reader, f"{HOME}{need.field_id}/")


def test_another_agreed_meaning_is_compared_with_anew_at_every_place(cast: Cast) -> None:
    need, _row, where = conflicting(
        cast, stand="convert", factor=Decimal("1.4"), plus=Decimal(0), cannot=""
    )
    meaning = {"name": "Lead time", "unit": "days", "owner": str(cast.reviewer.pk), "version": 1}

    signed_in(cast.lead).post(
        f"{HOME}{need.field_id}/edit/", meaning | {"meaning": "Days to the shelf"}
    )
    shown = page(cast.reader, f"{HOME}{need.field_id}/")
    signed_in(cast.lead).post(where, PLACE | {"version": 1, "factor": "1.5"})
    still = page(cast.reader, f"{HOME}{need.field_id}/")
    settled = SETTLED | {"version": 2, "outcome": "converted", "factor": "1.4", "plus": "1"}
    signed_in(cast.reviewer).post(f"{where}settle/", settled)

    assert "Agreed meaning changed" in shown
    assert "Agreed meaning changed" in still
    after = page(cast.reader, f"{HOME}{need.field_id}/")
    assert "times 1.4, plus 1 is the agreed meaning" in after
    assert "Lead time: no open conflict." in after


def test_another_owner_or_name_opens_nothing(cast: Cast) -> None:
    acme, _pilot, need = needed(cast)
    with tenant(cast.acme):
        differ(acme, need, stand="same", cannot="", meaning="The same")
        fields.change_field(
            row=need.field,
            version=1,
            name="Lead time, orders",
            meaning=need.field.meaning,
            unit="days",
            owner=cast.admin,
            by=cast.lead,
        )

        assert read_field(FieldDefinition.objects.get()).open == []


def test_what_was_put_back_is_a_conflict_again(cast: Cast) -> None:
    need, row, _where = conflicting(cast)
    with tenant(cast.acme):
        fields.settle(
            row=row, version=1, outcome="gone", reason="R", by=cast.admin, now=need.created_at
        )
        fields.restore_variant(row=row, by=cast.lead)

        assert len(read_field(need.field).open) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"source": ""}, "Choose a site, a source, or both."),
        ({"meaning": ""}, "Fill this in."),
        ({"meaning": "x" * 501}, "At most 500 characters"),
        ({"said_by": ""}, "Fill this in."),
        ({"stand": "maybe"}, "“maybe” is not one of the choices."),
        ({"factor": ""}, "Fill this in."),
        ({"factor": "0"}, "Times 0 every value is lost."),
        ({"factor": "99999999999"}, "This number is too large."),
        ({"plus": "one"}, "This is not a number"),
        ({"stand": "same"}, "A factor belongs to what is converted."),
        ({"stand": "differs", "factor": "", "plus": ""}, "Say why it cannot be converted."),
        ({"source": "nowhere"}, "“nowhere” is not one of the choices."),
    ],
)
def test_bad_answers_are_named_and_what_was_typed_stays(
    cast: Cast, wrong: dict[str, str], words: str
) -> None:
    _acme, _pilot, need = needed(cast)

    answer = signed_in(cast.lead).post(
        f"{HOME}{need.field_id}/places/new/", PLACE | {"said_by": "<b>Typed</b>"} | wrong
    )

    assert answer.status_code == 422
    assert words in text(answer)
    assert "<b>" not in answer.content.decode()
    assert "said_by" in wrong or "&lt;b&gt;Typed&lt;/b&gt;" in answer.content.decode()


def test_two_people_who_change_or_settle_both_see_what_stands_there(cast: Cast) -> None:
    _need, _row, where = conflicting(cast)
    differs = PLACE | {"stand": "differs", "factor": "", "plus": "", "cannot": "C", "version": 1}
    signed_in(cast.lead).post(where, differs | {"meaning": "Shifts"})

    late = signed_in(cast.admin).post(where, differs | {"meaning": "Hours"})
    unseen = signed_in(cast.reviewer).post(f"{where}settle/", SETTLED)

    assert late.status_code == unseen.status_code == 409
    assert "By now this is: Shifts." in text(late)
    with tenant(cast.acme):
        assert not FieldSettlement.objects.exists()


def test_a_conflict_is_settled_once(cast: Cast) -> None:
    need, row, _where = conflicting(cast)
    given = {"row": row, "reason": "R", "by": cast.admin, "now": need.created_at}
    with tenant(cast.acme):
        fields.settle(version=1, outcome="adopted", **given)

        with pytest.raises(Changed):
            fields.settle(version=1, outcome="accepted", **given)
        with pytest.raises(Refused, match="no conflict to settle"):
            fields.settle(version=2, outcome="accepted", **given)


def test_the_same_place_and_the_same_name_stand_once(cast: Cast) -> None:
    acme, _pilot, need = needed(cast)
    with tenant(cast.acme):
        differ(acme, need)

        with pytest.raises(Refused, match="written down already"):
            differ(acme, need)
        with pytest.raises(Refused, match="Another field has this name"):
            fields.add_field(
                name="LEAD TIME", meaning="M", unit="", owner=cast.admin, by=cast.admin
            )
        with pytest.raises(Refused, match="on the list already"):
            fields.add_need(pilot=need.pilot, field=need.field, used_for="U", by=cast.lead)


def test_a_field_that_a_pilot_needs_is_not_archived_and_an_archived_one_not_needed(
    cast: Cast,
) -> None:
    acme, pilot, need = needed(cast)
    with tenant(cast.acme):
        with pytest.raises(Refused, match="Pilots need it: P-01 Late orders"):
            fields.archive_field(row=need.field, by=cast.lead, now=acme.now)
        fields.end_need(row=need, by=cast.lead, now=acme.now)
        fields.archive_field(row=need.field, by=cast.lead, now=acme.now)

        with pytest.raises(Refused, match="is archived"):
            fields.restore_need(row=need, by=cast.lead)
        with pytest.raises(Refused, match="is archived"):
            fields.add_need(pilot=pilot, field=need.field, used_for="U", by=cast.lead)
        with pytest.raises(Refused, match="is archived"):
            differ(acme, need)


def test_an_archived_pilots_list_stays_as_it_is(cast: Cast) -> None:
    acme, pilot, need = needed(cast)
    with tenant(cast.acme):
        portfolio.archive_pilot(pilot=pilot, by=cast.admin, now=acme.now)
        for act in (fields.end_need, fields.restore_need):
            given = {"now": acme.now} if act is fields.end_need else {}
            with pytest.raises(Refused, match="archived"):
                act(row=need, by=cast.lead, **given)

    assert "Add a field" not in page(cast.lead, LIST)


def test_an_owner_who_left_is_named_and_not_archived_before(cast: Cast) -> None:
    _acme, pilot, need = needed(cast)

    kept = signed_in(cast.admin).post(
        f"/t/acme/settings/people/{cast.reviewer.person_id}/archive/", follow=True
    )
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.reviewer.pk).update(removed_at=need.created_at)
        (found,) = read_needs(pilot)
        assert found.field.left
        with pytest.raises(Refused, match="no member any more"):
            left = Membership.objects.get(pk=cast.reviewer.pk)
            fields.add_field(name="N", meaning="M", unit="", owner=left, by=cast.lead)

    assert "Name another owner of field Lead time first" in text(kept)
    assert "No owner any more" in page(cast.reader, HOME)


@pytest.mark.parametrize("path", ["new/", "{key}/edit/", "{key}/archive/", "{key}/places/new/"])
def test_only_leads_and_admins_write_fields(cast: Cast, path: str) -> None:
    _acme, _pilot, need = needed(cast)

    for who in (cast.reader, cast.reviewer, cast.coo):
        answer = signed_in(who).post(HOME + path.format(key=need.field_id), PLACE)
        assert answer.status_code == 403


def test_another_company_finds_no_field_of_ours_and_names_none_of_its_own_there(
    cast: Cast,
) -> None:
    need, row, where = conflicting(cast)

    assert signed_in(cast.stranger).get(where).status_code == 404
    with tenant(cast.borealis):
        assert not FieldDefinition.objects.exists()
        theirs = fields.add_field(
            name="Lead time", meaning="M", unit="", owner=cast.stranger, by=cast.stranger
        )
    answer = signed_in(cast.lead).post(
        f"{LIST}new/", {"field": str(theirs.pk), "used_for": "Late orders"}
    )
    mixed = signed_in(cast.admin).get(f"{HOME}{theirs.pk}/places/{row.pk}/")
    owned = signed_in(cast.lead).post(
        f"{HOME}new/", {"name": "N", "meaning": "M", "owner": str(cast.stranger.pk)}
    )

    assert answer.status_code == owned.status_code == 422
    assert mixed.status_code == 404
    assert need.field_id != theirs.pk


def test_a_variant_of_another_field_is_not_found_below_this_one(cast: Cast) -> None:
    acme, pilot, _need = needed(cast)
    with tenant(cast.acme):
        other = need_field(acme, pilot, name="Other")
        row = differ(acme, other)
        first: UUID = FieldDefinition.objects.get(name="Lead time").pk

    assert signed_in(cast.lead).get(f"{HOME}{first}/places/{row.pk}/").status_code == 404


@pytest.mark.parametrize("days", [0, 400])
def test_who_ever_led_the_pilot_settles_nothing_either(cast: Cast, days: int) -> None:
    need, row, _where = conflicting(cast)
    with tenant(cast.acme):
        PilotParty.objects.create(
            pilot=need.pilot,
            person_id=cast.admin.person_id,
            part=Part.LEAD,
            ended_at=need.created_at - timedelta(days=days),
        )

        with pytest.raises(Refused, match="Who leads a pilot"):
            fields.settle(
                row=row, version=1, outcome="gone", reason="R", by=cast.admin, now=need.created_at
            )


def test_lists_ask_as_often_for_many_fields_as_for_few(cast: Cast) -> None:
    acme, pilot, _need = needed(cast)
    reader = signed_in(cast.reader)

    def asked() -> list[int]:
        with tenant(cast.acme):
            key = FieldDefinition.objects.order_by("id")[0].pk
        pages = (HOME, LIST, f"{HOME}{key}/")
        return [len(counted(lambda page=page: reader.get(page))[1]) for page in pages]

    def more(number: int) -> None:
        with tenant(cast.acme):
            for one in range(number):
                row = differ(acme, need_field(acme, pilot, name=f"Field {number} {one}"))
                site = portfolio.add_site(name=f"S {number} {one}", zone="UTC", by=cast.admin)
                first = FieldNeed.objects.order_by("id")[0]
                told = differ(acme, first, site=site, source=None)
                for settled in (row, told):
                    fields.settle(
                        row=settled,
                        version=1,
                        outcome="accepted",
                        reason="R",
                        by=cast.admin,
                        now=acme.now,
                    )

    more(2)
    asked()
    few = asked()
    more(9)
    assert asked() == few
