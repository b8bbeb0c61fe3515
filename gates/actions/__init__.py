"""Every write of gates."""

from .costs import sign_cost, write_cost
from .evidence import add_evidence, withdraw_evidence
from .gates import name_decider
from .production import enter_production
from .steps import pass_gate, reopen_due, send_back, submit_gate, waive_gate

__all__ = [
    "add_evidence",
    "enter_production",
    "name_decider",
    "pass_gate",
    "reopen_due",
    "send_back",
    "sign_cost",
    "submit_gate",
    "waive_gate",
    "withdraw_evidence",
    "write_cost",
]
