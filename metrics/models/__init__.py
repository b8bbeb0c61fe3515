"""Tables of metrics: what is measured, what was received, and what was computed from it."""

from .commitments import CommitmentDecision, CommitmentFinding, VendorCommitment
from .definitions import Metric, MetricDefinition, PilotMetric, Source
from .feeds import FeedTurn, TimestampRule
from .fields import FieldDefinition, FieldNeed, FieldSettlement, FieldVariant
from .imports import ImportFile
from .measurements import Coverage, Mark, Measurement, MeasurementRevision, SyncBatch
from .outcomes import PilotOutcome
from .snapshots import Snapshot, Summary
from .sources import PilotSource
from .values import MappedValue, UnmappedValue
from .verdicts import Acknowledgement, Baseline, ReadOut

__all__ = [
    "Acknowledgement",
    "Baseline",
    "CommitmentDecision",
    "CommitmentFinding",
    "Coverage",
    "FeedTurn",
    "FieldDefinition",
    "FieldNeed",
    "FieldSettlement",
    "FieldVariant",
    "ImportFile",
    "MappedValue",
    "Mark",
    "Measurement",
    "MeasurementRevision",
    "Metric",
    "MetricDefinition",
    "PilotMetric",
    "PilotOutcome",
    "PilotSource",
    "ReadOut",
    "Snapshot",
    "Source",
    "Summary",
    "SyncBatch",
    "TimestampRule",
    "UnmappedValue",
    "VendorCommitment",
]
