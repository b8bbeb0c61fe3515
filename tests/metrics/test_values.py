"""Values of sources: what they stand for, as figures arrive and as tables, and what nobody mapped."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client

from audit.models import AuditEvent
from common.errors import Refused
from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import values
from metrics.actions.values import Said
from metrics.models import MappedValue, Measurement, SyncBatch, UnmappedValue
from metrics.rules import values as rules
from metrics.rules.values import Line, What
from portfolio import actions as portfolio
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.gates.plant import list_source
from tests.plant import ZONE, Plant
from tests.portfolio.test_board import plant, text
from tests.queries import check_count, counted

pytestmark = pytest.mark.usefixtures("cast")
HOME = "/t/acme/settings/values/"
NOWHERE = UUID(int=0)
UNIT = {"what": "unit", "site_id": None, "agreed": "%", "factor": 1}
FORM = {"source": "erp", "what": "location", "value": "PL01", "site": "plant-lyon", "agreed": ""}


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


def map_location(acme: Plant, value: str = "PL01") -> MappedValue:
    said = Said(acme.source, What.LOCATION, value, site=acme.site)
    return values.map_value(said=said, by=acme.cast.lead)


def map_unit(acme: Plant, value: str, agreed: str, factor: str = "1") -> MappedValue:
    said = Said(acme.source, What.UNIT, value, agreed=agreed, factor=Decimal(factor))
    return values.map_value(said=said, by=acme.cast.lead)


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

    assert "4 figures were refused today for what nobody mapped." in text(page)
    assert "PL01 Map it : PL01 Location 3" in text(page)
    assert "W<b>7" not in page.content.decode()
    assert "new/?source=erp&amp;what=location&amp;value=PL01" in page.content.decode()
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
        ({"factor": "2"}, "Only a unit has a factor."),
        ({"what": ""}, "Choose one."),
        ({"what": "field"}, "“field” is not one of the choices."),
        ({"what": "unit"}, "Only the code of a location stands for a site."),
        ({"what": "unit", "site": ""}, "Say which agreed value it stands for."),
        ({"what": "unit", "site": "", "agreed": "kg"}, "No metric is in “kg”."),
        (
            {"what": "unit", "site": "", "agreed": "%", "factor": "0"},
            "A factor is more than 0 and at most 10,000,000,000.",
        ),
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
        map_unit(acme, "PCT", "%", "0.000000001")
    sent = signed_in(cast.reader).get(f"{HOME}values.csv").content.decode()

    same = upload(cast, sent)
    more = upload(cast, sent + "ERP,Location,PL09,Plant Lyon\r\nerp,unit,pct,share,1e-2\r\n")

    assert "'=1+1" in sent
    assert "erp,unit,PCT,%,0.000000001" in sent
    assert same.status_code == more.status_code == 302
    with tenant(cast.acme):
        assert set(MappedValue.objects.values_list("value", "version")) == {
            ("PL01", 1),
            ("=1+1", 1),
            ("PCT", 1),
            ("PL09", 1),
            ("pct", 1),
        }
        assert MappedValue.objects.get(value="pct").factor == Decimal("0.01")


def test_a_table_is_taken_whole_or_not_at_all_and_each_wrong_row_is_named(cast: Cast) -> None:
    founded(cast)
    table = (
        "source,what,value,agreed\nerp,location,PL01,plant-lyon\nsap,location,A,plant-lyon\n"
        "erp,location,B,nowhere\nerp,vendor,C,D\nerp,location,,plant-lyon\n"
        "erp,location,PL01,plant-lyon\nerp,unit,D,days\n"
    )
    factors = 'source,what,value,agreed,factor\nerp,unit,A,%,"1,5"\nerp,unit,B,%,0\n'

    answer = upload(cast, table)
    wrong = upload(cast, factors)
    headless = upload(cast, "source,value\nerp,A\n")
    rows = "".join(f"erp,location,C{one},plant-lyon\n" for one in range(2_001))
    long = upload(cast, f"source,what,value,agreed\n{rows}")

    assert answer.status_code == headless.status_code == long.status_code == 422
    assert "These are 2001 rows; split the table" in text(long)
    for words in (
        "Row 3: there is no source “sap”.",
        "Row 4: there is no site “nowhere”.",
        "Row 5: there is no field “vendor”, nor is it “location” or “unit”.",
        "Row 6: value is empty.",
        "Row 7: the same value stands in row 2.",
        "Row 8: No metric is in “days”. Units of metrics: %.",
    ):
        assert words in text(answer)
    assert "Row 2: factor is “1,5”; write a number such as 60 or 0.5." in text(wrong)
    assert "Row 3: A factor is more than 0" in text(wrong)
    assert "The header lacks: what, agreed." in text(headless)
    with tenant(cast.acme):
        assert not MappedValue.objects.exists()


def test_cells_survive_export_and_import() -> None:
    cells = ["=A", "'x", "-1", "plain", "'=A", "a,b"]

    text_ = rules.write(Line(0, "erp", "location", one, "site", None) for one in cells)
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
        ("metrics_mappedvalue_to", {"factor": 2}),
        ("metrics_mappedvalue_to", {"what": "unit"}),
        ("metrics_mappedvalue_to", {"what": "field"}),
        ("metrics_mappedvalue_to", {**UNIT, "factor": None}),
        ("metrics_mappedvalue_to", {**UNIT, "field_id": NOWHERE}),
        ("metrics_mappedvalue_factor", {**UNIT, "factor": 0}),
        ("metrics_mappedvalue_factor", {**UNIT, "factor": 10**10 + 1}),
        ("metrics_mappedvalue_source_fk", {"source_id": 0}),
        ("metrics_mappedvalue_site_fk", {"site_id": NOWHERE}),
        (
            "metrics_mappedvalue_field_fk",
            {"what": "field", "field_id": NOWHERE, "site_id": None, "agreed": "A"},
        ),
    ],
)
def test_the_database_refuses_a_map_that_is_none(
    cast: Cast, name: str, given: dict[str, Any]
) -> None:
    acme = founded(cast)
    with tenant(cast.acme):
        map_location(acme)
        row = {
            "source_id": acme.source.pk,
            "what": "location",
            "value": "V",
            "site_id": acme.site.pk,
            **given,
        }
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            MappedValue.objects.create(**row)

    assert constraint_of(refused.value) == name


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("metrics_unmappedvalue_once", {}),
        ("metrics_unmappedvalue_times", {"value": "W", "times": 0}),
        ("metrics_unmappedvalue_what", {"value": "W", "what": "field"}),
        ("metrics_unmappedvalue_source_fk", {"value": "W", "source_id": 0}),
    ],
)
def test_the_database_refuses_a_count_that_is_none(
    cast: Cast, name: str, given: dict[str, Any]
) -> None:
    acme = founded(cast)
    row = {
        "source_id": acme.source.pk,
        "what": "location",
        "day": acme.today,
        "value": "V",
        "times": 1,
    }
    with tenant(cast.acme):
        UnmappedValue.objects.create(**row)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            UnmappedValue.objects.create(**row | given)

    assert constraint_of(refused.value) == name


def rows() -> dict[str, tuple[int, str]]:
    """Return of each table that the product may read how many rows it has, and what they say."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p')"
            " AND c.relnamespace = 'public'::regnamespace"
            " AND has_table_privilege(current_user, c.oid, 'SELECT')"
        )
        found = {}
        for (name,) in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*), coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '')"  # ours
                f' FROM "{name}" t'
            )
            found[name] = cursor.fetchone()
        return found


