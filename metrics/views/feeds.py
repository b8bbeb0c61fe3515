"""How late figures arrive: every feed, and one with its hours and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from common.web import Request
from tenants.access import needs
from tenants.rules import Permission, can

from .. import queries
from ..models import FeedTurn, Source
from ..queries import feeds as reads
from ..queries.feeds import Bin, Feed
from ..rules.feeds import State, duration

HERE = {"nav_current": "settings", "settings_current": "feeds"}
# Tone and glyph of each state, as the tag prints them.
LOOKS = {
    State.IN_TIME: ("goodline", "check"),
    State.LATE: ("bad", "tri"),
    State.SILENT: ("gap", "dash"),
    State.BY_HAND: ("muted", "person"),
}
WORST_FIRST = [State.LATE, State.SILENT, State.BY_HAND, State.IN_TIME]


@dataclass(frozen=True, slots=True)
class Line:
    """A feed as pages print it."""

    feed: Feed
    url: str
    sends: str

    @property
    def tone(self) -> str:
        return LOOKS[self.feed.state][0]

    @property
    def glyph(self) -> str:
        return LOOKS[self.feed.state][1]

    @property
    def now(self) -> str:
        return said(self.feed.now.p95)

    @property
    def now_half(self) -> str:
        return said(self.feed.now.p50)

    @property
    def lately(self) -> str:
        return said(self.feed.lately.p95)

    @property
    def lately_half(self) -> str:
        return said(self.feed.lately.p50)

    @property
    def limit(self) -> str:
        return duration(self.feed.limit.total_seconds() / 60)

    @property
    def short(self) -> str:
        return duration(self.feed.pace.short.total_seconds() / 60)

    @property
    def long(self) -> str:
        return duration(self.feed.pace.long.total_seconds() / 60)


@dataclass(frozen=True, slots=True)
class Hour:
    """The lag of one hour or day in words."""

    found: Bin
    late: bool

    @property
    def p50(self) -> str:
        return duration(self.found.lag.p50 or 0)

    @property
    def p95(self) -> str:
        return duration(self.found.lag.p95 or 0)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a feed in words."""

    found: FeedTurn

    @property
    def words(self) -> str:
        names = {
            "lag": duration(self.found.minutes),
            "limit": duration(self.found.limit_minutes),
            "count": self.found.counted,
        }
        if self.found.late:
            return (
                _("late: 95 of 100 figures within %(lag)s, allowed %(limit)s (%(count)s figures)")
                % names
            )
        return (
            _(
                "in time again: 95 of 100 figures within %(lag)s, allowed %(limit)s (%(count)s figures)"
            )
            % names
        )


@require_safe
@needs(Permission.READ_HEALTH)
def feed_list(request: Request, slug: str) -> HttpResponse:
    """Show how late every feed's figures arrive, worst first."""
    feeds = reads.list_feeds(now=request.now)
    feeds.sort(key=lambda one: WORST_FIRST.index(one.state))
    context = {**HERE, "title": finding(feeds), "lines": [_line(slug, one) for one in feeds]}
    return render(request, "metrics/feeds.html", context)


@require_safe
@needs(Permission.READ_HEALTH)
def feed(request: Request, slug: str, source: str, code: str) -> HttpResponse:
    """Show one feed: its lag by the hour, what it is counted from, and when it was late."""
    metric = queries.get_metric(code)
    feeds = reads.list_feeds(now=request.now, metric_ids=[metric.pk])
    found = next((one for one in feeds if one.source_code == source), None)
    if found is None:
        raise Http404
    context = {
        **HERE,
        "crumbs": [{"url": reverse("feed_list", args=[slug]), "label": _("Feeds")}],
        "line": _line(slug, found),
        "feed": found,
        "title": title(found),
        "basis": basis(found),
        "bins": [
            Hour(one, not one.lag.within(found.limit))
            for one in reads.list_bins(found, now=request.now)
        ],
        "turns": [Turn(one) for one in reads.list_turns(found)],
        "may": bool(can(request.member.actor, Permission.DEFINE_METRIC)),
    }
    return render(request, "metrics/feed.html", context)


def _line(slug: str, found: Feed) -> Line:
    url = reverse("feed", args=[slug, found.source_code, found.metric_code])
    return Line(found, url, str(Source.Interval(found.interval).label))


def said(minutes: float | None) -> str:
    """Return a lag in words; empty where no figure counts."""
    return "" if minutes is None else duration(minutes)


def finding(feeds: Sequence[Feed]) -> str:
    """Return the sentence that the list begins with."""
    states = Counter(one.state for one in feeds)
    late, silent, count = states[State.LATE], states[State.SILENT], len(feeds)
    if not feeds:
        return _("No figures have arrived yet.")
    if late and count == 1:
        return _("The only feed is late.")
    if late:
        words = ngettext(
            "%(late)s of %(n)s feeds is late.", "%(late)s of %(n)s feeds are late.", late
        )
        return words % {"late": late, "n": count}
    if silent:
        words = ngettext(
            "No feed is late. %(n)s sent nothing new.",
            "No feed is late. %(n)s sent nothing new.",
            silent,
        )
        return words % {"n": silent}
    if states[State.IN_TIME] == count:
        return ngettext("The only feed is in time.", "All %(n)s feeds are in time.", count) % {
            "n": count
        }
    return _("No feed is late.")


def title(found: Feed) -> str:
    """Return the sentence that a feed's page begins with."""
    names = {
        "metric": found.metric_name,
        "source": found.source_name,
        "lag": said(found.now.p95),
        "limit": duration(found.limit.total_seconds() / 60),
    }
    if found.state is State.BY_HAND:
        return _("%(metric)s comes from %(source)s by hand.") % names
    if found.now.p95 is None:
        return _("%(metric)s from %(source)s: nothing new arrived lately.") % names
    if found.state is State.LATE:
        return (
            _(
                "%(metric)s from %(source)s is late: 95 of 100 figures within %(lag)s, allowed %(limit)s."
            )
            % names
        )
    return _("%(metric)s from %(source)s is in time: 95 of 100 figures within %(lag)s.") % names


def basis(found: Feed) -> str:
    """Return from when a feed's lag is counted."""
    if not found.lately.count:
        return ""
    if not found.told:
        return _(
            "The source does not send when it learned of something: the lag begins when that happened."
        )
    if found.told < found.lately.count:
        return _(
            "The lag begins when the source learned of something; %(n)s of %(of)s figures came"
            " without that time, and theirs begins when it happened."
        ) % {"n": found.lately.count - found.told, "of": found.lately.count}
    return _("The lag begins when the source learned of something.")
