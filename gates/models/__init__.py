"""Tables of the gates: what is asked, what answers it, and what was decided."""

from .decisions import GateDecision, Production
from .evidence import Evidence
from .gates import Criterion, Gate, Template

__all__ = ["Criterion", "Evidence", "Gate", "GateDecision", "Production", "Template"]
