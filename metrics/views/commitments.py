"""The pages of a vendor's commitment: writing it down, the evidence, waiving and deciding."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.models import Pilot
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, save

from ..actions import commitments as actions
from ..forms import commitments as forms
from ..models import VendorCommitment
from ..queries import commitments, promises
from ..queries.commitments import Standing
from ..rules.commitments import State, weeks_of
from .editing import PILOTS, edits, own_pilot, pilot_crumbs


@edits
@needs(Permission.EDIT_PILOT)
def commitment_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Write down what a pilot's vendor committed to."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    rows = commitments.list_committable(pilot)

    def act(**values: Any) -> Done:
        made = actions.add_commitment(by=request.member, now=request.now, **values)
        return Done("The commitment is written down.", _address(slug, code, made))

    context = {
        **_around(slug, pilot),
        "title": "Write down a vendor's commitment",
        "submit": "Write it down",
        "cancel_url": reverse("pilot", args=[slug, code]),
        "rows": rows,
    }
    form = forms.NewCommitmentForm(request.POST or None, rows=rows)
    return save(request, form, act, template="metrics/edit_commitment.html", context=context)


@edits
@needs(Permission.EDIT_PILOT)
def commitment_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Change the terms of a commitment while the last of its four weeks is not over."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    standing = _standing(request, pilot, key)
    row = standing.commitment
    rows = commitments.list_committable(pilot, also=row.target_row_id)

    def act(**values: Any) -> Done:
        actions.change_commitment(commitment=row, by=request.member, now=request.now, **values)
        return Done("Saved.", _address(slug, code, row))

    context = {
        **_around(slug, pilot, standing),
        "title": "Change a vendor's commitment",
        "submit": "Save",
        "cancel_url": _address(slug, code, row),
        "rows": rows,
        "vendor": row.vendor,
        "fixed": not standing.may_change,
    }
    form = forms.CommitmentForm(
        request.POST or None, rows=rows, initial=forms.commitment_values(row)
    )
    return save(
        request,
        form,
        act,
        template="metrics/edit_commitment.html",
        context=context,
        now=lambda: forms.commitment_values(_standing(request, pilot, key).commitment),
    )


@require_safe
@needs(Permission.BROWSE)
def commitment(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Show a commitment, and once it is judged the evidence for a letter, on one printed page."""
    pilot = portfolio.get_pilot(code)
    standing = _standing(request, pilot, key)
    row, newest = standing.commitment, standing.newest
    parts = portfolio.parts_of(request.member.person_id, pilot)
    actor, live = request.member.actor, pilot.archived_at is None
    may_decide = bool(can(actor, Permission.DECIDE_COMMITMENT, parts)) and live
    late = path.local_day(row.written_at, pilot.site.zone) > row.due_date
    context = {
        **_around(slug, pilot),
        **archived.around(request, pilot),
        "standing": standing,
        "commitment": row,
        "metric": row.target_row.metric,
        "told": promises.tell(standing),
        "weeks": promises.weeks_of(newest) if newest else [],
        "to_judge": weeks_of(row.due_date),
        "digest": bytes(newest.digest).hex() if newest else "",
        "written_late": late,
        "changes": promises.list_changes(row, now=request.now),
        "earlier": [(one, promises.said(one, standing)) for one in standing.versions[1:]],
        "may_change": standing.may_change
        and live
        and bool(can(actor, Permission.EDIT_PILOT, parts)),
        "may_waive": may_decide and standing.state is not State.WAIVED,
        "may_decide": may_decide and standing.state is State.UNKNOWN,
    }
    return render(request, "metrics/commitment.html", context)


@require_safe
@needs(Permission.BROWSE)
def commitment_file(
    request: Request, slug: str, code: str, key: UUID, version: int
) -> HttpResponse:
    """Give one version of what the figures say, with the exact inputs, as a file."""
    pilot = portfolio.get_pilot(code)
    standing = _standing(request, pilot, key)
    found = next((one for one in standing.versions if one.number == version), None)
    if found is None:
        raise Http404("no such version")
    row = standing.commitment
    body = {
        "pilot": pilot.name,
        "vendor": row.vendor.name,
        "metric": row.target_row.metric.name,
        "promise": promises.tell(standing).promise,
        "finding": promises.said(found, standing),
        "version": found.number,
        "word": found.word,
        "value": found.value,
        "as_of": found.as_of.isoformat(),
        "written_by": row.written_by.person.name,
        "written_at": row.written_at.isoformat(),
        "changes": [
            {"by": one.who, "at": one.at.isoformat(), "before": one.before}
            for one in promises.list_changes(row, now=request.now)
        ],
        "digest": bytes(found.digest).hex(),
        "inputs": found.inputs,
        "decisions": [
            {
                "word": one.word,
                "by": one.member.person.name,
                "at": one.at.isoformat(),
                "reason": one.reason,
            }
            for one in standing.taken
        ],
    }
    name = f"{slug}-{code}-commitment-{row.due_date}-version-{version}.json"
    return HttpResponse(
        json.dumps(body, indent=1),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@edits
@needs(Permission.DECIDE_COMMITMENT)
def commitment_waive(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Waive a commitment by name and with a reason."""
    return _decide(request, code, key, forms.WaiveForm, "Waive the commitment", "Waive")


@edits
@needs(Permission.DECIDE_COMMITMENT)
def commitment_decide(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Say by name and with a reason whether it is met, where the figures cannot tell."""
    return _decide(request, code, key, forms.DecideForm, "Met or missed?", "Decide")


def _decide(
    request: Request,
    code: str,
    key: UUID,
    kind: type[forms.WaiveForm | forms.DecideForm],
    title: str,
    submit: str,
) -> HttpResponse:
    pilot = own_pilot(request, code, Permission.DECIDE_COMMITMENT)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    slug = request.tenant.slug
    standing = _standing(request, pilot, key)
    row = standing.commitment
    address = _address(slug, code, row)

    def act(version: int, reason: str, word: str = "waived") -> Done:
        actions.decide_commitment(
            commitment=row,
            version=version,
            word=word,
            reason=reason,
            by=request.member,
            now=request.now,
        )
        return Done(f"You decided: {word}.", address)

    context = {
        **_around(slug, pilot, standing),
        "title": title,
        "submit": submit,
        "told": promises.tell(standing),
        "commitment": row,
        "cancel_url": address,
    }
    form = kind(request.POST or None, initial={"version": standing.seen})
    return save(
        request,
        form,
        act,
        template="metrics/decide_commitment.html",
        context=context,
        now=lambda: {"version": _standing(request, pilot, key).seen},
    )


def _standing(request: Request, pilot: Pilot, key: UUID) -> Standing:
    """Return a commitment as it stands today at the pilot's site."""
    today = path.local_day(request.now, pilot.site.zone)
    return commitments.get_standing(pilot, key, today=today)


def _address(slug: str, code: str, row: VendorCommitment) -> str:
    return reverse("commitment", args=[slug, code, row.pk])


def _around(slug: str, pilot: Pilot, standing: Standing | None = None) -> dict[str, Any]:
    """Return what stands around a page about a commitment; below its own page where one is given."""
    crumbs = pilot_crumbs(slug, pilot)
    if standing is not None:
        address = _address(slug, pilot.code, standing.commitment)
        crumbs.append({"url": address, "label": "Vendor's commitment"})
    return {**PILOTS, "pilot": pilot, "vendor": pilot.vendor, "crumbs": crumbs}
