"""The pages of candidates for a pilot, ranked over the whole arc."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import Refused
from common.forms import said
from common.web import Request
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, press, save

from .. import queries
from ..actions import candidates as actions
from ..forms import candidates as forms
from ..models import Area, Candidate
from ..queries import candidates as reads
from ..rules import candidates as rules
from ..rules.candidates import Arc, Gate, Outlook

edits = require_http_methods(["GET", "HEAD", "POST"])
FORM = "portfolio/edit_candidate.html"
GATES = dict(forms.GATES)
MISSING = {
    "items_per_year": _noop("items a year"),
    "benefit": _noop("what it brings"),
    "proof": _noop("the proof of concept"),
    "production": _noop("the way to production"),
    "item_cost": _noop("the cost of one item"),
    "overhead": _noop("the overhead"),
    "gates": _noop("a look at each gate"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A candidate as its list prints it. place: 1 for the best, None without a rank."""

    row: Candidate
    arc: Arc
    place: int | None

    @property
    def is_first(self) -> bool:
        """Say whether it is among the few to begin with: nothing stops it, and it pays."""
        return bool(
            self.place and self.place <= rules.FIRST and not self.arc.stops and self.arc.pays
        )

    @property
    def missing(self) -> str:
        """Return what nobody said yet, in words."""
        return missing_of(self.arc)

    @property
    def back(self) -> str:
        """Return when it has paid for itself, in words."""
        months = self.arc.payback
        if months is None:
            return _("Never: it brings no more than it costs")
        whole = int(months.to_integral_value("ROUND_CEILING"))
        if whole == 0:
            return _("At once")
        if not self.arc.pays:
            return _("Not within five years")
        words = ngettext("After %(n)s month", "After %(n)s months", whole)
        return words % {"n": whole}

    @property
    def at_worst(self) -> str:
        """Return what three times the cost of an item does to it; empty where it still pays."""
        if self.arc.payback is None or (self.arc.net(rules.WORST) or Decimal(0)) > 0:
            return ""
        return _("At three times the cost of an item it does not pay.")

    @property
    def effort(self) -> str:
        """Return where the money of the first year goes, in words."""
        if (shares := self.arc.shares) is None:
            return ""
        proof, production, running = (round(share * 100) for share in shares)
        return _(
            "Of the first year's money %(proof)s %% go into the proof, %(production)s %% into the way"
            " to production, %(running)s %% into running it."
        ) % {"proof": proof, "production": production, "running": running}

    @property
    def gates(self) -> list[str]:
        """Return how its gates look, in words: those that stop it first, then those that take work."""
        heads = {
            Outlook.STOPS: _("stopped by %(gates)s"),
            Outlook.WORK: _("work on %(gates)s"),
            Outlook.OPEN: _("nobody looked at %(gates)s"),
        }
        found = []
        for outlook, words in heads.items():
            of = [
                _(GATES[gate])
                for gate, one in zip(Gate, self.arc.outlook, strict=True)
                if one is outlook
            ]
            if of:
                found.append(words % {"gates": ", ".join(of)})
        return found

    @property
    def asked(self) -> str:
        """Return the functions that were asked."""
        return ", ".join(Area(one).label for one in self.row.consulted)


def missing_of(arc: Arc) -> str:
    """Return what nobody said yet of a candidate, in words; empty where nothing is missing."""
    return ", ".join(_(MISSING[name]) for name in arc.missing)


@require_safe
@needs(Permission.BROWSE)
def candidate_list(request: Request, slug: str) -> HttpResponse:
    """Show the candidates, ranked; then what lacks something, what was begun, and the archived."""
    rows = reads.list_candidates()
    listed = [one for one in rows if one.archived_at is None and one.begun_as is None]
    ranked, unranked = rules.rank([(one.name, one.arc) for one in listed])
    context = {
        **_frame(slug),
        "finding": _finding(len(ranked), len(unranked)),
        "ranked": [
            Line(listed[index], listed[index].arc, place)
            for place, index in enumerate(ranked, start=1)
        ],
        "unranked": [Line(listed[index], listed[index].arc, None) for index in unranked],
        "begun": [Line(one, one.arc, None) for one in rows if one.begun_as is not None],
        "gone": [one for one in rows if one.archived_at is not None],
        "may": bool(can(request.member.actor, Permission.CREATE_PILOT)),
        "currency": request.tenant.currency,
    }
    return render(request, "portfolio/candidates.html", context)


