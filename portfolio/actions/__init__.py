"""Writes of the portfolio: sites and vendors, pilots, and who takes part in them."""

from .archived import refuse_archived_pilot
from .briefs import note_brief_sent, plan_briefs, take_brief
from .budget import (
    add_budget_line,
    archive_budget_line,
    change_budget_line,
    fund_budget_line,
    restore_budget_line,
    unfund_budget_line,
)
from .engagement import EngagementDraft, engage
from .load import ask_no_more_load
from .parties import PartyDraft, end_party, set_party
from .pilots import add_pilot, archive_pilot, change_pilot, restore_pilot
from .places import (
    add_site,
    add_vendor,
    archive_site,
    archive_vendor,
    change_site,
    change_vendor,
    restore_site,
    restore_vendor,
)
from .requirements import add_requirement, change_requirement, take_file
from .reviews import ask_no_more_reviews, remind_of_reviews, write_review

__all__ = [
    "EngagementDraft",
    "PartyDraft",
    "add_budget_line",
    "add_pilot",
    "add_requirement",
    "add_site",
    "add_vendor",
    "archive_budget_line",
    "archive_pilot",
    "archive_site",
    "archive_vendor",
    "ask_no_more_load",
    "ask_no_more_reviews",
    "change_budget_line",
    "change_pilot",
    "change_requirement",
    "change_site",
    "change_vendor",
    "end_party",
    "engage",
    "fund_budget_line",
    "note_brief_sent",
    "plan_briefs",
    "refuse_archived_pilot",
    "remind_of_reviews",
    "restore_budget_line",
    "restore_pilot",
    "restore_site",
    "restore_vendor",
    "set_party",
    "take_brief",
    "take_file",
    "unfund_budget_line",
    "write_review",
]
