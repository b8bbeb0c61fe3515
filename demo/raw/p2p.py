"""p2p-po-events: the purchase-to-pay event log of a maker of paints, one case a PO item.

One case gives at most one row for each metric, so the log's 102 repeated event rows change no
figure. Days between two events are elapsed time, taken before any date is moved.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from .rows import Row, read

ZONE = ZoneInfo("Europe/Amsterdam")
CONSIGNMENT, THREE_WAY = "events_consignment.csv", "events_3way_invoice_before_gr.csv"
REQUISITION, ORDER = "Create Purchase Requisition Item", "Create Purchase Order Item"
RECEIPT = "Record Goods Receipt"
INVOICE, BOOKING = "Vendor creates invoice", "Record Invoice Receipt"
RELEASE = "Remove Payment Block"

Firsts = dict[str, datetime]
"""The first time of each activity of one case."""


def same_day_po(folder: Path) -> Iterator[Row]:
    """Yield each ordered requisition, when ordered, as 1 of 1 if on its own calendar day.

    A requisition is always at 00:00: a day, not a time, so days are compared and hours are not.
    """
    for case, first in _cases(folder, CONSIGNMENT, THREE_WAY):
        if REQUISITION in first and ORDER in first:
            ordered = _local(first[ORDER])
            same = _local(first[REQUISITION]).date() == ordered.date()
            yield Row(key=case, at=ordered, numerator=float(same), denominator=1.0)


def po_to_receipt_consignment(folder: Path) -> Iterator[Row]:
    """Yield each received consignment item, when first received, with its days since the order."""
    return _spans(folder, ORDER, RECEIPT, CONSIGNMENT)


def block_to_release(folder: Path) -> Iterator[Row]:
    """Yield each released invoice, when first released, with its days since its booking."""
    return _spans(folder, BOOKING, RELEASE, CONSIGNMENT, THREE_WAY)


def invoice_to_booking(folder: Path) -> Iterator[Row]:
    """Yield each booked invoice, when first booked, with its days since the vendor wrote it.

    An invoice is always at 23:59 of its day; one booked before it was written is left out.
    """
    rows = _spans(folder, INVOICE, BOOKING, CONSIGNMENT, THREE_WAY)
    return (row for row in rows if isinstance(row.value, float) and row.value >= 0)


def _spans(folder: Path, begin: str, end: str, *files: str) -> Iterator[Row]:
    """Yield the cases that have both activities, at the end, with the days between them."""
    for case, first in _cases(folder, *files):
        if begin in first and end in first:
            days = (first[end] - first[begin]) / timedelta(days=1)
            yield Row(key=case, at=_local(first[end]), value=days)


def _cases(folder: Path, *files: str) -> Iterator[tuple[str, Firsts]]:
    """Yield each case once with its first times, whatever the order of its events."""
    for name in files:
        cases: dict[str, Firsts] = {}
        for event in read(folder / "p2p-po-events" / name):
            first = cases.setdefault(event["case_id"], {})
            at = datetime.fromisoformat(event["timestamp"])
            first[event["activity"]] = min(at, first.get(event["activity"], at))
        yield from cases.items()


def _local(at: datetime) -> datetime:
    """Return what the clock on the plant's wall showed."""
    return at.astimezone(ZONE).replace(tzinfo=None)
