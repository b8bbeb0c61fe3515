"""Writes of which value stands for which, and counts of what arrived that nobody mapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from audit import actions as audit
from common import sheets
from common.errors import Refused
from common.tenancy.context import require_tenant_id
from common.writing import change, explained, lock, told
from portfolio.models import Site
from tenants.queries import Doer

from ..models import FieldDefinition, MappedValue, Source, UnmappedValue
from ..queries import values as queries
from ..rules import values as rules
from ..rules.values import Line

MAPPED_ALREADY = {
    "metrics_mappedvalue_once": Refused(
        "This value of the source is mapped already: change that.", code="twice", field="value"
    )
}
MOST_A_DAY = 200
KEPT_FOR = timedelta(days=90)
COUNT = """
INSERT INTO metrics_unmappedvalue (tenant_id, source_id, day, value, times)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (tenant_id, source_id, day, value)
DO UPDATE SET times = metrics_unmappedvalue.times + excluded.times
"""


@transaction.atomic
def map_value(
    *,
    source: Source,
    field: FieldDefinition | None,
    value: str,
    site: Site | None,
    agreed: str,
    by: Doer,
) -> MappedValue:
    """Say which agreed value a source's value stands for; a location's code stands for a site.

    Raises Refused for a value that is mapped already, for what it stands for that is none, and for
    what is archived. Audit: VALUE_MAPPED.
    """
    values = _checked(source, field, value, site, agreed)
    with explained(MAPPED_ALREADY):
        found: MappedValue = MappedValue.objects.create(**values)
    _record("VALUE_MAPPED", found, by, {"to": _to(found)})
    return found


@transaction.atomic
def change_value(
    *,
    row: MappedValue,
    version: int,
    source: Source,
    field: FieldDefinition | None,
    value: str,
    site: Site | None,
    agreed: str,
    by: Doer,
) -> MappedValue:
    """Change what a value stands for. Raises Changed for an old version, Refused as `map_value`.

    Audit: VALUE_MAP_CHANGED.
    """
    row = lock(row, version=version)
    values = _checked(source, field, value, site, agreed)
    with explained(MAPPED_ALREADY):
        moved = change(row, values)
    if moved:
        _record("VALUE_MAP_CHANGED", row, by, told(moved))
    return row


@transaction.atomic
def end_value(*, row: MappedValue, by: Doer, now: datetime) -> MappedValue:
    """Map a value no more. Doing it again changes nothing. Audit: VALUE_MAP_ENDED."""
    row = lock(row)
    if row.ended_at is None:
        change(row, {"ended_at": now})
        _record("VALUE_MAP_ENDED", row, by, {})
    return row


@transaction.atomic
def restore_value(*, row: MappedValue, by: Doer) -> MappedValue:
    """Map a value again. Raises Refused while it is mapped by another row. Audit: VALUE_MAP_RESTORED."""
    row = lock(row)
    with explained(MAPPED_ALREADY):
        moved = change(row, {"ended_at": None})
    if moved:
        _record("VALUE_MAP_RESTORED", row, by, {})
    return row


@transaction.atomic
def import_values(*, content: bytes, by: Doer) -> int:
    """Map what a table says, all of it or nothing; return how many rows changed something.

    A value that is mapped already is mapped as the table says. Raises Refused, which names the rows,
    for a table that cannot be read and for rows that are wrong. Audit: as one by one.
    """
    try:
        table = sheets.read_table(content)
    except sheets.Unreadable as unreadable:
        raise Refused(str(unreadable), code="unreadable", field="file") from None
    lines, faults = rules.read(table.header, table.rows)
    known = queries.read_known()
    chosen = []
    for line in lines:
        try:
            chosen.append((line, _chosen(line, known)))
        except Refused as refused:
            faults.append(f"Row {line.row}: {refused}")
    if faults:
        more = (
            f" And {len(faults) - rules.MOST_FAULTS} more."
            if len(faults) > rules.MOST_FAULTS
            else ""
        )
        raise Refused(" ".join(faults[: rules.MOST_FAULTS]) + more, code="faults", field="file")
    return sum(_put(values, by) for _line, values in chosen)


def _chosen(line: Line, known: queries.Known) -> dict[str, Any]:
    source = known.source(line.source)
    field = known.field(line.what)
    site = known.site(line.agreed) if field is None else None
    return _checked(source, field, line.value, site, "" if field is None else line.agreed)


def _put(values: Mapping[str, Any], by: Doer) -> bool:
    """Map a value as a table says; tell whether that changed something."""
    row = MappedValue.objects.filter(
        source=values["source"], field=values["field"], value=values["value"], ended_at=None
    ).first()
    if row is None:
        map_value(**values, by=by)
        return True
    before: int = row.version
    after: int = change_value(row=row, version=before, **values, by=by).version
    return after != before


def _checked(
    source: Source, field: FieldDefinition | None, value: str, site: Site | None, agreed: str
) -> dict[str, Any]:
    for name, one in (("source", source), ("field", field), ("site", site)):
        if one is not None and one.archived_at is not None:
            raise Refused(f"{one.name} is archived.", code="archived", field=name)
    if field is None and site is None:
        raise Refused("Choose the site that this code stands for.", code="site", field="site")
    if field is None and agreed:
        raise Refused("The code of a location stands for a site.", code="agreed", field="agreed")
    if field is not None and site is not None:
        raise Refused(f"A value of {field.name} stands for a word.", code="site", field="site")
    if field is not None and not agreed:
        raise Refused("Say which agreed value it stands for.", code="agreed", field="agreed")
    return {"source": source, "field": field, "value": value, "site": site, "agreed": agreed}


def count_unmapped(found: Mapping[tuple[int, str], int], *, day: date) -> None:
    """Count what arrived that no site and no map knows, by source and value.

    Beyond MOST_A_DAY values of a source and day the rest is counted together, so that nobody
    fills the table; what is older than 90 days goes.
    """
    if not found:
        return
    UnmappedValue.objects.filter(day__lt=day - KEPT_FOR).delete()
    counted: Counter[tuple[int, str]] = Counter()
    for source, values in _by_source(found):
        known = set(
            UnmappedValue.objects.filter(source_id=source, day=day).values_list("value", flat=True)
        )
        for value, times in sorted(values.items()):
            told_apart = value in known or len(known) < MOST_A_DAY
            known.add(value if told_apart else "")
            counted[source, value if told_apart else ""] += times
    tenant_id = require_tenant_id()
    rows = [(tenant_id, source, day, value, n) for (source, value), n in sorted(counted.items())]
    with connection.cursor() as cursor:
        cursor.executemany(COUNT, rows)


def _by_source(found: Mapping[tuple[int, str], int]) -> Iterable[tuple[int, dict[str, int]]]:
    sources: dict[int, dict[str, int]] = {}
    for (source, value), times in found.items():
        cut = value[: rules.LONGEST]
        values = sources.setdefault(source, {})
        values[cut] = values.get(cut, 0) + times
    return sorted(sources.items())


def _to(row: MappedValue) -> str:
    return row.site.code if row.site else row.agreed


def _record(action: str, row: MappedValue, by: Doer, payload: dict[str, Any]) -> None:
    said = {
        "source": row.source.code,
        "what": row.field.name if row.field else "",
        "value": row.value,
    }
    audit.record(
        actor=by.audit_name, action=action, object=f"value:{row.pk}", payload=said | payload
    )
