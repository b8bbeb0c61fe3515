"""Tables of the portfolio."""

from .budget import BudgetLine
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
    "BriefMail",
    "BudgetLine",
    "Part",
    "Pilot",
    "PilotParty",
    "PilotReview",
    "Site",
    "Vendor",
    "coded",
]