def _finding(ranked: int, unranked: int) -> str:
    """Return the sentence that the page begins with."""
    if not ranked and not unranked:
        return _("No candidate is written down.")
    words = ngettext("%(n)s candidate has a rank", "%(n)s candidates have a rank", ranked) % {
        "n": ranked
    }
    if not unranked:
        return f"{words}."
    lacking = ngettext("%(n)s lacks figures", "%(n)s lack figures", unranked) % {"n": unranked}
    return f"{words}, {lacking}."


@edits
@needs(Permission.CREATE_PILOT)
def candidate_new(request: Request, slug: str) -> HttpResponse:
    """Write down a candidate."""
    home = reverse("candidate_list", args=[slug])

    def act(**values: Any) -> Done:
        made = actions.add_candidate(by=request.member, **values)
        return Done(f"{made.name} is added.", home)

    sites = queries.list_sites()
    first = {"site": sites[0].code} if len(sites) == 1 else {}
    form = forms.NewCandidateForm(request.POST or None, sites=sites, initial=first)
    context = {
        **_frame(slug),
        "currency": request.tenant.currency,
        "title": _("Add a candidate"),
        "submit": _("Add it"),
        "cancel_url": home,
        "no_site": not sites,
    }
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.CREATE_PILOT)
def candidate_edit(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Change a candidate; archive it below."""
    row = reads.get_candidate(key)
    home = reverse("candidate_list", args=[slug])

    def act(**values: Any) -> Done:
        actions.change_candidate(candidate=row, by=request.member, **values)
        return Done("Saved.", home)

    form = forms.CandidateForm(
        request.POST or None, sites=queries.list_sites(), initial=forms.candidate_values(row)
    )
    context = {
        **_frame(slug),
        "currency": request.tenant.currency,
        "title": _("Change %(name)s") % {"name": row.name},
        "submit": _("Save"),
        "row": row,
        "cancel_url": home,
    }
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.candidate_values(reads.get_candidate(key)),
    )


@require_POST
@needs(Permission.CREATE_PILOT)
def candidate_archive(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Put a candidate aside."""

    def act(row: Candidate, version: int) -> str:
        actions.archive_candidate(
            candidate=row, version=version, by=request.member, now=request.now
        )
        return f"{row.name} is archived."

    return _press(request, key, act)


@require_POST
@needs(Permission.CREATE_PILOT)
def candidate_restore(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Bring a candidate back."""

    def act(row: Candidate, version: int) -> str:
        actions.restore_candidate(candidate=row, version=version, by=request.member)
        return f"{row.name} is back."

    return _press(request, key, act)


def of_address(request: Request) -> Candidate | None:
    """Return the candidate that a page is asked to start a pilot from; None for none.

    Raises Http404 for what is none.
    """
    if not (asked := request.GET.get("candidate")):
        return None
    try:
        return reads.get_candidate(UUID(asked))
    except ValueError:
        raise Http404 from None


def instead_of_start(request: Request, candidate: Candidate | None) -> HttpResponse | None:
    """Return the way back from a page that starts nothing of a candidate; None where it does.

    What was typed into the page before is answered by the action.
    """
    if candidate is None or request.method == "POST":
        return None
    try:
        actions.refuse_closed(candidate)
    except Refused as refused:
        messages.error(request, said(refused))
        return HttpResponseRedirect(reverse("candidate_list", args=[request.tenant.slug]))
    return None


def _press(request: Request, key: UUID, act: Callable[[Candidate, int], str]) -> HttpResponse:
    """Do with a candidate what a button asks for, to the version beside which it stood."""
    row = reads.get_candidate(key)
    home = reverse("candidate_list", args=[request.tenant.slug])
    return press(request, lambda version: act(row, version), home=home)


def _frame(slug: str) -> dict[str, Any]:
    crumbs = [
        {"url": reverse("board", args=[slug]), "label": "Portfolio"},
        {"url": reverse("candidate_list", args=[slug]), "label": "Candidates"},
    ]
    return {"nav_current": "portfolio", "crumbs": crumbs, "list_crumbs": crumbs[:1]}
