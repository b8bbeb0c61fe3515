"""Settings: what fields mean, where that is something else, and which conflicts are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio.models import Site
from tenants import queries as tenants
from tenants.access import needs
from tenants.models import Membership
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import queries
from ..actions import fields as actions
from ..forms import fields as forms
from ..models import FieldDefinition, FieldVariant, Source
from ..queries import fields as reads
from ..queries.fields import Field, Told
from ..rules.fields import Stand
from .editing import edits

HERE = {"nav_current": "settings", "settings_current": "fields"}
FORM = "settings/edit.html"


@dataclass(frozen=True, slots=True)
class Place:
    """What is meant somewhere as pages print it."""

    told: Told

    @property
    def row(self) -> FieldVariant:
        return self.told.row

    @property
    def state(self) -> tuple[str, str, str]:
        """Return word, tone and glyph."""
        if self.told.behind:
            return _("Agreed meaning changed"), "bad", "tri"
        if self.told.open:
            return _("Open conflict"), "bad", "tri"
        if self.row.stand == Stand.CONVERT:
            return _("Converted"), "goodline", "check"
        if self.row.stand == Stand.DIFFERS:
            return _("May differ"), "goodline", "check"
        return _("As agreed"), "goodline", "check"


@dataclass(frozen=True, slots=True)
class Line:
    """A field of the list as the page prints it. pilots: how many need it."""

    field: Field
    url: str
    pilots: int

    @property
    def state(self) -> tuple[str, str, str]:
        return state_of(self.field)

    @property
    def dissenting(self) -> str:
        """Return where something else is meant."""
        return ", ".join(one.row.place for one in self.field.dissenting)


def state_of(field: Field) -> tuple[str, str, str]:
    """Return word, tone and glyph of a field: whether a conflict of it is open."""
    count = len(field.open)
    if count:
        words = ngettext("%(count)s open conflict", "%(count)s open conflicts", count)
        return words % {"count": count}, "bad", "tri"
    if field.left:
        return _("No owner any more"), "worse", "person"
    return _("Agreed"), "goodline", "check"


@require_safe
@needs(Permission.BROWSE)
def field_list(request: Request, slug: str) -> HttpResponse:
    """List the fields with their meaning and conflicts, and below them the archived ones."""
    found, pilots = reads.list_fields(), reads.map_needing()
    context = {
        **HERE,
        "title": _finding(found),
        "lines": [
            Line(one, reverse("field", args=[slug, one.row.pk]), pilots.get(one.row.pk, 0))
            for one in found
        ],
        "archived": reads.list_archived_fields(),
        "may": bool(can(request.member.actor, Permission.DEFINE_METRIC)),
    }
    return render(request, "metrics/fields.html", context)


def _finding(found: Sequence[Field]) -> str:
    """Return the sentence that the list begins with."""
    if not found:
        return _("Nobody wrote down yet what fields mean.")
    count = sum(len(one.open) for one in found)
    if not count:
        return ngettext(
            "%(fields)s field, and no open conflict.",
            "%(fields)s fields, and no open conflict.",
            len(found),
        ) % {"fields": len(found)}
    return ngettext(
        "%(count)s conflict about what a field means is open.",
        "%(count)s conflicts about what fields mean are open.",
        count,
    ) % {"count": count}


@require_safe
@needs(Permission.BROWSE)
def field(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Show a field: its meaning, who means something else, which pilots need it, what was settled."""
    row = reads.get_field(key)
    found = reads.read_field(row)
    live = row.archived_at is None
    may = live and bool(can(request.member.actor, Permission.DEFINE_METRIC))
    context = {
        **HERE,
        **_crumbs(slug),
        "field": found,
        "row": row,
        "title": _said(found),
        "places": [Place(one) for one in found.told],
        "dissenting": [one.row.place for one in found.dissenting],
        "ended": reads.list_ended_variants(row),
        "settlements": reads.list_settlements(row),
        "needs": reads.list_needs_of(row),
        "may": may,
        "may_settle": live and not reads.settle_refusal(row, request.member),
    }
    return render(request, "metrics/field.html", context)


