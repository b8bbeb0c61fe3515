"""The pages of the snapshots that a pilot was tried on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, save

from .. import forms
from ..actions import snapshots as actions
from ..models import DataSnapshot
from ..queries import snapshots
from .frame import around, below, edits, own_pilot


def _finding(newest: Sequence[DataSnapshot]) -> str:
    """Return the sentence that the page begins with."""
    if not newest:
        return _("No data snapshot is written down yet.")
    short = sum(one.days_lacking > 0 for one in newest)
    if not short:
        return ngettext(
            "The one source covers a full seasonal cycle.",
            "All %(count)s sources cover a full seasonal cycle.",
            len(newest),
        ) % {"count": len(newest)}
    return _("%(short)s of %(of)s sources are shorter than a seasonal cycle.") % {
        "short": short,
        "of": len(newest),
    }


@require_safe
@needs(Permission.BROWSE)
def snapshot_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show which data a pilot was tried on, and what they cover of the plant's year."""
    pilot = portfolio.get_pilot(code)
    parts = portfolio.parts_of(request.member.person_id, pilot)
    may = bool(can(request.member.actor, Permission.SUBMIT_EVIDENCE, parts))
    newest = snapshots.list_newest(pilot)
    context = {
        **around(request, pilot),
        "finding": _finding(newest),
        "rows": snapshots.list_snapshots(pilot),
        "newest": {one.pk for one in newest},
        "may": may and pilot.archived_at is None,
    }
    return render(request, "gates/snapshots.html", context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def snapshot_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Write down which data of a source a pilot was tried on."""
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        made = actions.add_snapshot(pilot=pilot, by=request.member, now=request.now, **values)
        return Done(f"The snapshot of {made.source} is written down.", _home(slug, code))

    context = {
        **below(request, pilot, "snapshot_list", _("Data snapshots")),
        "title": "Write down a data snapshot",
        "submit": "Write it down",
        "note": "A snapshot is never changed: it is taken back, and stays to be seen.",
    }
    form = forms.SnapshotForm(request.POST or None)
    return save(request, form, act, template="gates/edit.html", context=context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def snapshot_withdraw(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Take a snapshot back, with a reason."""
    row = snapshots.get_snapshot(portfolio.get_pilot(code), key)
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.withdraw_snapshot(row=row, by=request.member, now=request.now, **values)
        return Done("The snapshot counts no more.", _home(slug, code))

    context = {
        **below(request, pilot, "snapshot_list", _("Data snapshots")),
        "title": f"Take back: {row.source}",
        "submit": "Take it back",
        "note": "A gate that was passed on it opens again.",
    }
    form = forms.WithdrawForm(request.POST or None)
    return save(request, form, act, template="gates/edit.html", context=context)


def _home(slug: str, code: str) -> str:
    return reverse("snapshot_list", args=[slug, code])
