"""Settings: sites, vendors and people."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import Blocker
from common.web import Request
from metrics import queries as metrics
from metrics.queries import verdicts
from tenants import actions as tenants
from tenants import queries as people
from tenants.access import needs
from tenants.models import Person
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import actions, forms, queries
from ..models import Part, Site, Vendor

FORM = "settings/edit.html"
reads = require_safe
edits = require_http_methods(["GET", "HEAD", "POST"])


def _page(current: str, **more: Any) -> dict[str, Any]:
    return {"nav_current": "settings", "settings_current": current, **more}


def _may(request: Request, permission: Permission) -> bool:
    return bool(can(request.member.actor, permission))


@reads
@needs(Permission.BROWSE)
def site_list(request: Request, slug: str) -> HttpResponse:
    """List the sites, and below them the archived ones."""
    return render(
        request,
        "settings/sites.html",
        _page(
            "sites",
            sites=queries.list_sites(),
            archived=queries.list_sites(archived=True),
            may=_may(request, Permission.MANAGE_SITES),
        ),
    )


@edits
@needs(Permission.MANAGE_SITES)
def site_new(request: Request, slug: str) -> HttpResponse:
    """Add a site; its zone is the tenant's unless somebody says otherwise."""

    def act(**values: Any) -> Done:
        site = actions.add_site(by=request.member, **values)
        return Done(f"{site.name} is added.", _back(request, slug, "site_list"))

    form = forms.NewSiteForm(request.POST or None, initial={"zone": request.tenant.zone})
    context = _page("sites", **_words("site", slug, "Sites", "Add a site"))
    return save(
        request, form, act, template=FORM, context={**context, "zones": queries.list_zones()}
    )


@edits
@needs(Permission.MANAGE_SITES)
def site_edit(request: Request, slug: str, code: str) -> HttpResponse:
    """Change a site."""
    site = queries.get_site(code)

    def act(**values: Any) -> Done:
        actions.change_site(site=site, held_by=_locked, by=request.member, **values)
        return Done("Saved.", reverse("site_list", args=[slug]))

    form = forms.SiteForm(request.POST or None, initial=forms.site_values(site))
    return save(
        request,
        form,
        act,
        template=FORM,
        context={
            **_edit("site", slug, "Sites", site, site.code),
            "settings_current": "sites",
            "zones": queries.list_zones(),
        },
        now=lambda: forms.site_values(queries.get_site(code)),
    )


@require_POST
@needs(Permission.MANAGE_SITES)
def site_archive(request: Request, slug: str, code: str) -> HttpResponse:
    """Archive a site that nothing uses."""
    site = queries.get_site(code)

    def act() -> Done:
        actions.archive_site(site=site, used_by=_weeks_cut, by=request.member, now=request.now)
        return Done(f"{site.name} is archived.", reverse("site_list", args=[slug]))

    return attempt(request, act, back=reverse("site_edit", args=[slug, code]))


@require_POST
@needs(Permission.MANAGE_SITES)
def site_restore(request: Request, slug: str, code: str) -> HttpResponse:
    """Bring a site back."""
    site = queries.get_site(code)

    def act() -> Done:
        actions.restore_site(site=site, by=request.member)
        return Done(f"{site.name} is back.", reverse("site_list", args=[slug]))

    return attempt(request, act, back=reverse("site_list", args=[slug]))


@reads
@needs(Permission.BROWSE)
def vendor_list(request: Request, slug: str) -> HttpResponse:
    """List the vendors, and below them the archived ones."""
    return render(
        request,
        "settings/vendors.html",
        _page(
            "vendors",
            vendors=queries.list_vendors(),
            archived=queries.list_vendors(archived=True),
            may=_may(request, Permission.MANAGE_PEOPLE),
        ),
    )


