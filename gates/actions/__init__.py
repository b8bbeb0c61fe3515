"""Every write of gates."""

from .advice import advise, name_adviser, remove_adviser
from .costs import sign_cost, write_cost
from .evidence import Sent, add_evidence, withdraw_evidence
from .files import check_files, sweep_files
from .gates import name_decider
from .production import enter_production
from .steps import (
    look_at,
    pass_gate,
    reopen_due,
    send_back,
    send_begun,
    submit_gate,
    waive_gate,
)

__all__ = [
    "Sent",
    "add_evidence",
    "advise",
    "check_files",
    "enter_production",
    "look_at",
    "name_adviser",
    "name_decider",
    "pass_gate",
    "remove_adviser",
    "reopen_due",
    "send_back",
    "send_begun",
    "sign_cost",
    "submit_gate",
    "sweep_files",
    "waive_gate",
    "withdraw_evidence",
    "write_cost",
]