MODES = ["keep_good", "all_or_nothing"]


@pytest.mark.parametrize("mode", MODES)
def test_of_a_refused_batch_nothing_is_kept_but_the_count(cast: Cast, mode: str) -> None:
    acme = founded(cast)
    good = [] if mode == "keep_good" else [item(1, acme.site.code)]
    with tenant(cast.acme):
        before = rows()

    answer = send(cast, *good, item(2, "PL01"), mode=mode)

    with tenant(cast.acme):
        after = rows()
        assert UnmappedValue.objects.get().times == 1
    assert answer.status_code == 422
    assert {name for name in after if after[name] != before[name]} == {"metrics_unmappedvalue"}
    assert len(before) > 50


def test_of_a_batch_of_conflicts_nothing_is_kept_but_the_count(cast: Cast) -> None:
    acme = founded(cast)
    send(cast, item(1, acme.site.code))
    with tenant(cast.acme):
        before = rows()

    answer = send(cast, item(1, acme.site.code, numerator=9), item(2, "PL01"))
    alone = send(cast, item(1, acme.site.code, numerator=9))

    with tenant(cast.acme):
        after = rows()
        assert UnmappedValue.objects.get().times == 1
    assert [answer.status_code, alone.status_code] == [422, 422]
    assert {name for name in after if after[name] != before[name]} == {"metrics_unmappedvalue"}


