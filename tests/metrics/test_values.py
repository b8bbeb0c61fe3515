"""Values of sources: what they stand for, as figures arrive and as tables, and what nobody mapped."""

from __future__ import annotations

import csv
import json
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from audit.models import AuditEvent
from common.errors import Refused
from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import values
from metrics.models import MappedValue, Measurement, SyncBatch, UnmappedValue
from metrics.rules import values as rules
from tests.conftest import Cast, signed_in
from tests.plant import Plant
from tests.portfolio.test_board import plant, text

pytestmark = pytest.mark.usefixtures("cast")
HOME = "/t/acme/settings/values/"
NOWHERE = UUID(int=0)
FORM = {"source": "erp", "field": "", "value": "PL01", "site": "plant-lyon", "agreed": ""}


def item(number: int, site: str, **other: Any) -> dict[str, Any]:
    return {
        "metric": "on-time",
        "event_at": "2026-09-07T10:00:00+02:00",
        "source": "erp",
        "external_id": str(number),
        "numerator": 8,
        "denominator": 10,
        "site": site,
        **other,
    }


def send(cast: Cast, *items: dict[str, Any], mode: str = "keep_good") -> Any:
    return Client().post(
        "/api/v1/measurements/",
        json.dumps({"mode": mode, "measurements": items}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {cast.api}"},
    )


def founded(cast: Cast) -> Plant:
    with plant(cast) as acme:
        acme.metric(code="on-time")
        return acme


def map_location(acme: Plant, value: str = "PL01", **other: Any) -> MappedValue:
    given = {"source": acme.source, "field": None, "site": acme.site, "agreed": ""}
    return values.map_value(value=value, by=acme.cast.lead, **given | other)


def upload(cast: Cast, table: str, who: str = "lead") -> Any:
    file = SimpleUploadedFile("values.csv", table.encode(), content_type="text/csv")
    return signed_in(getattr(cast, who)).post(f"{HOME}import/", {"file": file})


def test_the_code_of_a_location_counts_for_the_site_that_it_stands_for(cast: Cast) -> None:
    acme = founded(cast)
    with tenant(cast.acme):
        map_location(acme)

    answer = send(cast, item(1, " PL01 "), item(2, acme.site.code))

    assert answer.status_code == 200
    assert answer.json()["created"] == 2
    with tenant(cast.acme):
        assert {one.site_id for one in Measurement.objects.all()} == {acme.site.pk}
        assert not UnmappedValue.objects.exists()


def test_another_sources_code_and_one_that_is_mapped_no_more_are_unknown(cast: Cast) -> None:
    acme = founded(cast)
    with tenant(cast.acme):
        row = map_location(acme)
        values.end_value(row=row, by=cast.lead, now=acme.now)

    answer = send(cast, item(1, "PL01"), item(2, "pl01"))

    assert [one["code"] for one in answer.json()["rejected"]] == ["unknown_site"] * 2
    with tenant(cast.acme):
        assert sorted(UnmappedValue.objects.values_list("value", "times")) == [
            ("PL01", 1),
            ("pl01", 1),
        ]


@pytest.mark.parametrize("mode", ["keep_good", "all_or_nothing"])
def test_what_nobody_mapped_is_counted_by_day_and_leads_to_the_form(cast: Cast, mode: str) -> None:
    founded(cast)
    send(cast, item(1, "PL01"), item(2, "PL01"), item(3, "W<b>7"), mode=mode)
    send(cast, item(1, "PL01"), mode=mode)

    page = signed_in(cast.lead).get(HOME)

    assert "4 figures came today from locations that nobody mapped." in text(page)
    assert "PL01 Map it : PL01 3" in text(page)
    assert "W<b>7" not in page.content.decode()
    assert "new/?source=erp&amp;value=PL01" in page.content.decode()
    with tenant(cast.acme):
        assert not Measurement.objects.exists()


def test_codes_that_nobody_can_read_and_those_beyond_the_most_are_counted_together(
    cast: Cast,
) -> None:
    founded(cast)
    items = [item(number, f"X{number:03}") for number in range(values.MOST_A_DAY + 5)]

    send(cast, *items, item(900, "a\u0007b"), item(901, "y" * 300))

    with tenant(cast.acme):
        found = dict(UnmappedValue.objects.values_list("value", "times"))
    assert sum(found.values()) == values.MOST_A_DAY + 7
    assert found[""] >= 6
    assert len(found) <= values.MOST_A_DAY + 1


def test_a_value_is_mapped_changed_ended_and_mapped_again_by_pages_alone(cast: Cast) -> None:
    founded(cast)
    lead = signed_in(cast.lead)

    empty = text(lead.get(HOME))
    added = lead.post(f"{HOME}new/", FORM)
    twice = lead.post(f"{HOME}new/", FORM)
    with tenant(cast.acme):
        key = MappedValue.objects.get().pk
    changed = lead.post(f"{HOME}{key}/", FORM | {"value": "PL02", "version": 1})
    stale = lead.post(f"{HOME}{key}/", FORM | {"value": "PL03", "version": 1})
    ended = lead.post(f"{HOME}{key}/archive/")
    gone = text(lead.get(HOME))
    back = lead.post(f"{HOME}{key}/restore/")

    assert "No value is mapped yet." in empty
    assert [one.status_code for one in (added, changed, ended, back)] == [302] * 4
    assert twice.status_code == 422
    assert "mapped already" in text(twice)
    assert stale.status_code == 409
    assert "By now this is: PL02." in text(stale)
    assert "Mapped no more PL02" in gone
    with tenant(cast.acme):
        kinds = AuditEvent.objects.filter(action__startswith="VALUE_").order_by("seq")
        assert [one.action for one in kinds] == [
            "VALUE_MAPPED",
            "VALUE_MAP_CHANGED",
            "VALUE_MAP_ENDED",
            "VALUE_MAP_RESTORED",
        ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"site": ""}, "Choose the site that this code stands for."),
        ({"agreed": "Lyon"}, "The code of a location stands for a site."),
        ({"value": ""}, "Fill this in."),
        ({"value": "x" * 121}, "At most 120 characters"),
        ({"source": "none"}, "“none” is not one of the choices."),
    ],
)
def test_bad_answers_are_named(cast: Cast, wrong: dict[str, str], words: str) -> None:
    founded(cast)

    answer = signed_in(cast.lead).post(f"{HOME}new/", FORM | wrong)

    assert answer.status_code == 422
    assert words in text(answer)


