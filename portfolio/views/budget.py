"""The pages of a pilot's budget: its split, its lines, and who confirmed that they are funded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import formats
from common.web import Request
from tenants.access import needs, require
from tenants.rules import Permission, can
from tenants.views.saving import Done, press, save

from .. import actions, queries
from ..forms import budget as forms
from ..models import BudgetLine, Pilot
from ..queries import budget
from ..rules import budget as rules
from ..rules.budget import PhaseClass, Sums
from . import archived

edits = require_http_methods(["GET", "HEAD", "POST"])
FORM = "portfolio/edit_budget.html"


@dataclass(frozen=True, slots=True)
class Split:
    """One phase class of the plan. share: of the planned money, in words."""

    name: str
    sums: Sums
    share: str


@require_safe
@needs(Permission.BROWSE)
def budget_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show what a pilot's money and hours are planned for and went into, line by line."""
    pilot = queries.get_pilot(code)
    parts = queries.parts_of(request.member.person_id, pilot)
    actor, live = request.member.actor, pilot.archived_at is None
    lines = budget.list_lines(pilot)
    context = {
        **_around(request, pilot),
        **archived.around(request, pilot),
        **told(lines, request.tenant.currency),
        "currency": request.tenant.currency,
        "lines": [(phase(one), one) for one in lines if one.archived_at is None],
        "gone": [(phase(one), one) for one in lines if one.archived_at is not None],
        "may_edit": live and bool(can(actor, Permission.EDIT_PILOT, parts)),
        "may_fund": live and bool(can(actor, Permission.FUND_BUDGET, parts)),
    }
    return render(request, "portfolio/budget.html", context)


def told(lines: Sequence[BudgetLine], currency: str) -> dict[str, Any]:
    """Return what a budget comes to and what is wrong with it, ready to print."""
    kept = [one.line for one in lines if one.archived_at is None]
    whole = rules.add_up(kept)
    return {
        "finding": finding(whole, currency) if kept else _("No budget is written down."),
        "split": [
            Split(words(one), sums, _share(sums.planned_money, whole.planned_money))
            for one, sums in rules.by_phase(kept).items()
        ],
        "whole": whole,
        "warnings": warnings(kept) if kept else [],
        "funded": rules.is_funded(kept),
        "funding": funding(kept),
        "has_lines": bool(kept),
    }


def finding(whole: Sums, currency: str) -> str:
    """Return the sentence that the page begins with."""
    language = get_language()
    return _("%(spent)s of %(planned)s planned is spent.") % {
        "spent": formats.money_short(whole.actual_money, currency, language),
        "planned": formats.money_short(whole.planned_money, currency, language),
    }


def warnings(lines: Sequence[rules.Line]) -> list[str]:
    """Return what is wrong with how a budget is split, in sentences; empty when nothing is."""
    found = []
    if rules.too_much_concept(lines):
        said = [
            words_of % {"share": _percent(share)}
            for words_of, share in zip(
                (_("%(share)s of the planned money"), _("%(share)s of the planned hours")),
                rules.concept_shares(lines),
                strict=True,
            )
            if share is not None and share > rules.MOST_CONCEPT
        ]
        found.append(
            _(
                "The proof of concept takes %(said)s; more than 30 %% leaves too little for the rest."
            )
            % {"said": _(" and ").join(said)}
        )
    if empty := rules.empty_phases(lines):
        names = ", ".join(words(one).lower() for one in empty)
        found.append(
            _("Nothing is planned for %(names)s: that work comes whether it is planned or not.")
            % {"names": names}
        )
    return found


def funding(lines: Sequence[rules.Line]) -> str:
    """Return whether the money for production is there, as a sentence."""
    confirmed, of = rules.funded_of(lines)
    if not of:
        return _("No money is planned for production, so no production budget is funded.")
    if confirmed == of:
        return _("The production budget is funded: who pays confirmed each line of it.")
    return ngettext(
        "The production budget is not funded: %(n)s of %(of)s line is confirmed.",
        "The production budget is not funded: %(n)s of %(of)s lines are confirmed.",
        of,
    ) % {"n": confirmed, "of": of}


def words(found: PhaseClass) -> str:
    """Return what a phase class is called."""
    return {
        PhaseClass.CONCEPT: _("Proof of concept"),
        PhaseClass.HARDENING: _("Hardening"),
        PhaseClass.INTEGRATION: _("Integration"),
        PhaseClass.MONITORING: _("Monitoring"),
        PhaseClass.RUN: _("Run"),
    }[found]