@edits
@needs(Permission.MANAGE_PEOPLE)
def vendor_new(request: Request, slug: str) -> HttpResponse:
    """Add a vendor."""

    def act(**values: Any) -> Done:
        vendor = actions.add_vendor(by=request.member, **values)
        return Done(f"{vendor.name} is added.", _back(request, slug, "vendor_list"))

    form = forms.NewVendorForm(request.POST or None)
    context = _page("vendors", **_words("vendor", slug, "Vendors", "Add a vendor"))
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.MANAGE_PEOPLE)
def vendor_edit(request: Request, slug: str, code: str) -> HttpResponse:
    """Change a vendor."""
    vendor = queries.get_vendor(code)

    def act(**values: Any) -> Done:
        actions.change_vendor(vendor=vendor, by=request.member, **values)
        return Done("Saved.", reverse("vendor_list", args=[slug]))

    form = forms.VendorForm(request.POST or None, initial=forms.vendor_values(vendor))
    return save(
        request,
        form,
        act,
        template=FORM,
        context=_edit("vendor", slug, "Vendors", vendor, vendor.code),
        now=lambda: forms.vendor_values(queries.get_vendor(code)),
    )


@require_POST
@needs(Permission.MANAGE_PEOPLE)
def vendor_archive(request: Request, slug: str, code: str) -> HttpResponse:
    """Archive a vendor that no pilot has."""
    vendor = queries.get_vendor(code)

    def act() -> Done:
        actions.archive_vendor(vendor=vendor, by=request.member, now=request.now)
        return Done(f"{vendor.name} is archived.", reverse("vendor_list", args=[slug]))

    return attempt(request, act, back=reverse("vendor_edit", args=[slug, code]))


@require_POST
@needs(Permission.MANAGE_PEOPLE)
def vendor_restore(request: Request, slug: str, code: str) -> HttpResponse:
    """Bring a vendor back."""
    vendor = queries.get_vendor(code)

    def act() -> Done:
        actions.restore_vendor(vendor=vendor, by=request.member)
        return Done(f"{vendor.name} is back.", reverse("vendor_list", args=[slug]))

    return attempt(request, act, back=reverse("vendor_list", args=[slug]))


@reads
@needs(Permission.BROWSE)
def person_list(request: Request, slug: str) -> HttpResponse:
    """List the people with what they do in pilots, and below them the archived ones."""
    parts = defaultdict(list)
    for party in queries.list_parts_of_people():
        parts[party.person_id].append(f"{Part(party.part).label} of {party.pilot.code}")
    rows = [
        {"person": person, "parts": ", ".join(parts[person.pk])} for person in people.list_people()
    ]
    return render(
        request,
        "settings/people.html",
        _page(
            "people",
            rows=rows,
            archived=people.list_archived_people(),
            may=_may(request, Permission.MANAGE_PEOPLE),
        ),
    )


