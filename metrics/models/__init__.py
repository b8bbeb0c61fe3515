"""Tables of metrics: what is measured, what was received, and what was computed from it."""

from .commitments import CommitmentDecision, CommitmentFinding, VendorCommitment
from .definitions import Metric, MetricDefinition, PilotMetric, Source
from .imports import ImportFile
from .measurements import Coverage, Mark, Measurement, MeasurementRevision, SyncBatch
from .outcomes import PilotOutcome
from .snapshots import Snapshot, Summary
from .verdicts import Acknowledgement, Baseline, ReadOut

__all__ = [
    "Acknowledgement",
    "Baseline",
    "CommitmentDecision",
    "CommitmentFinding",
    "Coverage",
    "ImportFile",
    "Mark",
    "Measurement",
    "MeasurementRevision",
    "Metric",
    "MetricDefinition",
    "PilotMetric",
    "PilotOutcome",
    "ReadOut",
    "Snapshot",
    "Source",
    "Summary",
    "SyncBatch",
    "VendorCommitment",
]