def test_what_was_exported_is_imported_again_and_changes_nothing(cast: Cast) -> None:
    acme = founded(cast)
    with tenant(cast.acme):
        map_location(acme)
        map_location(acme, "=1+1")
    sent = signed_in(cast.reader).get(f"{HOME}values.csv").content.decode()

    same = upload(cast, sent)
    more = upload(cast, sent + "ERP,Location,PL09,Plant Lyon\r\n")

    assert "'=1+1" in sent
    assert same.status_code == more.status_code == 302
    with tenant(cast.acme):
        assert set(MappedValue.objects.values_list("value", "version")) == {
            ("PL01", 1),
            ("=1+1", 1),
            ("PL09", 1),
        }


def test_a_table_is_taken_whole_or_not_at_all_and_each_wrong_row_is_named(cast: Cast) -> None:
    founded(cast)
    table = (
        "source,what,value,agreed\nerp,location,PL01,plant-lyon\nsap,location,A,plant-lyon\n"
        "erp,location,B,nowhere\nerp,vendor,C,D\nerp,location,,plant-lyon\n"
        "erp,location,PL01,plant-lyon\n"
    )

    answer = upload(cast, table)
    headless = upload(cast, "source,value\nerp,A\n")
    rows = "".join(f"erp,location,C{one},plant-lyon\n" for one in range(2_001))
    long = upload(cast, f"source,what,value,agreed\n{rows}")

    assert answer.status_code == headless.status_code == long.status_code == 422
    assert "These are 2001 rows; split the table" in text(long)
    for words in (
        "Row 3: there is no source “sap”.",
        "Row 4: there is no site “nowhere”.",
        "Row 5: there is no field “vendor”, nor is it “location”.",
        "Row 6: value is empty.",
        "Row 7: the same value stands in row 2.",
    ):
        assert words in text(answer)
    assert "The header lacks: what, agreed." in text(headless)
    with tenant(cast.acme):
        assert not MappedValue.objects.exists()


