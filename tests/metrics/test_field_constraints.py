"""What the database itself holds of fields, whoever writes: raw statements as the application role."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from common.writing import constraint_of
from metrics.actions import fields
from metrics.models import FieldVariant
from tenants.models import Membership
from tests.conftest import Cast
from tests.gates.plant import differ, need_field
from tests.plant import Plant

pytestmark = pytest.mark.usefixtures("acme")
NOWHERE = "'00000000-0000-0000-0000-000000000000'"
DEFINITION = "tenant_id name meaning unit owner_id wording version"
VARIANT = (
    "tenant_id field_id site_id source_id meaning stand factor plus cannot said_by wording version"
)
NEED = "tenant_id pilot_id field_id used_for version"
SETTLE = (
    "INSERT INTO metrics_fieldsettlement (tenant_id, variant_id, variant_version, wording, meaning,"
    " outcome, reason, member_id, at)"
    " SELECT tenant_id, id, {version}, {wording}, {meaning}, {outcome}, 'R', %s, {at}"
    " FROM metrics_fieldvariant"
)
BUMP = "version = version + 1"


@pytest.fixture
def variant(cast: Cast) -> FieldVariant:
    """A conflict about a field that the reviewer owns and a pilot of the lead needs."""
    plant = Plant(cast)
    return differ(plant, need_field(plant, plant.whole()))


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def refused(statement: str, *values: Any) -> str:
    """Run a statement; return the constraint that refuses it."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        execute(statement, *values)
    return constraint_of(error.value)


def copied(table: str, columns: str, **values: str) -> str:
    """Copy the only row of a table with other values; return the constraint that refuses it."""
    given = {one: one for one in columns.split()} | values
    return refused(
        f"INSERT INTO {table} ({', '.join(given)}) SELECT {', '.join(given.values())} FROM {table}"
    )


def settled(member: Any, **other: str) -> tuple[str, Any]:
    given = {"version": "version", "wording": "wording", "meaning": "meaning", "at": "now()"}
    return SETTLE.format(**{**given, "outcome": "'accepted'", **other}), member


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "metrics_fielddefinition_name_once"),
        ({"name": "upper(name)"}, "metrics_fielddefinition_name_once"),
        ({"name": "''"}, "metrics_fielddefinition_said"),
        ({"meaning": "''"}, "metrics_fielddefinition_said"),
        ({"name": "'N'", "owner_id": NOWHERE}, "metrics_fielddefinition_owner_fk"),
    ],
)
def test_the_database_refuses_a_field_that_is_none(
    variant: FieldVariant, values: dict[str, str], name: str
) -> None:
    assert copied("metrics_fielddefinition", DEFINITION, **values) == name


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "metrics_fieldvariant_place_once"),
        ({"source_id": "NULL"}, "metrics_fieldvariant_somewhere"),
        ({"source_id": "0"}, "metrics_fieldvariant_source_fk"),
        ({"site_id": NOWHERE}, "metrics_fieldvariant_site_fk"),
        ({"field_id": NOWHERE}, "metrics_fieldvariant_field_fk"),
        ({"meaning": "''"}, "metrics_fieldvariant_said"),
        ({"said_by": "''"}, "metrics_fieldvariant_said"),
        ({"cannot": "''"}, "metrics_fieldvariant_stand"),
        ({"stand": "'same'"}, "metrics_fieldvariant_stand"),
        ({"stand": "'convert'", "cannot": "''"}, "metrics_fieldvariant_stand"),
        ({"stand": "'convert'", "cannot": "''", "factor": "1"}, "metrics_fieldvariant_stand"),
        ({"stand": "'else'"}, "metrics_fieldvariant_stand"),
        (
            {"stand": "'convert'", "cannot": "''", "factor": "0", "plus": "0"},
            "metrics_fieldvariant_numbers",
        ),
        (
            {"stand": "'convert'", "cannot": "''", "factor": "'NaN'", "plus": "0"},
            "metrics_fieldvariant_numbers",
        ),
        (
            {"stand": "'convert'", "cannot": "''", "factor": "1", "plus": "'NaN'"},
            "metrics_fieldvariant_numbers",
        ),
        ({"wording": "2"}, "metrics_fieldvariant_settled"),
        ({"version": "2"}, "metrics_fieldvariant_settled"),
    ],
)
def test_the_database_refuses_a_variant_that_is_none(
    variant: FieldVariant, values: dict[str, str], name: str
) -> None:
    assert copied("metrics_fieldvariant", VARIANT, **values) == name


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "metrics_fieldneed_once"),
        ({"used_for": "''"}, "metrics_fieldneed_said"),
        ({"pilot_id": NOWHERE}, "metrics_fieldneed_pilot_fk"),
        ({"field_id": NOWHERE}, "metrics_fieldneed_field_fk"),
    ],
)
def test_the_database_refuses_a_need_that_is_none(
    variant: FieldVariant, values: dict[str, str], name: str
) -> None:
    assert copied("metrics_fieldneed", NEED, **values) == name


