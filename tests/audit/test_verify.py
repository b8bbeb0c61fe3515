"""An exported trail is checked without the database, and every change of it is found."""

import hashlib
import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from audit import actions as audit
from audit import queries, rules
from common.tenancy.context import tenant
from tenants.actions import create_tenant

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def export(django_db_setup: None, django_db_blocker: Any) -> Lines:
    """The exported trail of a tenant with five lines, and its head."""
    with django_db_blocker.unblock():
        slug = f"export-{uuid4().hex[:8]}"
        tenant_id = create_tenant(slug=slug, name="Export", currency="EUR", zone="UTC")
        with tenant(tenant_id):
            for number in range(5):
                audit.record(
                    actor="system:test",
                    action="TESTED",
                    object=f"test:{number}",
                    payload={"n": number, "text": 'Zoë "÷"\n', "share": 0.1},
                )
        out = StringIO()
        call_command("export_audit", tenant=slug, stdout=out)
        with pytest.raises(CommandError, match="no tenant 'nowhere'"):
            call_command("export_audit", tenant="nowhere")
        connections["owner"].close()
        connections["default"].close()
    return [json.loads(line) for line in out.getvalue().splitlines()]


MANY = """
INSERT INTO audit_event (tenant_id, seq, at, actor, action, object, payload, prev, hash)
SELECT %s, 0, clock_timestamp(), 'system:test', 'TESTED', 'test:' || g, '{}', '', ''
FROM generate_series(1, %s) AS g
"""


