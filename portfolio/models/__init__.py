"""Tables of the portfolio."""

from .budget import BudgetLine
from .engagement import Area, Engagement, Requirement, RequirementFile
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

__all__ = [
    "CODE",
    "Area",
    "BriefMail",
    "BudgetLine",
    "Engagement",
    "Part",
    "Pilot",
    "PilotParty",
    "PilotReview",
    "Requirement",
    "RequirementFile",
    "Site",
    "Vendor",
    "coded",
]