@pytest.mark.parametrize(
    "change",
    [
        "stand = 'same', cannot = ''",
        "stand = 'convert', cannot = '', factor = 1, plus = 0",
        "ended_at = now()",
        "settled = 1",
        "settled = 1, stand = 'same', cannot = ''",
        "wording = 2",
    ],
)
def test_the_database_ends_no_conflict_that_nobody_settled(
    variant: FieldVariant, change: str
) -> None:
    statement = f"UPDATE metrics_fieldvariant SET {change}, {BUMP}"

    assert refused(statement) == "metrics_fieldvariant_settled"


@pytest.mark.parametrize(
    ("outcome", "change"),
    [
        ("accepted", "stand = 'same', cannot = ''"),
        ("accepted", "ended_at = now()"),
        ("accepted", "meaning = 'Else', source_id = NULL"),
        ("adopted", "cannot = cannot"),
        ("gone", "cannot = cannot"),
    ],
)
def test_the_database_settles_what_the_settlement_says_and_nothing_else(
    variant: FieldVariant, cast: Cast, outcome: str, change: str
) -> None:
    execute(*settled(cast.reviewer.pk, outcome=f"'{outcome}'"))

    statement = f"UPDATE metrics_fieldvariant SET settled = 1, {change}, {BUMP}"

    assert refused(statement) in {"metrics_fieldvariant_settled", "metrics_fieldvariant_somewhere"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE metrics_fieldvariant SET meaning = 'Else', version = version + 1",
        "UPDATE metrics_fieldvariant SET cannot = 'Else', version = version + 1",
        "UPDATE metrics_fieldvariant SET settled = NULL, stand = 'same', cannot = '',"
        " version = version + 1",
        "UPDATE metrics_fieldvariant SET said_by = 'Else', version = 1",
        "UPDATE metrics_fieldvariant SET said_by = 'Else', version = version + 2",
    ],
)
def test_the_database_keeps_the_words_that_were_settled(
    variant: FieldVariant, cast: Cast, statement: str
) -> None:
    execute(*settled(cast.reviewer.pk))
    execute(f"UPDATE metrics_fieldvariant SET settled = 1, {BUMP}")

    assert refused(statement) == "metrics_fieldvariant_settled"


@pytest.mark.parametrize(
    "other",
    [
        {"version": "version + 1"},
        {"wording": "wording + 1"},
        {"at": "now() + interval '2 days'"},
    ],
)
def test_the_database_takes_no_settlement_of_what_does_not_stand_there(
    variant: FieldVariant, cast: Cast, other: dict[str, str]
) -> None:
    assert refused(*settled(cast.reviewer.pk, **other)) == "metrics_fieldsettlement_by_owner"


def test_the_database_lets_the_owner_or_an_admin_settle_and_nobody_else(
    variant: FieldVariant, cast: Cast
) -> None:
    for who in (cast.coo, cast.lead, cast.sponsor):
        assert refused(*settled(who.pk)) == "metrics_fieldsettlement_by_owner"

    execute(*settled(cast.admin.pk))


