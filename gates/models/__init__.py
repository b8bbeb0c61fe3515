"""Tables of the gates: what is asked, what answers it, and what was decided."""

from .advice import Advice, Adviser
from .brought import Brought
from .costs import CostModel, CostSignature
from .decisions import GateDecision, Production
from .errors import AccuracyReading, ErrorClass, ErrorCount
from .evidence import Evidence
from .failures import Drill, FailureMode
from .gates import Criterion, Gate, Template
from .phases import PhaseStep
from .retraining import RetrainingTrigger, TriggerFiring
from .snapshots import DataSnapshot

__all__ = [
    "AccuracyReading",
    "Advice",
    "Adviser",
    "Brought",
    "CostModel",
    "CostSignature",
    "Criterion",
    "DataSnapshot",
    "Drill",
    "ErrorClass",
    "ErrorCount",
    "Evidence",
    "FailureMode",
    "Gate",
    "GateDecision",
    "PhaseStep",
    "Production",
    "RetrainingTrigger",
    "Template",
    "TriggerFiring",
]
