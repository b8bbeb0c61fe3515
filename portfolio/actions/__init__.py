"""Writes of the portfolio: sites and vendors, pilots, and who takes part in them."""

from .archived import refuse_archived_pilot
from .briefs import note_brief_sent, plan_briefs, take_brief
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
from .reviews import ask_no_more_reviews, remind_of_reviews, write_review

__all__ = [
    "PartyDraft",
    "add_pilot",
    "add_site",
    "add_vendor",
    "archive_pilot",
    "archive_site",
    "archive_vendor",
    "ask_no_more_reviews",
    "change_pilot",
    "change_site",
    "change_vendor",
    "end_party",
    "note_brief_sent",
    "plan_briefs",
    "refuse_archived_pilot",
    "remind_of_reviews",
    "restore_pilot",
    "restore_site",
    "restore_vendor",
    "set_party",
    "take_brief",
    "write_review",
]