def test_the_database_lets_no_lead_settle_and_nobody_who_left(
    variant: FieldVariant, cast: Cast
) -> None:
    execute("UPDATE metrics_fielddefinition SET owner_id = %s, version = 2", cast.lead.pk)
    assert refused(*settled(cast.lead.pk)) == "metrics_fieldsettlement_by_owner"

    execute("UPDATE metrics_fielddefinition SET owner_id = %s, version = 3", cast.owner.pk)
    Membership.objects.filter(pk=cast.owner.pk).update(removed_at=variant.created_at)
    assert refused(*settled(cast.owner.pk)) == "metrics_fieldsettlement_by_owner"


def test_the_database_lets_nobody_settle_who_led_the_pilot_before_it_began(
    variant: FieldVariant, cast: Cast
) -> None:
    execute(
        "INSERT INTO portfolio_pilotparty (tenant_id, pilot_id, person_id, part, ended_at)"
        " SELECT tenant_id, id, %s, 'lead', start_date - 30 FROM portfolio_pilot",
        cast.reviewer.person_id,
    )

    assert refused(*settled(cast.reviewer.pk)) == "metrics_fieldsettlement_by_owner"


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({}, "metrics_fieldsettlement_once"),
        ({"outcome": "'else'"}, "metrics_fieldsettlement_outcome"),
        ({"outcome": "'converted'"}, "metrics_fieldsettlement_outcome"),
        ({"meaning": "''"}, "metrics_fieldsettlement_said"),
    ],
)
def test_the_database_refuses_a_settlement_that_is_none(
    variant: FieldVariant, cast: Cast, other: dict[str, str], name: str
) -> None:
    if not other:
        execute(*settled(cast.reviewer.pk))

    assert refused(*settled(cast.reviewer.pk, **other)) == name


def test_a_settlement_is_of_a_variant_and_by_a_member_of_this_company(
    variant: FieldVariant, cast: Cast
) -> None:
    member = cast.reviewer.pk
    nowhere, _ = settled(member)
    nowhere = nowhere.replace("SELECT tenant_id, id", f"SELECT tenant_id, {NOWHERE}")

    assert refused(nowhere, member) == "metrics_fieldsettlement_variant_fk"
    assert refused(*settled(UUID(int=0))) == "metrics_fieldsettlement_member_fk"
    assert refused(*settled(cast.stranger.pk)) == "metrics_fieldsettlement_member_fk"


def test_the_database_knows_that_another_meaning_is_another_wording(variant: FieldVariant) -> None:
    for change in ("meaning = 'Else'", "unit = 'h'", "wording = 2"):
        statement = f"UPDATE metrics_fielddefinition SET {change}"
        assert refused(statement) == "metrics_fielddefinition_worded"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE metrics_fieldsettlement SET reason = 'Else'",
        "DELETE FROM metrics_fieldsettlement",
        "DELETE FROM metrics_fieldvariant",
        "DELETE FROM metrics_fielddefinition",
        "DELETE FROM metrics_fieldneed",
        "UPDATE metrics_fieldvariant SET field_id = field_id",
        "UPDATE metrics_fieldneed SET pilot_id = pilot_id",
    ],
)
def test_the_application_role_has_no_right_to_it(variant: FieldVariant, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE metrics_fieldsettlement SET reason = 'Else'", "DELETE FROM metrics_fieldsettlement"],
)
def test_what_was_settled_stays_whoever_writes(
    cast: Cast, database_name: str, statement: str
) -> None:
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin:
        admin.execute("SET LOCAL session_replication_role = replica")  # only for the row itself
        admin.execute(
            "INSERT INTO metrics_fieldsettlement (tenant_id, variant_id, variant_version, wording,"
            " meaning, outcome, reason, member_id, at)"
            " VALUES (%s, %s, 1, 1, 'M', 'gone', 'R', %s, now())",
            [cast.acme, UUID(int=1), cast.lead.pk],
        )
        admin.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            admin.execute(statement)
        admin.rollback()


def test_the_actions_do_what_the_database_allows(variant: FieldVariant, cast: Cast) -> None:
    fields.settle(
        row=variant,
        version=1,
        outcome="accepted",
        reason="R",
        by=cast.reviewer,
        now=variant.created_at,
    )
    found = FieldVariant.objects.get()

    assert (found.settled, found.version) == (1, 2)
