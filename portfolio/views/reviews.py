"""The weekly review of a pilot: its list on the pilot's page, and its form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.web import Request
from portfolio import rules
from tenants.access import needs, require
from tenants.rules import Parts, Permission, can
from tenants.views.saving import Done, save

from .. import actions, forms, queries
from ..models import Pilot, PilotReview
from .archived import instead_of_form

# Look and icon of each status; its word stands beside them.
LOOKS = {
    "on_track": ("usual", "check"),
    "at_risk": ("worse", "tri"),
    "off_track": ("gap", "cross"),
}


@dataclass(frozen=True, slots=True)
class Week:
    """A week with its review, or a run of weeks that nobody wrote of; then `status` is empty."""

    title: str
    status: str = ""
    tone: str = ""
    glyph: str = ""
    sentence: str = ""
    next_decision: str = ""
    who: str = ""
    at: datetime | None = None


def around(
    request: Request, pilot: Pilot, parts: Parts, *, ended_at: datetime | None
) -> dict[str, Any]:
    """Return what the pilot's page prints of its reviews, in one query.

    ended_at: when it was graduated or stopped, None while it runs. No week that was not over by
    then is told as one nobody wrote of.
    """
    written = {review.week: review for review in queries.list_reviews(pilot)}
    number = week_of(pilot, request.now)
    ended = None if ended_at is None else week_of(pilot, ended_at)
    expected = number if ended is None else min(number, ended)
    may = bool(can(request.member.actor, Permission.WRITE_REVIEW, parts))
    address = reverse("pilot_review", args=[request.tenant.slug, pilot.code])
    return {
        "weeks": list_weeks(written, expected),
        "writable": [
            {"week": week, "url": f"{address}?week={week}", "written": week in written}
            for week in rules.review_weeks(number, ended=ended)
        ]
        if may and pilot.archived_at is None
        else [],
    }


def week_of(pilot: Pilot, at: datetime) -> int:
    """Return the week a pilot is in at a moment."""
    return rules.week_of(pilot.start_date, at, pilot.site.zone)


def list_weeks(written: dict[int, PilotReview], number: int) -> list[Week]:
    """Return the reviews and the weeks without one, newest first.

    number: of the week now, or of the one in which the pilot ended.
    """
    lines = [(week, _written(review)) for week, review in written.items()]
    for first, last in rules.silent_weeks(written=written, number=number):
        names = {"first": first, "last": last}
        title = _("Week %(last)s") if first == last else _("Weeks %(first)s to %(last)s")
        lines.append((last, Week(title % names)))
    return [line for _week, line in sorted(lines, key=lambda entry: -entry[0])]


def _written(review: PilotReview) -> Week:
    tone, glyph = LOOKS[review.status]
    return Week(
        title=_("Week %(week)s") % {"week": review.week},
        status=review.get_status_display(),
        tone=tone,
        glyph=glyph,
        sentence=review.sentence,
        next_decision=review.next_decision,
        who=review.member.person.name,
        at=review.written_at,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.WRITE_REVIEW)
def pilot_review(request: Request, slug: str, code: str) -> HttpResponse:
    """Write the review of the week that `?week=` names; without one, go to that of this week.

    The address names it, so a form that is open while a week ends is still about that week.
    """
    pilot = queries.get_pilot(code)
    require(request, Permission.WRITE_REVIEW, queries.parts_of(request.member.person_id, pilot))
    if closed := instead_of_form(request, pilot):
        return closed
    home = reverse("pilot", args=[slug, code])
    number, ended_at = week_of(pilot, request.now), queries.find_ended_at(pilot)
    ended = None if ended_at is None else week_of(pilot, ended_at)
    week = _asked(request)
    if week is None:
        return redirect(f"{request.path}?week={max(number, 1)}")
    if request.method != "POST" and week not in rules.review_weeks(number, ended=ended):
        return redirect(f"{home}#reviews")

    def act(**values: Any) -> Done:
        actions.write_review(pilot=pilot, week=week, by=request.member, now=request.now, **values)
        return Done(_("The review of week %(week)s is written.") % {"week": week}, home)

    form = forms.ReviewForm(request.POST or None, initial=_first_answers(pilot, week))
    context = {
        "nav_current": "portfolio",
        "pilot": pilot,
        "week": week,
        "crumbs": [
            {"url": reverse("board", args=[slug]), "label": "Portfolio"},
            {"url": home, "label": pilot.name},
        ],
        "cancel_url": home,
    }
    return save(
        request,
        form,
        act,
        template="portfolio/edit_review.html",
        context=context,
        now=lambda: _current(pilot, week),
    )


def _asked(request: Request) -> int | None:
    asked = request.GET.get("week", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else None


def _first_answers(pilot: Pilot, week: int) -> dict[str, Any]:
    """Return a week's review, or without one the next decision that the week before named."""
    written = {review.week: review for review in queries.list_reviews(pilot)}
    values = forms.review_values(written.get(week))
    if week not in written and week - 1 in written:
        values["next_decision"] = written[week - 1].next_decision
    return values


def _current(pilot: Pilot, week: int) -> dict[str, Any]:
    written = {review.week: review for review in queries.list_reviews(pilot)}
    return forms.review_values(written.get(week))
