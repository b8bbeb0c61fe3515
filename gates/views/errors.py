"""The pages of a pilot's classes of error and of its readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from common import formats
from common.web import Request
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import forms
from ..actions import errors as actions
from ..models import ErrorClass
from ..queries import errors
from ..queries.errors import Line, Total
from ..rules import errors as rules
from ..rules.errors import Count, Word
from .frame import around, below, edits, own_pilot

# Word, tone and icon of what a reading shows.
TAGS = {
    Word.WITHIN: ("Within", "goodline", "check"),
    Word.ABOVE: ("Above", "bad", "cross"),
    Word.TOO_FEW: ("Too few decisions", "gap", "ask"),
    Word.TOO_OLD: ("Too old", "gap", "clock"),
    Word.NOT_READ: ("Not counted", "muted", "dash"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One count as the page prints it."""

    found: str
    rate: str
    bounds: str
    to: str


@dataclass(frozen=True, slots=True)
class Row:
    """One class of error as the page prints it."""

    row: ErrorClass
    tag: tuple[str, str, str]
    tolerated: str
    fewest: str
    live: Seen | None
    curated: Seen | None
    cost: str
    live_cost: str
    curated_cost: str


def _seen(count: Count | None) -> Seen | None:
    if count is None:
        return None
    return Seen(
        found=errors.counted(count),
        rate=errors.rate(count.rate),
        bounds=_("between %(low)s and %(high)s")
        % {"low": errors.rate(count.low), "high": errors.rate(count.high)},
        to=formats.day(count.last_day),
    )


def _row(line: Line, currency: str) -> Row:
    row = line.row
    return Row(
        row=row,
        tag=TAGS[line.word],
        tolerated=errors.rate(row.tolerated),
        fewest=formats.number(rules.fewest_decisions(row.tolerated)),
        live=_seen(line.live),
        curated=_seen(line.curated),
        cost=formats.money(row.cost, currency),
        live_cost=_money(line.live_cost, currency),
        curated_cost=_money(line.curated_cost, currency),
    )


def _money(amount: Decimal | None, currency: str) -> str:
    return formats.money(round(amount, 2), currency) if amount is not None else formats.MISSING


def _finding(lines: Sequence[Line]) -> str:
    """Return the sentence that the page begins with."""
    if not lines:
        return _("No class of error is written down yet.")
    within = sum(one.word is Word.WITHIN for one in lines)
    if within == len(lines):
        return ngettext(
            "The one class of error is within what is tolerated.",
            "All %(count)s classes of error are within what is tolerated.",
            within,
        ) % {"count": within}
    return _("%(within)s of %(of)s classes of error are shown to be within what is tolerated.") % {
        "within": within,
        "of": len(lines),
    }


def _facts(found: Total, currency: str) -> list[dict[str, str]]:
    """Return the figures above the table: all classes together, live first."""
    curated, live = (
        formats.measure(one, "share") for one in (found.curated_accuracy, found.live_accuracy)
    )
    pending = _("once every class was counted")
    return [
        {"label": _("Right decisions, live"), "figure": live, "text": _("%s curated") % curated},
        {
            "label": _("Lost from curated to live"),
            "figure": formats.difference(found.drop, "share").replace("+", ""),
            "text": _("15 to 30 points are usual") if found.drop is not None else pending,
        },
        {
            "label": _("Errors in 1,000 live decisions cost"),
            "figure": _money(found.live_cost, currency),
            "text": pending if found.live_cost is None else _("expected"),
        },
        {
            "label": _("In 1,000 curated ones"),
            "figure": _money(found.curated_cost, currency),
            "text": pending if found.curated_cost is None else _("expected"),
        },
    ]


