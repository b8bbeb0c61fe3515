"""Tables of metrics: what is measured, what was received, and what was computed from it."""

from .definitions import Metric, MetricDefinition, PilotMetric, Source
from .imports import ImportFile
from .measurements import Coverage, Mark, Measurement, MeasurementRevision, SyncBatch
from .snapshots import Snapshot, Summary
from .verdicts import Baseline

__all__ = [
    "Baseline",
    "Coverage",
    "ImportFile",
    "Mark",
    "Measurement",
    "MeasurementRevision",
    "Metric",
    "MetricDefinition",
    "PilotMetric",
    "Snapshot",
    "Source",
    "Summary",
    "SyncBatch",
]