@pytest.mark.parametrize("mode", MODES)
def test_a_request_that_is_repeated_by_its_key_counts_once(cast: Cast, mode: str) -> None:
    founded(cast)
    api = Api(cast.api)
    body = {"mode": mode, "measurements": [item(1, "PL01")]}

    answers = [api.post("measurements/", body, Idempotency_Key="one") for _ in range(2)]

    assert [one.status_code for one in answers] == [422, 422]
    assert "Idempotent-Replayed" in answers[1].headers
    with tenant(cast.acme):
        assert UnmappedValue.objects.get().times == 1
        assert not SyncBatch.objects.exists()


def test_what_is_taken_and_what_is_counted_stand_side_by_side(cast: Cast) -> None:
    acme = founded(cast)

    answer = send(cast, item(1, acme.site.code), item(2, "PL01"))

    assert answer.status_code == 200
    with tenant(cast.acme):
        assert Measurement.objects.count() == 1
        assert UnmappedValue.objects.get().times == 1


def asked(call: Callable[[], Any]) -> int:
    """Return how many statements a call sends to the database, by whatever cursor."""
    with tempfile.TemporaryFile("w+") as trace:
        pgconn = connection.connection.pgconn
        pgconn.trace(trace.fileno())
        call()
        pgconn.untrace()
        trace.seek(0)
        sent = [line.split("\t") for line in trace if "\tF\t" in line]
    return sum(fields[3] in {"Query", "Execute"} for fields in sent)


def test_maps_cost_a_sync_nothing_without_them_and_one_look_up_with_them(cast: Cast) -> None:
    acme = founded(cast)
    send(cast, item(0, acme.site.code))  # the first call of a token notes the time

    def at(code: str, numbers: range) -> int:
        return asked(lambda: send(cast, *(item(number, code) for number in numbers)))

    plain = at(acme.site.code, range(1, 2))
    with tenant(cast.acme):
        for number in range(20):
            map_location(acme, f"PL{number}")

    assert at(acme.site.code, range(100, 140)) == plain
    assert at("PL1", range(200, 201)) == plain + 1
    assert at("PL2", range(300, 340)) == plain + 1


def test_sources_say_what_they_sent_that_nobody_mapped_until_it_is(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.metric(code="on-time")
        list_source(acme, acme.pilot(lead=cast.lead))
    reader = signed_in(cast.reader)
    pages = ["/t/acme/settings/sources/", "/t/acme/pilots/P-01/sources/"]
    before = [text(reader.get(one)) for one in pages]

    send(cast, item(1, "PL01"), item(2, "PL01"), item(3, "PL02"))
    while_unmapped = [text(reader.get(one)) for one in pages]
    with tenant(cast.acme):
        map_location(acme)
    one_left = [text(reader.get(one)) for one in pages]
    with tenant(cast.acme):
        portfolio.add_site(name="Plant Nantes", code="PL02", zone=ZONE, by=cast.admin)
    mended = [text(reader.get(one)) for one in pages]
    listed = text(reader.get(HOME))

    assert all("not mapped" not in one for one in before + mended)
    assert all("3 figures not mapped" in one for one in while_unmapped)
    assert all("1 figure not mapped" in one for one in one_left)
    assert "PL01 (known by now)" in listed
    assert "1 value is mapped." in listed


def test_pages_ask_as_much_of_many_values_as_of_one(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.metric(code="on-time")
        list_source(acme, acme.pilot(lead=cast.lead))
        map_location(acme)
        values.end_value(row=map_location(acme, "OLD"), by=cast.lead, now=acme.now)
    send(cast, item(1, "X1"))
    lead = signed_in(cast.lead)
    pages = {
        "values": HOME,
        "values, csv": f"{HOME}values.csv",
        "values, new": f"{HOME}new/",
        "sources": "/t/acme/settings/sources/",
        "sources of a pilot": "/t/acme/pilots/P-01/sources/",
    }
    few = {name: len(counted(partial(lead.get, path))[1]) for name, path in pages.items()}

    with tenant(cast.acme):
        for number in range(9):
            map_location(acme, f"PL{number}")
            row = map_location(acme, f"OLD{number}")
            values.end_value(row=row, by=cast.lead, now=acme.now)
    send(cast, *(item(number, f"X{number}") for number in range(9)))

    for name, path in pages.items():
        statements = counted(partial(lead.get, path))[1]
        assert few[name] == len(statements), name
        check_count(name, statements)