@require_safe
@needs(Permission.BROWSE)
def error_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show a pilot's classes of error with what readings show of each, and every reading."""
    pilot = portfolio.get_pilot(code)
    currency = request.tenant.currency
    lines = errors.list_lines(pilot, day=path.local_day(request.now, pilot.site.zone))
    parts = portfolio.parts_of(request.member.person_id, pilot)
    may = bool(can(request.member.actor, Permission.SUBMIT_EVIDENCE, parts))
    context = {
        **around(request, pilot),
        "finding": _finding(lines),
        "facts": _facts(errors.total(lines), currency) if lines else [],
        "rows": [_row(one, currency) for one in lines],
        "readings": errors.list_readings(pilot),
        "set_aside": errors.list_archived_classes(pilot),
        "may": may and pilot.archived_at is None,
        "live_days": rules.LIVE_DAYS,
    }
    return render(request, "gates/errors.html", context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def error_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Write down a class of error."""
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        made = actions.add_error_class(pilot=pilot, by=request.member, **values)
        return Done(f"{made.name} is written down.", _home(slug, code))

    form = forms.NewErrorClassForm(request.POST or None, currency=request.tenant.currency)
    context = {
        **below(request, pilot, "error_list", _("Errors")),
        "title": "Write down a class of error",
        "submit": "Write it down",
        "note": "A gate that was passed on the others opens again.",
    }
    return save(request, form, act, template="gates/edit.html", context=context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def error_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Change a class of error."""
    row = errors.get_error_class(portfolio.get_pilot(code), key)
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.change_error_class(row=row, by=request.member, **values)
        return Done("Saved.", _home(slug, code))

    form = forms.ErrorClassForm(
        request.POST or None,
        currency=request.tenant.currency,
        initial=forms.error_class_values(row),
    )
    context = {
        **below(request, pilot, "error_list", _("Errors")),
        "title": row.name,
        "submit": "Save",
        "note": "A gate that was passed on it opens again. Old and new values stay in the trail.",
        "archive_url": ""
        if row.archived_at
        else reverse("error_archive", args=[slug, code, row.pk]),
        "archive_words": "It is asked of no reading any more. Its counts stay, and it can be brought back.",
    }
    return save(
        request,
        form,
        act,
        template="gates/edit.html",
        context=context,
        now=lambda: forms.error_class_values(errors.get_error_class(pilot, key)),
    )


@require_POST
@needs(Permission.SUBMIT_EVIDENCE)
def error_archive(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Put a class of error aside."""
    row = errors.get_error_class(portfolio.get_pilot(code), key)
    own_pilot(request, code, Permission.SUBMIT_EVIDENCE)

    def act() -> Done:
        actions.archive_error_class(row=row, by=request.member, now=request.now)
        return Done(f"{row.name} is archived.", _home(slug, code))

    return attempt(request, act, back=_home(slug, code))


@require_POST
@needs(Permission.SUBMIT_EVIDENCE)
def error_restore(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Bring a class of error back."""
    row = errors.get_error_class(portfolio.get_pilot(code), key)
    own_pilot(request, code, Permission.SUBMIT_EVIDENCE)

    def act() -> Done:
        actions.restore_error_class(row=row, by=request.member)
        return Done(f"{row.name} is back.", _home(slug, code))

    return attempt(request, act, back=_home(slug, code))


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def reading_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Bring what was found in a number of decisions."""
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    day = path.local_day(request.now, pilot.site.zone)
    classes = [one.row for one in errors.list_lines(pilot, day=day)]

    def act(**values: Any) -> Done:
        made = actions.add_reading(pilot=pilot, by=request.member, now=request.now, **values)
        return Done(f"The reading of {made.decisions:,} decisions is kept.", _home(slug, code))

    form = forms.ReadingForm(request.POST or None, classes=classes)
    context = {
        **below(request, pilot, "error_list", _("Errors")),
        "title": "Add a reading",
        "lead": "A decision that is wrong in two ways counts once, in the class that costs more."
        if classes
        else "Write down a class of error first: a reading counts the errors of each.",
        "submit": "Add it",
        "note": "A reading is never changed: it is taken back, and stays to be seen.",
    }
    return save(request, form, act, template="gates/edit.html", context=context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def reading_withdraw(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Take a reading back, with a reason."""
    row = errors.get_reading(portfolio.get_pilot(code), key)
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.withdraw_reading(row=row, by=request.member, now=request.now, **values)
        return Done("The reading counts no more.", _home(slug, code))

    context = {
        **below(request, pilot, "error_list", _("Errors")),
        "title": f"Take back: {row.source}",
        "submit": "Take it back",
        "note": "A gate that was passed on it alone opens again.",
    }
    form = forms.WithdrawForm(request.POST or None)
    return save(request, form, act, template="gates/edit.html", context=context)


def _home(slug: str, code: str) -> str:
    return reverse("error_list", args=[slug, code])
