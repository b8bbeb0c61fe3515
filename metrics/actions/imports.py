"""Measurements from a file that a person uploads: kept, tried, imported."""

from __future__ import annotations

import csv
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common import sheets
from common.errors import Refused
from tenants import actions as tenants
from tenants.queries import Member

from .. import wire
from ..models import ImportFile
from ..queries import imports as queries
from ..queries import values
from ..rules import cells
from ..rules.imports import import_refusal
from ..rules.items import Rejection, Repeat
from ..rules.values import Unmapped, What, unmapped
from . import sync
from .values import count_unmapped

KEPT_FOR = timedelta(hours=24)
MAX_WAITING = 20
FIRST_ROWS = 10
NOT_SHOWN = (
    "Nothing was imported: the file would have been read otherwise than the page showed."
    " Look again, then import."
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person said of a file: the column of each field, and what the file leaves open."""

    columns: dict[str, int]
    metric: str = ""
    source: str = ""
    order: str = ""
    decimal: str = ""


@dataclass(frozen=True, slots=True)
class FirstRow:
    """One of the first rows as it was read: its number in the file, and its fields."""

    number: int
    row: cells.Row | None


@dataclass(slots=True)
class Report:
    """What a file does, or would do: counts, the first rows as read, and every row left out.

    unchanged: rows that stand in the database as they are. repeated: rows that another row of the
    file stands for. refused, repeated: index is the row's number in the file. units: how many rows
    are in a unit that nobody mapped, by the source's code and what it calls the unit.
    """

    rows: int = 0
    created: int = 0
    superseded: int = 0
    unchanged: int = 0
    refused: list[Rejection] = field(default_factory=list)
    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated: list[Repeat] = field(default_factory=list)
    first: list[FirstRow] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return self.created + self.superseded + self.unchanged

    def add(self, outcome: sync.Outcome) -> None:
        """Count what came of the rows that could be read; a repeat of a refused row is refused."""
        self.created += outcome.created
        self.superseded += outcome.superseded
        self.unchanged += outcome.unchanged - len(outcome.repeats)
        because = {line.index: line for line in outcome.rejected}
        standing = {line.index: line.of for line in outcome.repeats}
        self.refused += outcome.rejected
        for line in sorted(outcome.repeats, key=lambda line: line.index):
            if refusal := because.get(_last(line.of, standing)):
                self.refused.append(replace(refusal, index=line.index))
            else:
                self.repeated.append(line)
        self.refused.sort(key=lambda line: line.index)


def _last(row: int, standing: Mapping[int, int]) -> int:
    """Return the row that stands for a row in the end; standing: the next one, by row."""
    while row in standing:
        row = standing[row]
    return row


def keep_file(*, name: str, content: bytes, by: Member, now: datetime) -> ImportFile:
    """Keep an uploaded file for a day, with a first guess of its columns; old ones are dropped.

    Raises Refused, with words for the person, when it is no table.
    """
    table = _table(content)
    drop_expired_files(now=now)
    if ImportFile.objects.filter(member_id=by.id, done_at=None).count() >= MAX_WAITING:
        raise Refused("Twenty of your files wait to be imported; finish or drop some.")
    guess = Choices(
        columns=cells.guess_columns(table.header), source=queries.find_only_source() or ""
    )
    kept: ImportFile = ImportFile.objects.create(
        member_id=by.id,
        name=name[:200],
        content=content,
        choices=asdict(guess),
        expires_at=now + KEPT_FOR,
    )
    return kept


def drop_expired_files(*, now: datetime) -> None:
    """Forget the tenant's files whose day is over, imported or not. No audit line."""
    ImportFile.objects.filter(expires_at__lte=now).delete()


def choose(*, file: ImportFile, choices: Choices) -> None:
    """Keep what a person said of the columns. An imported file stays as it was."""
    ImportFile.objects.filter(pk=file.pk, done_at=None).update(choices=asdict(choices))


def drop_file(*, file: ImportFile) -> None:
    """Forget a file that was not imported. Raises Refused, with words for the person, when it was.

    A file that is gone already counts as dropped.
    """
    dropped, _ = ImportFile.objects.filter(pk=file.pk, done_at=None).delete()
    if not dropped and ImportFile.objects.filter(pk=file.pk).exists():
        raise Refused(f"{file.name} is imported already; it cannot be dropped any more.")


def try_file(*, file: ImportFile, table: sheets.Table, by: Member, now: datetime) -> Report:
    """Return what importing would do: the same statements run and are rolled back.

    The trail is not told, so that its lock does not keep the tenant's syncs waiting meanwhile.
    """
    report, batch = _read_all(table, choices_of(file), by)
    report.add(sync.try_measurements(batch, now=now, default_zone=by.tenant.zone))
    return report


@transaction.atomic
def import_file(*, file: ImportFile, shown: str, by: Member, now: datetime) -> ImportFile:
    """Import a file as a whole: refused rows are left out and listed, the others are stored.

    A lead imports what judges own pilots and no other: rows of another metric are refused.
    shown: the digest of what the person saw before agreeing.

    Doing it twice does it once. Raises Refused when the file is no table any more, or was dropped;
    with the code `not_shown` when it would be read otherwise than the person saw.
    Audit: MEASUREMENTS_SYNCED, FILE_IMPORTED.
    After commit: metrics.recompute. The member gets a line in the inbox.
    """
    locked: ImportFile | None = ImportFile.objects.select_for_update().filter(pk=file.pk).first()
    if locked is None:
        raise Refused("This file was dropped; upload it again.")
    if locked.done_at is not None:
        return locked
    if digest(locked) != shown:
        raise Refused(NOT_SHOWN, code="not_shown")
    table = _table(bytes(locked.content))
    report, batch = _read_all(table, choices_of(locked), by)
    outcome = sync.store_measurements(batch, now=now, default_zone=by.tenant.zone)
    report.add(outcome)
    counts = {
        "rows": report.rows,
        "created": report.created,
        "superseded": report.superseded,
        "unchanged": report.unchanged,
        "repeated": len(report.repeated),
        "refused": len(report.refused),
    }
    locked.outcome, locked.done_at = counts, now
    locked.refused = zlib.compress(write_refused(table, report.refused).encode())
    locked.content = b""
    locked.save(update_fields=["outcome", "done_at", "refused", "content"])
    tenants.notify(
        member_id=by.id,
        topic="import",
        title=f"{locked.name}: {report.taken} row{'' if report.taken == 1 else 's'} imported,"
        f" {len(report.refused)} refused",
        path=reverse("import_file", args=[by.tenant.slug, locked.pk]),
        dedup_key=f"import:{locked.pk}",
    )
    count_unmapped(outcome.unmapped + _of_units(report), now=now, zone=by.tenant.zone)
    sync.remember(outcome, actor=by.audit_name, channel="import")
    audit.record(
        actor=by.audit_name, action="FILE_IMPORTED", object=f"import:{locked.pk}", payload=counts
    )
    return locked


def _of_units(report: Report) -> Counter[Unmapped]:
    """Return the rows in a unit that nobody mapped, of sources that take measurements."""
    if not report.units:
        return Counter()
    ids = values.list_source_ids()
    found: Counter[Unmapped] = Counter()
    for (code, unit), rows in report.units.items():
        if code in ids:
            found[unmapped(ids[code], What.UNIT, unit)] += rows
    return found


def choices_of(file: ImportFile) -> Choices:
    """Return what was said of a file."""
    return Choices(**file.choices)


def digest(file: ImportFile) -> str:
    """Return what stands for a file and the way it is read: another one for any other of both.

    Units that are mapped otherwise by now make other figures of the same cells.
    """
    said = json.dumps([file.choices, values.read_units()], sort_keys=True).encode()
    return blake2b(said + b"\n" + bytes(file.content), digest_size=16).hexdigest()


def write_refused(table: sheets.Table, refused: list[Rejection]) -> str:
    """Return refused rows as CSV: number, code and words, then the row as it was.

    No cell begins like a formula: people open the list in a spreadsheet.
    """
    rows = dict(table.rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["row", "reason", "words", *map(_safe, table.header)])
    for line in refused:
        writer.writerow(
            [line.index, line.code, _safe(line.detail), *map(_safe, rows.get(line.index, []))]
        )
    return "\ufeff" + out.getvalue()


def _safe(cell: cells.Cell) -> str:
    return cells.neutral(cells.as_text(cell).replace("\x00", "\u2423"))


def _table(content: bytes) -> sheets.Table:
    try:
        return sheets.read_table(content)
    except sheets.Unreadable as unreadable:
        raise Refused(str(unreadable), code="unreadable", field="file") from None


def _read_all(table: sheets.Table, choices: Choices, by: Member) -> tuple[Report, wire.Batch]:
    """Read a table as one batch, whatever its size: its items are written in one order."""
    plan = make_plan(table, choices, by.tenant.zone)
    report = Report(rows=len(table.rows))
    rows = list(_read(table, plan, report, _refusals(plan, by)))
    return report, wire.Batch(rows, [], "keep_good")


def _read(
    table: sheets.Table, plan: cells.Plan, report: Report, refusals: Mapping[str, str]
) -> Iterator[tuple[int, wire.Item | wire.Loose]]:
    """Give the rows that can be read as items; note the first ones, and why others cannot.

    refusals: by metric, why the person may not import it; empty when they may.
    Without a column of identifiers a second row of a metric, day, site and revision is refused:
    nothing tells whether it is another item or the same one once more.
    """
    seen: set[tuple[str, str, str, int]] = set()
    for number, row in table.rows:
        found: cells.Row | None = None
        try:
            found = cells.read_row(row, plan)
        except cells.BadCell as bad:
            report.refused.append(Rejection(number, bad.code, str(bad), bad.field))
            if isinstance(bad, cells.UnknownUnit):
                report.units[plan.source_of(row), bad.unit] += 1
        if len(report.first) < FIRST_ROWS:
            report.first.append(FirstRow(number, found))
        words = refusals.get(found.metric, "") if found is not None else ""
        if words:
            report.refused.append(Rejection(number, "not_your_metric", words, "metric"))
        elif found is not None and "external_id" not in plan.columns and _repeats(found, seen):
            report.refused.append(
                Rejection(number, "needs_identifier", cells.SAME_DAY, "external_id")
            )
        elif found is not None:
            yield number, wire.Item(**{name: getattr(found, name) for name in wire.FIELDS})


def _repeats(row: cells.Row, seen: set[tuple[str, str, str, int]]) -> bool:
    """Note a row; tell whether one of its metric, source, day, site and revision was before."""
    item = (row.metric, row.source, row.external_id, row.revision)
    before = item in seen
    seen.add(item)
    return before


def _refusals(plan: cells.Plan, by: Member) -> dict[str, str]:
    """Return why a person may not import each known metric of a file; empty where they may."""
    judged = queries.list_judged()
    return {code: import_refusal(judged.get(code, ()), by.person_id) for code in plan.metrics}


def make_plan(table: sheets.Table, choices: Choices, zone: str) -> cells.Plan:
    """Return how to read a table: what was chosen, and what its columns prove."""
    columns = {
        name: place
        for name, place in choices.columns.items()
        if name in cells.FIELDS and 0 <= place < len(table.header)
    }
    codes = {choices.metric}
    if "metric" in columns:
        codes |= {cells.as_text(cell) for cell in table.column(columns["metric"])}
    return cells.Plan(
        columns=columns,
        metric=choices.metric,
        source=choices.source,
        order=cells.Order(choices.order) or _order(table, columns),
        comma=_comma(table, columns, choices.decimal),
        metrics=queries.find_known(codes),
        units=values.read_units(),
        zone=zone,
    )


def _order(table: sheets.Table, columns: dict[str, int]) -> cells.Order:
    return cells.find_order(
        cell
        for name in ("event_at", "recorded_at")
        if name in columns
        for cell in table.column(columns[name])
    )


def _comma(table: sheets.Table, columns: dict[str, int], chosen: str) -> bool | None:
    if chosen:
        return chosen == "comma"
    return cells.finds_comma(
        cell for name in cells.NUMBERS if name in columns for cell in table.column(columns[name])
    )