def test_cells_survive_export_and_import() -> None:
    cells = ["=A", "'x", "-1", "plain", "'=A", "a,b"]

    text_ = rules.write([["erp", "location", one, "site"] for one in cells])
    rows = [(n, line) for n, line in enumerate(csv.reader(text_.splitlines()), 1)]
    lines, faults = rules.read(rows[0][1], rows[1:])

    assert faults == []
    assert [one.value for one in lines] == cells


@pytest.mark.parametrize("path", ["new/", "import/"])
def test_only_leads_and_admins_map_values(cast: Cast, path: str) -> None:
    founded(cast)

    for who in (cast.reader, cast.reviewer, cast.coo):
        assert signed_in(who).post(HOME + path, FORM).status_code == 403


def test_another_company_finds_and_uses_none_of_ours(cast: Cast) -> None:
    acme = founded(cast)
    with tenant(cast.acme):
        row = map_location(acme)

    assert signed_in(cast.stranger).get(f"{HOME}{row.pk}/").status_code == 404
    with tenant(cast.borealis):
        assert not MappedValue.objects.exists()
        assert not UnmappedValue.objects.exists()


def test_nothing_stands_for_what_is_archived(cast: Cast) -> None:
    acme = founded(cast)
    with tenant(cast.acme):
        acme.site.archived_at = acme.now

        with pytest.raises(Refused, match="is archived"):
            map_location(acme)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("metrics_mappedvalue_once", {"value": "PL01"}),
        ("metrics_mappedvalue_said", {"value": ""}),
        ("metrics_mappedvalue_to", {"site_id": None}),
        ("metrics_mappedvalue_to", {"agreed": "A"}),
        ("metrics_mappedvalue_source_fk", {"source_id": 0}),
        ("metrics_mappedvalue_site_fk", {"site_id": NOWHERE}),
        (
            "metrics_mappedvalue_field_fk",
            {"field_id": NOWHERE, "site_id": None, "agreed": "A"},
        ),
    ],
)
def test_the_database_refuses_a_map_that_is_none(
    cast: Cast, name: str, given: dict[str, Any]
) -> None:
    acme = founded(cast)
    with tenant(cast.acme):
        map_location(acme)
        row = {"source_id": acme.source.pk, "value": "V", "site_id": acme.site.pk, **given}
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            MappedValue.objects.create(**row)

    assert constraint_of(refused.value) == name


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("metrics_unmappedvalue_once", {}),
        ("metrics_unmappedvalue_times", {"value": "W", "times": 0}),
        ("metrics_unmappedvalue_source_fk", {"value": "W", "source_id": 0}),
    ],
)
def test_the_database_refuses_a_count_that_is_none(
    cast: Cast, name: str, given: dict[str, Any]
) -> None:
    acme = founded(cast)
    row = {"source_id": acme.source.pk, "day": acme.now.date(), "value": "V", "times": 1}
    with tenant(cast.acme):
        UnmappedValue.objects.create(**row)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            UnmappedValue.objects.create(**row | given)

    assert constraint_of(refused.value) == name


def test_a_refusal_that_nothing_but_a_count_is_kept_of_stays_out_of_the_trail(cast: Cast) -> None:
    founded(cast)
    with tenant(cast.acme):
        before = AuditEvent.objects.count()

    answers = [send(cast, item(1, "PL01"), mode=one) for one in ("keep_good", "all_or_nothing")]

    assert [one.status_code for one in answers] == [422, 422]
    with tenant(cast.acme):
        assert AuditEvent.objects.count() == before
        assert not SyncBatch.objects.exists()
        assert UnmappedValue.objects.get().times == 2


def test_a_good_item_of_a_refused_batch_stays_out_though_the_other_is_counted(cast: Cast) -> None:
    acme = founded(cast)

    send(cast, item(1, acme.site.code), item(2, "PL01"), mode="all_or_nothing")

    with tenant(cast.acme):
        assert not Measurement.objects.exists()
        assert UnmappedValue.objects.get().times == 1


def test_a_batch_of_conflicts_alone_leaves_nothing(cast: Cast) -> None:
    acme = founded(cast)
    send(cast, item(1, acme.site.code))
    with tenant(cast.acme):
        before = AuditEvent.objects.count(), SyncBatch.objects.count()

    answer = send(cast, item(1, acme.site.code, numerator=9))

    assert answer.status_code == 422
    with tenant(cast.acme):
        assert (AuditEvent.objects.count(), SyncBatch.objects.count()) == before
