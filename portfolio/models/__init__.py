"""Tables of the portfolio."""

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
    "Part",
    "Pilot",
    "PilotParty",
    "PilotReview",
    "Site",
    "Vendor",
    "coded",
]