def phase(line: BudgetLine) -> str:
    """Return what a line is for, in a word."""
    return words(PhaseClass(line.phase_class))


def _share(part: Decimal, whole: Decimal) -> str:
    return _percent(part / whole) if whole else formats.MISSING


def _percent(share: Decimal) -> str:
    return formats.measure(share, "share", 1, get_language())


@edits
@needs(Permission.EDIT_PILOT)
def budget_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Add a line to a pilot's budget."""
    pilot = _own(request, code, Permission.EDIT_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    home = reverse("budget", args=[slug, code])

    def act(**values: Any) -> Done:
        made = actions.add_budget_line(pilot=pilot, by=request.member, **values)
        return Done(f"{made.title} is added.", home)

    form = forms.NewLineForm(request.POST or None, currency=request.tenant.currency)
    context = {
        **_around(request, pilot),
        "title": "Add a line to the budget",
        "submit": "Add it",
        "cancel_url": home,
    }
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.EDIT_PILOT)
def budget_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Change a line of a pilot's budget; archive it below."""
    pilot = _own(request, code, Permission.EDIT_PILOT)
    line = budget.get_line(pilot, key)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    home = reverse("budget", args=[slug, code])

    def act(**values: Any) -> Done:
        actions.change_budget_line(line=line, by=request.member, **values)
        return Done("Saved.", home)

    form = forms.LineForm(
        request.POST or None, currency=request.tenant.currency, initial=forms.line_values(line)
    )
    context = {
        **_around(request, pilot),
        "title": f"Change {line.title}",
        "submit": "Save",
        "line": line,
        "cancel_url": home,
    }
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.line_values(budget.get_line(pilot, key)),
    )


@require_POST
@needs(Permission.EDIT_PILOT)
def budget_archive(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Take a line out of the budget."""

    def act(line: BudgetLine, version: int) -> str:
        actions.archive_budget_line(line=line, version=version, by=request.member, now=request.now)
        return f"{line.title} is archived."

    return _press(request, code, key, Permission.EDIT_PILOT, act)


@require_POST
@needs(Permission.EDIT_PILOT)
def budget_restore(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Bring a line back into the budget."""

    def act(line: BudgetLine, version: int) -> str:
        actions.restore_budget_line(line=line, version=version, by=request.member)
        return f"{line.title} is back."

    return _press(request, code, key, Permission.EDIT_PILOT, act)


@require_POST
@needs(Permission.FUND_BUDGET)
def budget_fund(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Confirm by name that the planned money of a line is there."""

    def act(line: BudgetLine, version: int) -> str:
        actions.fund_budget_line(line=line, version=version, by=request.member, now=request.now)
        return f"{line.title} is confirmed as funded."

    return _press(request, code, key, Permission.FUND_BUDGET, act)


@require_POST
@needs(Permission.FUND_BUDGET)
def budget_unfund(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Take back that the planned money of a line is there."""

    def act(line: BudgetLine, version: int) -> str:
        actions.unfund_budget_line(line=line, version=version, by=request.member)
        return f"{line.title} is not funded any more."

    return _press(request, code, key, Permission.FUND_BUDGET, act)


def _press(
    request: Request,
    code: str,
    key: UUID,
    permission: Permission,
    act: Callable[[BudgetLine, int], str],
) -> HttpResponse:
    """Do with a line what a button asks for, to the version beside which the button stood."""
    pilot = _own(request, code, permission)
    line = budget.get_line(pilot, key)
    home = reverse("budget", args=[request.tenant.slug, code])
    return press(request, lambda version: act(line, version), home=home)


def _own(request: Request, code: str, permission: Permission) -> Pilot:
    """Return the pilot when this member may, with the part they have in it; else 403."""
    pilot = queries.get_pilot(code)
    require(request, permission, queries.parts_of(request.member.person_id, pilot))
    return pilot


def _around(request: Request, pilot: Pilot) -> dict[str, Any]:
    """Return what the frame of these pages prints."""
    slug = request.tenant.slug
    crumbs = [
        {"url": reverse("board", args=[slug]), "label": "Portfolio"},
        {"url": reverse("pilot", args=[slug, pilot.code]), "label": pilot.name},
        {"url": reverse("budget", args=[slug, pilot.code]), "label": "Budget"},
    ]
    return {
        "nav_current": "portfolio",
        "pilot": pilot,
        "crumbs": crumbs,
        "list_crumbs": crumbs[:2],
    }
