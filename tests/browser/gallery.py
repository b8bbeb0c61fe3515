"""Pages that show every shared piece once; served to the browser tests only."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from common import charts
from config import urls as product
from metrics.rules.rare import days_between

TEMPLATES = Path(__file__).parent / "gallery_pages"
NOW = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
PHASES = [
    charts.Phase("audit", "Latency audit", 1, 2),
    charts.Phase("ownership", "Ownership", 2, 4),
    charts.Phase("deploy", "Deploy", 4, 8),
    charts.Phase("production", "Production", 8, 12),
    charts.Phase("measure", "Measure", 12, 12),
]


class PilotForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="As people on the floor call it.", max_length=50)
    site = forms.ChoiceField(choices=[("a", "Mill Lane"), ("b", "Harbour")])
    start = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    target = forms.DecimalField(help_text="In per cent.")
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), required=False)
    kind = forms.ChoiceField(
        widget=forms.RadioSelect, choices=[("mean", "Mean"), ("median", "Median")]
    )
    agreed = forms.BooleanField(
        label="Sponsor has agreed", required=False, help_text="Their name is recorded."
    )
    file = forms.FileField(required=False, label="CSV or XLSX")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return what the page frame shows."""
    nav = [
        ("portfolio", "grid"),
        ("metrics", "metric"),
        ("import", "upload"),
        ("settings", "gear"),
    ]
    return {
        "tenant": {"slug": "acme", "name": "Acme Castings and Coatings"},
        "tenants": [
            {"slug": "acme", "name": "Acme Castings and Coatings"},
            {"slug": "borealis", "name": "Borealis Pumps"},
        ],
        "member": {
            "name": "Chief officer",
            "initials": "CO",
            "roles_text": "Executive",
        },
        "nav": [
            {"key": key, "label": key.title(), "url": f"/{key}/", "icon": icon} for key, icon in nav
        ],
        "unread": 3,
        "theme": request.GET.get("theme", ""),
        "shortcuts": request.GET.get("shortcuts") != "off",
        "demo": True,
        "home_url": "/pieces/",
        "inbox_url": "/inbox/",
        "preferences_url": "/preferences/",
    }


def weeks(count: int, usual: float, spread: float, *gaps: int) -> list[charts.WeekPoint]:
    """Return weekly values around a usual one, without the weeks at these positions."""
    noise = random.Random(count)
    return [
        charts.WeekPoint(
            MONDAY - timedelta(weeks=count - 1 - at),
            None if at in gaps else noise.gauss(usual, spread),
            n=noise.randint(20, 90),
            left_out="two days only" if at == count - 6 else "",
        )
        for at in range(count)
    ]


def chart(title: str, known: list[charts.WeekPoint], week: int, **rest: Any) -> dict[str, Any]:
    """Return one metric's chart as a page gets it; week: the pilot's week now."""
    start = MONDAY - timedelta(weeks=week - 1)
    through = start + timedelta(weeks=1)
    before = [point.value for point in known if point.week_start <= through]
    limits = charts.xmr_limits(before, floor=0)
    band = charts.Baseline(limits.mean, limits.lower, limits.upper, through) if limits else None
    values = [point.value for point in known][-26:]
    return {
        "title": title,
        "weeks": known,
        "start": start,
        "baseline": band,
        "band": (band.lo, band.hi) if band else None,
        "values": values,
        "start_index": len(values) - week,
        "rows": charts.week_rows(known, start_week=start, unit=rest["unit"]),
        **rest,
    }


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what the gallery's pages print."""
    form = PilotForm({"name": "", "target": "", "site": "a"})
    form.is_valid()
    gates = zip(
        "DAFICO",
        ["Data", "Accuracy", "Failure handling", "Integration", "Cost", "Ownership"],
        [
            "passed",
            "submitted",
            "changes requested",
            "not started",
            "passed",
            "not started",
        ],
        "prfnpn",
        strict=True,
    )
    return {
        "shell": shell(request),
        "nav_current": "portfolio",
        "charts": [
            chart(
                "On-time lines", weeks(60, 0.9, 0.03), 15,
                unit="share", target=charts.Target(0.94, ">"),
            ),
            chart(
                "PO to receipt, median", weeks(30, 28.5, 5, 3, 4, 12, 25), 9,
                unit="days", target=charts.Target(20, "<="),
            ),
            chart(
                "Block to release", weeks(22, 60, 25, 18, 19), 9,
                unit="days", target=charts.Target(3, "<"),
            ),
            chart(
                "Fail rate", weeks(9, 0.07, 0.02), 9,
                unit="share", target=charts.Target(0.05, "<"),
            ),
        ],
        "gates": [
            {"letter": letter, "name": name, "word": word, "look": look}
            for letter, name, word, look in gates
        ],
        "facts": [
            {"label": "Proven against baseline", "figure": "0", "unit": "of 10 pilots"},
            {"label": "Money not yet proven", "figure": "$4.3M", "unit": "a year, assumed",
             "text": "6 pilots without money", "tone": "warn", "icon": "tri"},
            {"label": "No baseline", "figure": "2", "text": "Load history", "url": "/history/",
             "icon": "ask"},
            {"label": "Stale sources", "figure": "1", "unit": "of 4", "text": "silent since 14 Nov",
             "tone": "bad", "icon": "clock"},
        ],
        "form": form,
        "phases": PHASES,
        "today": date(2026, 11, 19),
        "now": NOW,
        "ago": NOW - timedelta(hours=5),
        "weeks": [None, 0, 1, 4, 8, 12, 15],
        "chips": [
            "proven", "improved", "no_change", "worse", "not_enough", "too_early", "no_baseline",
        ],
        "between": days_between(
            [date(2026, 1, 5) + timedelta(days=at) for at in (0, 9, 30, 30, 41, 55, 90, 97, 120, 131)],
            known=date(2026, 7, 20),
            weeks={date(2026, 1, 5) + timedelta(weeks=week) for week in range(30)},
        ),
        "sizes": [charts.Size(960, 250, before=None), charts.Size()],
        "watches": ["better_than_usual", "worse_than_usual", "usual"],
        "crumbs": [{"url": "/pieces/", "label": "Portfolio"}],
    }  # fmt: skip


def page(request: HttpRequest, name: str) -> HttpResponse:
    """Render one page of the gallery."""
    source = (TEMPLATES / f"{name}.html").read_text(encoding="utf-8")
    return HttpResponse(engines["django"].from_string(source).render(context(request), request))


def broken(request: HttpRequest) -> HttpResponse:
    """Answer as a page that failed."""
    return HttpResponse(status=500)


def saved(request: HttpRequest) -> HttpResponse:
    """Answer with nothing but a toast."""
    return HttpResponse(status=204, headers={"HX-Trigger": '{"toast": "Saved"}'})


urlpatterns = [
    path("broken/", broken),
    path("saved/", saved),
    path("<slug:name>/", page),
    *product.urlpatterns,  # the frame around a page links to the product's own
]