@edits
@needs(Permission.MANAGE_PEOPLE)
def person_new(request: Request, slug: str) -> HttpResponse:
    """Name somebody, with or without a sign-in of their own."""

    def act(**values: Any) -> Done:
        person = tenants.add_person(actor=request.member.audit_name, **values)
        return Done(f"{person.name} is added.", _back(request, slug, "person_list"))

    form = forms.NewPersonForm(request.POST or None)
    context = _page("people", **_words("person", slug, "People", "Add a person"))
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.MANAGE_PEOPLE)
def person_edit(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Change what is known of a person."""
    person = people.get_person(key)

    def act(**values: Any) -> Done:
        tenants.change_person(person=person, by=request.member, **values)
        return Done("Saved.", reverse("person_list", args=[slug]))

    form = forms.PersonForm(request.POST or None, initial=forms.person_values(person))
    return save(
        request,
        form,
        act,
        template=FORM,
        context=_edit("person", slug, "People", person, key),
        now=lambda: forms.person_values(people.get_person(key)),
    )


@require_POST
@needs(Permission.MANAGE_PEOPLE)
def person_archive(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Archive somebody whom no pilot and no source needs."""
    person = people.get_person(key)

    def act() -> Done:
        tenants.archive_person(person=person, used_by=_uses, by=request.member, now=request.now)
        return Done(f"{person.name} is archived.", reverse("person_list", args=[slug]))

    return attempt(request, act, back=reverse("person_edit", args=[slug, key]))


@require_POST
@needs(Permission.MANAGE_PEOPLE)
def person_restore(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Bring a person back."""
    person = people.get_person(key)

    def act() -> Done:
        tenants.restore_person(person=person, by=request.member)
        return Done(f"{person.name} is back.", reverse("person_list", args=[slug]))

    return attempt(request, act, back=reverse("person_list", args=[slug]))


def _weeks_cut(site: Site) -> list[Blocker]:
    """Return what to do about the metrics whose weeks are cut at a site."""
    slug = people.current_slug()
    return [
        Blocker(
            f"Archive metric {metric.name} first", reverse("metric_edit", args=[slug, metric.code])
        )
        for metric in metrics.list_metrics_at(site)
    ]


def _locked(site: Site) -> list[Blocker]:
    """Return what to do about each locked baseline that holds the zone of a site."""
    slug, found = people.current_slug(), []
    for row in [baseline.target_row for baseline in verdicts.list_locked_at(site)]:
        pilot = f"pilot {row.pilot.code} {row.pilot.name}"
        if row.pilot.archived_at:
            words = f"Bring the archived {pilot} back first, then replace its baseline of"
            path = reverse("pilot", args=[slug, row.pilot.code])
            found.append(Blocker(f"{words} {row.metric.name}", path))
        else:
            path = reverse("baseline", args=[slug, row.pilot.code, row.pk])
            found.append(
                Blocker(f"Replace the baseline of {row.metric.name} in {pilot} first", path)
            )
    return found


def _uses(person: Person) -> list[Blocker]:
    """Return what to do where a person is needed."""
    slug = people.current_slug()
    parts = [
        Blocker(
            f"Name another {Part(party.part).label.lower()} of pilot"
            f" {party.pilot.code} {party.pilot.name} first",
            f"{reverse('party_set', args=[slug, party.pilot.code])}?part={party.part}",
        )
        for party in queries.list_parts_of_person(person)
    ]
    sources = [
        Blocker(
            f"Name another maintainer of source {source.name} first",
            reverse("source_edit", args=[slug, source.code]),
        )
        for source in metrics.list_sources_of(person)
    ]
    needed = [
        Blocker(
            f"Name another maintainer of {one.name} in pilot {one.pilot.code} first",
            reverse("pilot_source_edit", args=[slug, one.pilot.code, one.pk]),
        )
        for one in metrics.list_pilot_sources_of(person)
    ]
    owned = [
        Blocker(
            f"Name another owner of field {one.name} first",
            reverse("field_edit", args=[slug, one.pk]),
        )
        for one in metrics.list_fields_of(person)
    ]
    return [*parts, *sources, *needed, *owned]


def _words(name: str, slug: str, many: str, title: str) -> dict[str, Any]:
    """Return what the page of a new row says around its form."""
    return {
        "title": title,
        "submit": title,
        "crumbs": [{"url": reverse(f"{name}_list", args=[slug]), "label": many}],
        "cancel_url": reverse(f"{name}_list", args=[slug]),
    }


def _edit(
    name: str, slug: str, many: str, row: Site | Vendor | Person, key: str | UUID
) -> dict[str, Any]:
    """Return what the page of a row says around its form, with archive or bring back."""
    verb = "restore" if row.archived_at else "archive"
    return {
        **_page(many.lower(), **_words(name, slug, many, row.name)),
        "submit": "Save",
        "code": key if isinstance(key, str) else "",
        "archived": row.archived_at is not None,
        "archive_url": reverse(f"{name}_{verb}", args=[slug, key]),
    }


def _back(request: Request, slug: str, listed: str) -> str:
    """Return where a new row leads: to the new pilot that asked for it, else to its list."""
    if request.GET.get("then") == "pilot":
        return reverse("pilot_new", args=[slug])
    return reverse(listed, args=[slug])