def _said(found: Field) -> str:
    """Return the sentence that a field's page begins with."""
    name, count = found.row.name, len(found.open)
    if not count:
        return _("%(name)s: no open conflict.") % {"name": name}
    words = ngettext(
        "%(name)s: %(count)s open conflict.", "%(name)s: %(count)s open conflicts.", count
    )
    return words % {"name": name, "count": count}


@edits
@needs(Permission.DEFINE_METRIC)
def field_new(request: Request, slug: str) -> HttpResponse:
    """Write down a field."""

    def act(**values: Any) -> Done:
        row = actions.add_field(by=request.member, **values)
        return Done(f"{row.name} is written down.", reverse("field", args=[slug, row.pk]))

    title = "Write down what a field means"
    context = {**HERE, **_crumbs(slug), "title": title, "submit": "Write it down"}
    form = forms.NewFieldForm(request.POST or None, members=tenants.list_members())
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.DEFINE_METRIC)
def field_edit(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Change a field; archive it or bring it back below."""
    row = reads.get_field(key)

    def act(**values: Any) -> Done:
        actions.change_field(row=row, by=request.member, **values)
        return Done("Saved.", reverse("field", args=[slug, key]))

    verb = "restore" if row.archived_at else "archive"
    context = {
        **HERE,
        **_below(slug, row),
        "title": row.name,
        "submit": "Save",
        "archived": row.archived_at is not None,
        "archive_url": reverse(f"field_{verb}", args=[slug, key]),
    }
    form = forms.FieldForm(
        request.POST or None, members=_members(row), initial=forms.field_values(row)
    )
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.field_values(reads.get_field(key)),
    )


@require_POST
@needs(Permission.DEFINE_METRIC)
def field_archive(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Put a field aside that no pilot needs."""
    row = reads.get_field(key)

    def act() -> Done:
        actions.archive_field(row=row, by=request.member, now=request.now)
        return Done(f"{row.name} is archived.", reverse("field_list", args=[slug]))

    return attempt(request, act, back=reverse("field_edit", args=[slug, key]))


@require_POST
@needs(Permission.DEFINE_METRIC)
def field_restore(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Bring a field back."""
    row = reads.get_field(key)

    def act() -> Done:
        actions.restore_field(row=row, by=request.member)
        return Done(f"{row.name} is back.", reverse("field", args=[slug, key]))

    return attempt(request, act, back=reverse("field_list", args=[slug]))


@edits
@needs(Permission.DEFINE_METRIC)
def variant_new(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Write down what a site or a source means by a field."""
    row = reads.get_field(key)

    def act(**values: Any) -> Done:
        made = actions.add_variant(row=row, by=request.member, **values)
        home = reverse("field", args=[slug, key])
        if made.stand == Stand.DIFFERS:
            return Done(f"It is a conflict until it is settled: {made.place}.", home)
        return Done(f"{made.place} is written down.", home)

    context = {
        **HERE,
        **_below(slug, row),
        "title": f"What {row.name} means somewhere",
        "submit": "Write it down",
        "agreed": row,
    }
    form = forms.NewVariantForm(request.POST or None, **_places())
    return save(request, form, act, template="metrics/edit_variant.html", context=context)


@edits
@needs(Permission.DEFINE_METRIC)
def variant_edit(request: Request, slug: str, key: UUID, variant: UUID) -> HttpResponse:
    """Change what a site or a source means by a field."""
    row = reads.get_variant(reads.get_field(key), variant)

    def act(**values: Any) -> Done:
        actions.change_variant(row=row, by=request.member, **values)
        return Done("Saved.", reverse("field", args=[slug, key]))

    conflict = row.stand == Stand.DIFFERS or row.wording != row.field.wording
    context = {
        **HERE,
        **_below(slug, row.field),
        "title": f"{row.field.name}: {row.place}",
        "submit": "Save",
        "agreed": row.field,
        "end_url": ""
        if conflict or row.ended_at
        else reverse("variant_end", args=[slug, key, variant]),
        "settle_url": reverse("variant_settle", args=[slug, key, variant]) if conflict else "",
    }
    form = forms.VariantForm(
        request.POST or None, initial=forms.variant_values(row), **_places(row)
    )
    return save(
        request,
        form,
        act,
        template="metrics/edit_variant.html",
        context=context,
        now=lambda: forms.variant_values(reads.get_variant(row.field, variant)),
    )


@require_POST
@needs(Permission.DEFINE_METRIC)
def variant_end(request: Request, slug: str, key: UUID, variant: UUID) -> HttpResponse:
    """Say that nobody uses a field there any more."""
    row = reads.get_variant(reads.get_field(key), variant)
    home = reverse("field", args=[slug, key])

    def act() -> Done:
        actions.end_variant(row=row, by=request.member, now=request.now)
        return Done(f"{row.place} is off the list.", home)

    return attempt(request, act, back=home)


@require_POST
@needs(Permission.DEFINE_METRIC)
def variant_restore(request: Request, slug: str, key: UUID, variant: UUID) -> HttpResponse:
    """Put what is meant somewhere back."""
    row = reads.get_variant(reads.get_field(key), variant)
    home = reverse("field", args=[slug, key])

    def act() -> Done:
        actions.restore_variant(row=row, by=request.member)
        return Done(f"{row.place} is on the list again.", home)

    return attempt(request, act, back=home)


@edits
@needs(Permission.BROWSE)
def variant_settle(request: Request, slug: str, key: UUID, variant: UUID) -> HttpResponse:
    """Settle a conflict, as who owns the field, or as an admin."""
    row = reads.get_variant(reads.get_field(key), variant)
    home = reverse("field", args=[slug, key])
    if request.method != "POST" and reads.settle_refusal(row.field, request.member):
        return redirect(home)

    def act(**values: Any) -> Done:
        actions.settle(row=row, by=request.member, now=request.now, **values)
        return Done(f"The conflict is settled: {row.place}.", home)

    context = {
        **HERE,
        **_below(slug, row.field),
        "title": f"Settle {row.field.name}: {row.place}",
        "submit": "Settle it",
        "agreed": row.field,
        "meant": row,
    }
    form = forms.SettleForm(request.POST or None, initial={"version": row.version})
    return save(
        request,
        form,
        act,
        template="metrics/edit_variant.html",
        context=context,
        now=lambda: {"version": reads.get_variant(row.field, variant).version},
    )


def _members(row: FieldDefinition) -> list[Membership]:
    """Return who may own a field, its owner too where they left."""
    listed = tenants.list_members()
    return listed if row.owner in listed else [row.owner, *listed]


def _places(row: FieldVariant | None = None) -> dict[str, Any]:
    """Return the sites and sources to choose from, the chosen ones too where they are archived."""
    sites: list[Site] = portfolio.list_sites()
    sources: list[Source] = queries.list_sources()
    if row is not None and row.site is not None and row.site not in sites:
        sites = [row.site, *sites]
    if row is not None and row.source is not None and row.source not in sources:
        sources = [row.source, *sources]
    return {"sites": sites, "sources": sources}


def _crumbs(slug: str) -> dict[str, Any]:
    listed = reverse("field_list", args=[slug])
    return {"crumbs": [{"url": listed, "label": "Fields"}], "cancel_url": listed}


def _below(slug: str, row: FieldDefinition) -> dict[str, Any]:
    around, home = _crumbs(slug), reverse("field", args=[slug, row.pk])
    return {"crumbs": [*around["crumbs"], {"url": home, "label": row.name}], "cancel_url": home}
