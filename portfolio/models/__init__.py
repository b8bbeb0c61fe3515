"""Tables of the portfolio."""

from .budget import BudgetLine
from .candidates import Candidate
from .engagement import Area, Engagement, Requirement, RequirementFile
from .load import LoadDecision, Programme
from .pilots import (
    CODE,
    BriefMail,
    Part,
    Pilot,
    PilotParty,
    PilotReview,
    Site,
    Vendor,
    coded,
)
from .pilots import _weekdays as _weekdays  # the first migration finds it here
from .plan import PlanItem

__all__ = [
    "CODE",
    "Area",
    "BriefMail",
    "BudgetLine",
    "Candidate",
    "Engagement",
    "LoadDecision",
    "Part",
    "Pilot",
    "PilotParty",
    "PilotReview",
    "PlanItem",
    "Programme",
    "Requirement",
    "RequirementFile",
    "Site",
    "Vendor",
    "coded",
]
