"""Writes of which value stands for which, and counts of what arrived that nobody mapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

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
from ..rules import cells
from ..rules import values as rules
from ..rules.values import Line, Unmapped, What

MAPPED_ALREADY = {
    "metrics_mappedvalue_once": Refused(
        "This value of the source is mapped already: change that.", code="twice", field="value"
    )
}
MOST_A_DAY = 200
KEPT_FOR = timedelta(days=90)
COUNT = """
INSERT INTO metrics_unmappedvalue (tenant_id, source_id, day, what, value, times)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (tenant_id, source_id, what, day, value)
DO UPDATE SET times = metrics_unmappedvalue.times + excluded.times
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a value: whose it is, and which agreed one it stands for.

    field: of a value of a field. site: of a location. agreed: of a unit and of a value of a field.
    factor: of a unit, None for 1.
    """

    source: Source
    what: What
    value: str
    field: FieldDefinition | None = None
    site: Site | None = None
    agreed: str = ""
    factor: Decimal | None = None


@transaction.atomic
def map_value(*, said: Said, by: Doer) -> MappedValue:
    """Say which agreed value a source's value stands for.

    Raises Refused for a value that is mapped already, for what it stands for that is none, and for
    what is archived. Audit: VALUE_MAPPED.
    """
    return _map(_checked(said, queries.list_units()), by)


@transaction.atomic
def change_value(*, row: MappedValue, version: int, said: Said, by: Doer) -> MappedValue:
    """Change what a value stands for. Raises Changed for an old version, Refused as `map_value`.

    Audit: VALUE_MAP_CHANGED.
    """
    row = lock(row, version=version)
    _change(row, _checked(said, queries.list_units()), by)
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
            chosen.append(_checked(_said(line, known), known.units))
        except Refused as refused:
            faults.append(f"Row {line.row}: {refused}")
    if faults:
        more = (
            f" And {len(faults) - rules.MOST_FAULTS} more."
            if len(faults) > rules.MOST_FAULTS
            else ""
        )
        raise Refused(" ".join(faults[: rules.MOST_FAULTS]) + more, code="faults", field="file")
    standing = {_key(row): row for row in queries.list_mapped()}
    return sum(_put(values, standing, by) for values in chosen)


def _said(line: Line, known: queries.Known) -> Said:
    what, field = known.what(line.what)
    at_site = what is What.LOCATION
    return Said(
        source=known.source(line.source),
        what=what,
        value=line.value,
        field=field,
        site=known.site(line.agreed) if at_site else None,
        agreed="" if at_site else line.agreed,
        factor=line.factor,
    )


def _put(values: dict[str, Any], standing: Mapping[Any, MappedValue], by: Doer) -> bool:
    """Map a value as a table says; tell whether that changed something."""
    row = standing.get(_key(MappedValue(**values)))
    if row is None:
        _map(values, by)
        return True
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    return _change(lock(row), values, by)


def _key(row: MappedValue) -> tuple[Any, ...]:
    return row.source_id, row.what, row.field_id, row.value


def _map(values: dict[str, Any], by: Doer) -> MappedValue:
    with explained(MAPPED_ALREADY):
        found: MappedValue = MappedValue.objects.create(**values)
    to = {"to": found.site.code if found.site else found.agreed}
    if found.factor is not None:
        to["factor"] = f"{found.factor.normalize():f}"
    _record("VALUE_MAPPED", found, by, to)
    return found


def _change(row: MappedValue, values: dict[str, Any], by: Doer) -> bool:
    with explained(MAPPED_ALREADY):
        moved = change(row, values)
    if moved:
        _record("VALUE_MAP_CHANGED", row, by, told(moved))
    return bool(moved)


def _checked(said: Said, units: Sequence[cells.Known]) -> dict[str, Any]:
    """Return the values of a row. Raises Refused for what says too little, or too much."""
    for name, one in (("source", said.source), ("what", said.field), ("site", said.site)):
        if one is not None and one.archived_at is not None:
            raise Refused(f"{one.name} is archived.", code="archived", field=name)
    at_site = said.what is What.LOCATION
    if at_site and said.site is None:
        raise Refused("Choose the site that this code stands for.", code="site", field="site")
    if at_site and said.agreed:
        raise Refused("The code of a location stands for a site.", code="agreed", field="agreed")
    if not at_site and said.site is not None:
        raise Refused("Only the code of a location stands for a site.", code="site", field="site")
    if not at_site and not said.agreed:
        raise Refused("Say which agreed value it stands for.", code="agreed", field="agreed")
    factor = said.factor
    if said.what is What.UNIT:
        _check_unit(said.agreed, units)
        factor = Decimal(1) if factor is None else factor
        if not 0 < factor <= rules.MOST:
            words = f"A factor is more than 0 and at most {rules.MOST:,}."
            raise Refused(words, code="factor", field="factor")
    elif factor is not None:
        raise Refused("Only a unit has a factor.", code="factor", field="factor")
    if said.field is not None and said.field.name.lower() in rules.WORDS:
        words = f"Choose “{said.field.name}” itself, not the field of that name."
        raise Refused(words, code="field", field="what")
    return {
        "source": said.source,
        "what": said.what.value,
        "field": said.field,
        "value": said.value,
        "site": said.site,
        "agreed": said.agreed,
        "factor": factor,
    }


def _check_unit(agreed: str, units: Sequence[cells.Known]) -> None:
    """Refuse what no metric is counted in: nothing could ever arrive as that."""
    if not any(cells.in_unit(1, agreed, one) for one in units):
        named = {"%" if one.unit == "share" else one.unit for one in units if one.unit}
        listed = ", ".join(sorted(named)) or "none yet"
        words = f"No metric is in “{agreed}”. Units of metrics: {listed}."
        raise Refused(words, code="unit", field="agreed")


def count_unmapped(found: Mapping[Unmapped, int], *, now: datetime, zone: str) -> None:
    """Count what arrived and nobody had mapped, by source and value. zone: whose day it is.

    Beyond MOST_A_DAY values of a source and day the rest is counted together, so that nobody
    fills the table; what is older than 90 days goes.
    """
    if not found:
        return
    day = now.astimezone(ZoneInfo(zone)).date()
    UnmappedValue.objects.filter(day__lt=day - KEPT_FOR).delete()
    rows = UnmappedValue.objects.filter(day=day, source_id__in={source for source, _, _ in found})
    known = set(rows.values_list("source_id", "what", "value"))
    told_apart = Counter(source for source, _, _ in known)
    counted: Counter[tuple[int, str, str]] = Counter()
    for (source, what, value), times in sorted(found.items()):
        line = (source, what.value, value)
        if line not in known and told_apart[source] >= MOST_A_DAY:
            line = (source, what.value, "")
        if line not in known:
            known.add(line)
            told_apart[source] += 1
        counted[line] += times
    tenant_id = require_tenant_id()
    with connection.cursor() as cursor:
        cursor.executemany(
            COUNT,
            [
                (tenant_id, source, day, what, value, times)
                for (source, what, value), times in sorted(counted.items())
            ],
        )


def _record(action: str, row: MappedValue, by: Doer, payload: dict[str, Any]) -> None:
    said = {
        "source": row.source.code,
        "what": row.field.name if row.field else row.what,
        "value": row.value,
    }
    audit.record(
        actor=by.audit_name, action=action, object=f"value:{row.pk}", payload=said | payload
    )
