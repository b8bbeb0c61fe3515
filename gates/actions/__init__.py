"""Every write of gates."""

from .costs import sign_cost, write_cost
from .evidence import Sent, add_evidence, withdraw_evidence
from .files import check_files
from .gates import name_decider
from .production import enter_production
from .steps import pass_gate, reopen_due, send_back, submit_gate, waive_gate

__all__ = [
    "Sent",
    "add_evidence",
    "check_files",
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
