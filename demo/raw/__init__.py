"""Readers of the public raw files, row by row, dirt and all (`manage.py demo --raw DIR`).

The project holds none of the files; DIR has one folder a data set, named as in data/sources.toml.
Which row counts for which metric, and how: docs/demo.md. Standard library only.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from . import garment, p2p, scms, steel, wafer
from .rows import Cell, Row, item

READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    "scms_on_time_lines": scms.on_time_lines,
    "scms_lines_gt14d_late": scms.late_lines,
    "scms_air_freight_pct_of_value": scms.air_freight,
    "scms_recorded_within_1_day": scms.recorded_in_a_day,
    "p2p_same_day_po": p2p.same_day_po,
    "p2p_po_to_receipt_days_consignment": p2p.po_to_receipt_consignment,
    "p2p_payment_block_release_days": p2p.block_to_release,
    "p2p_invoice_to_booking_days": p2p.invoice_to_booking,
    "secom_fail_rate": wafer.fail_rate,
    "steel_low_power_factor_share": steel.low_power_factor,
    "steel_peak_tariff_share": steel.peak_share,
    "garment_target_attainment": garment.target_attainment,
    "garment_overtime_min_per_worker_day": garment.overtime,
}

__all__ = ["READERS", "Cell", "Row", "item"]
