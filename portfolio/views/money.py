"""The portfolio's money: what was claimed, what read-outs support, and what is still to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common import formats
from common.web import Request
from metrics.queries import sentences
from metrics.queries.board import TargetRow
from tenants.access import needs
from tenants.rules import Permission

from . import choice as choices
from . import rows
from .board import read_everything
from .rows import Row


@dataclass(frozen=True, slots=True)
class Line:
    """A pilot by its first primary metric. told: what its read-out supports, in words."""

    row: Row
    told: str
    told_url: str


@require_safe
@needs(Permission.BROWSE)
def money(request: Request, slug: str) -> HttpResponse:
    """Show the money of every pilot that is not archived, assumed and estimated kept apart."""
    read = read_everything(request.member, now=request.now)
    every = [rows.row(one, read, member=request.member, now=request.now) for one in read.pilots]
    active = [row for row in every if row.pilot.archived_at is None]
    currency = request.tenant.currency
    context = {
        "nav_current": "portfolio",
        "lines": [line(row, currency, slug=slug) for row in choices.ordered(active, "money")],
        "currency": currency,
        "facts": facts(active, currency),
    }
    return render(request, "portfolio/money.html", context)


def line(row: Row, currency: str, *, slug: str) -> Line:
    """Return what a pilot's read-out supports, with its page once there is one."""
    first = key_metric(row)
    if first is None or first.result is None:
        told = _("still to be told") if to_come(row) else _("never read out")
        return Line(row, told, "")
    worth = worth_of(row)
    if row.line.money is None:
        told = ""
    elif worth is None:
        told = _("not counted: no change is claimed")
    else:
        told = sentences.say_worth(worth, currency)
    return Line(row, told, rows.read_out_url(first, slug=slug, code=row.pilot.code))


def key_metric(row: Row) -> TargetRow | None:
    """Return the metric that stands for a pilot, as on the board; None while it has none."""
    return row.primaries[0] if row.primaries else None


def to_come(row: Row) -> bool:
    """Say whether a pilot's first primary metric is still to be read out."""
    return key_metric(row) in row.unread


def worth_of(row: Row) -> Any:
    """Return what the read-out of a pilot supports; None without money or a claimed change."""
    first, given = key_metric(row), row.line.money
    if first is None or given is None or first.result is None:
        return None
    return sentences.worth_of(
        first.result,
        direction=first.direction,
        units_per_week=given.units_per_week,
        value_per_unit=given.value_per_unit,
    )


def facts(active: Sequence[Row], currency: str) -> list[dict[str, Any]]:
    """Return the three sums: assumed ones and the estimated one are never added to each other."""
    worths = [worth for row in active if (worth := worth_of(row)) is not None]
    amount, reach = sentences.total_worth(worths, currency)
    counted = ngettext("estimated, of %(n)s pilot", "estimated, of %(n)s pilots", len(worths))
    return [
        claimed(_("Claimed a year"), active, currency),
        {
            "label": _("Supported by read-outs"),
            "figure": amount if worths else formats.MISSING,
            "unit": counted % {"n": len(worths)} if worths else "",
            "text": _("the ends of all ranges add up to %(reach)s") % {"reach": reach}
            if worths
            else _("No read-out claims a change with money given"),
        },
        claimed(
            _("Of the claims, still to be told"), [row for row in active if to_come(row)], currency
        ),
    ]


def claimed(label: str, found: Sequence[Row], currency: str) -> dict[str, Any]:
    """Return what some pilots claim together, assumed, and how many of them say nothing."""
    known = [row.at_stake for row in found if row.at_stake is not None]
    silent = len(found) - len(known)
    total = formats.money_short(sum(known, Decimal(0)), currency, get_language())
    without = ngettext(
        "%(n)s pilot has no baseline or no money given",
        "%(n)s pilots have no baseline or no money given",
        silent,
    )
    of = ngettext("assumed, of %(n)s pilot", "assumed, of %(n)s pilots", len(known))
    return {
        "label": label,
        "figure": total if known else formats.MISSING,
        "unit": of % {"n": len(known)} if known else "",
        "text": without % {"n": silent} if silent else "",
    }