def test_a_long_trail_is_read_a_part_at_a_time(
    django_db_setup: None, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        slug, many = f"long-{uuid4().hex[:8]}", queries.CHUNK + 1
        tenant_id = create_tenant(slug=slug, name="Long", currency="EUR", zone="UTC")
        with tenant(tenant_id), connections["default"].cursor() as cursor:
            cursor.execute(MANY, [tenant_id, many])
        lines = queries.export(slug)
        first = next(lines)
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT statement FROM pg_cursors")
            kept_by_the_server = [str(row[0]) for row in cursor.fetchall()]
        found = rules.verify([first, *lines])
        connections["owner"].close()
        connections["default"].close()

    assert [queries.CHAIN.strip() in one for one in kept_by_the_server] == [True]
    assert (found.seq, found.faults) == (many, [])


def check(lines: Lines, head: str = "") -> list[str]:
    return rules.verify([json.dumps(line) for line in lines], head=head).faults


def test_a_whole_trail_holds(export: Lines) -> None:
    found = rules.verify([json.dumps(line) for line in export])

    assert (found.lines, found.seq, found.faults) == (5, 5, [])
    assert json.loads(export[0]["canonical"])[3:6] == ["system:test", "TESTED", "test:0"]


BACK = """
UPDATE audit_event e SET at = moved.at, hash = sha256(e.prev || audit_canonical(
    e.tenant_id, e.seq, moved.at, e.actor, e.action, e.object, e.payload))
FROM (SELECT at - interval '1 hour' AS at FROM audit_event WHERE tenant_id = %(tenant)s
      AND seq = 2) AS moved
WHERE e.tenant_id = %(tenant)s AND e.seq = 2
"""
HEAD = """
UPDATE audit_head SET hash = (SELECT e.hash FROM audit_event e WHERE e.tenant_id = %(tenant)s
    AND e.seq = 2) WHERE tenant_id = %(tenant)s
"""


def test_a_trail_whose_clock_stepped_back_holds(
    django_db_setup: None, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        slug = f"back-{uuid4().hex[:8]}"
        tenant_id = create_tenant(slug=slug, name="Back", currency="EUR", zone="UTC")
        with tenant(tenant_id):
            for number in range(2):
                audit.record(actor="system:test", action="TESTED", object=f"test:{number}")
        name = connections["owner"].settings_dict["NAME"]
        with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=name) as admin:
            admin.execute("SET session_replication_role = replica")  # as if the clock had said so
            for statement in (BACK, HEAD):
                admin.execute(statement, {"tenant": tenant_id})
        out = StringIO()
        call_command("export_audit", tenant=slug, stdout=out)
        connections["owner"].close()
        connections["default"].close()

    lines = out.getvalue().splitlines()
    times = [json.loads(json.loads(line)["canonical"])[2] for line in lines[:2]]
    assert times[1] < times[0]
    assert rules.verify(lines).faults == []


def test_an_empty_trail_holds() -> None:
    assert check([{"head": {"seq": 0, "hash": "00"}}]) == []


def rechain(lines: Lines) -> Lines:
    """What somebody with all rights in the database would do after changing a line."""
    prev = "00"
    for line in lines[:-1]:
        line["prev"] = prev
        content = bytes.fromhex(prev) + line["canonical"].encode()
        line["hash"] = prev = hashlib.sha256(content).hexdigest()
    lines[-1]["head"]["hash"] = prev
    return lines


CHANGES: dict[str, tuple[Callable[[Lines], Any], str]] = {
    "a changed payload": (
        lambda x: x[2].update(canonical=x[2]["canonical"].replace("test:2", "test:9")),
        "Line 3 was changed",
    ),
    "a changed hash": (lambda x: x[2].update(hash="ab" * 32), "Line 3 was changed"),
    "a changed link": (lambda x: x[2].update(prev="ab" * 32), "Line 3 is not chained"),
    "a line taken out of the middle": (lambda x: x.pop(2), "lines between are missing"),
    "the first line taken out": (lambda x: x.pop(0), "Line 2 follows 0"),
    "two lines swapped": (lambda x: x.insert(1, x.pop(2)), "lines between are missing"),
    "a line twice": (lambda x: x.insert(2, x[1]), "Line 2 follows 2"),
    "a line renumbered": (lambda x: x[4].update(seq=6), "belongs to another place"),
    "the end cut off": (lambda x: x.pop(4), "ends at 4, its head says 5"),
    "the head left out": (lambda x: x.pop(5), "has no head"),
    "nonsense": (lambda x: x.insert(1, {"seq": "x"}), "Line 2 of the file cannot be read"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_found(export: Lines, name: str) -> None:
    lines = json.loads(json.dumps(export))
    change, words = CHANGES[name]

    change(lines)

    assert any(words in fault for fault in check(lines)), check(lines)


def test_an_end_cut_off_with_its_head_is_found_by_the_published_head(export: Lines) -> None:
    published = f"5:{export[4]['hash']}"
    cut = [*export[:3], {"head": {"seq": 3, "hash": export[2]["hash"]}}]

    assert check(cut) == []
    assert check(cut, head=published) == ["The published line 5 is missing or another."]
    assert check(export, head=published) == []
    assert check(export, head=f"3:{export[2]['hash']}") == []


def test_a_rewritten_chain_is_found_by_the_published_head(export: Lines) -> None:
    lines = json.loads(json.dumps(export))
    lines[1]["canonical"] = lines[1]["canonical"].replace("test:1", "test:9")

    forged = rechain(lines)

    assert check(forged) == []
    assert check(forged, head=f"5:{export[4]['hash']}") != []


def test_the_command_says_whether_the_chain_holds(export: Lines, tmp_path: Path) -> None:
    file = tmp_path / "trail.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in export))
    out = StringIO()

    call_command("verify_audit", file, stdout=out)

    assert out.getvalue() == f"The chain holds: 5 lines. Head 5:{export[4]['hash']}\n"
    file.write_text("\n".join(json.dumps(line) for line in export[1:]))
    with pytest.raises(CommandError, match=r"does not hold: 2 faults\.$"):
        call_command("verify_audit", file, stderr=StringIO())
    file.write_text("\n".join(json.dumps(line) for line in export[:-1]))
    with pytest.raises(CommandError, match=r"does not hold: 1 fault\.$"):
        call_command("verify_audit", file, stderr=StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_audit", tmp_path / "nowhere")
