"""How a verdict is made, in words for whoever decides by it. Figures: docs/methods/engine.md."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.views.decorators.http import require_safe

from common.web import Request
from tenants.access import needs
from tenants.rules import Permission

from .editing import PILOTS


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page: a few sentences, then points; code names its place."""

    code: str
    title: str
    text: str
    points: tuple[str, ...] = ()


COMPARED = Section(
    "compared",
    _noop("What is compared"),
    _noop(
        "Weeks 9 to 12 together, with the locked baseline: the weeks up to week 2. Weeks 3 to 8 are"
        " the change-over and count for nothing. How sure we are depends on what else can be"
        " taken out:"
    ),
    (
        _noop("Level A: what a comparison line did in the same weeks. At least 26 weeks before."),
        _noop("Level B: trend and season of the metric's own history. At least 66 weeks."),
        _noop(
            "Level C: plain before and after, at least 8 weeks, or 14 days where weeks are too few,"
            " once somebody has signed how far the season moves the metric."
        ),
    ),
)
ONCE = Section(
    "once",
    _noop("Read out once"),
    _noop(
        "Each pilot is read out once, when the figures of week 12 are complete. Nobody sees a result"
        " before: who looks every week until it pleases finds luck. Weeks 16 and 24 are read-outs of"
        " their own. What was read out is kept with its inputs; when corrected figures would"
        " change the word, the old one stands until a named person takes note."
    ),
)
WORDS: tuple[tuple[str, str], ...] = (
    ("proven", _noop("improved, the target surely met and every guard kept")),
    ("improved", _noop("better, and we are 95 % sure; target or a guard is still open")),
    ("worse", _noop("worse, and we are as sure")),
    ("no_change", _noop("if it moved, then by less than you said would matter: a finding too")),
    (
        "not_enough",
        _noop("the figures do not carry an answer; the cheapest remedy stands beside it"),
    ),
    ("too_early", _noop("the baseline is locked, and the read-out is still to come")),
    ("no_baseline", _noop("nobody has locked what was before, so nothing can be read out")),
)
REST = (
    Section(
        "why",
        _noop("Why most read “not enough evidence”"),
        _noop(
            "Four weeks are few, and a bad week is often followed by another. With two years of"
            " history, figures that vary by 10 % and independent weeks, a fall of 20 % is found in 71"
            " of 100 pilots, one of 10 % in 17. Of counts of 20 a week or shares of late lines, a fall"
            " of 40 % is found in 15 to 20 of 100. More history helps, with a baseline locked"
            " anew on it. Saying so is honest: comparing two weeks before with week 12 calls half of all"
            " pilots better by luck."
        ),
    ),
    Section(
        "guards",
        _noop("What stops a claim"),
        "",
        (
            _noop(
                "One week alone carries it. Without this guard one freak week makes 34 false"
                " verdicts of 100, with it 3."
            ),
            _noop(
                "Too short a baseline, gaps in it, fewer than three measured weeks, too few events."
            ),
            _noop("What is counted changed, or nobody knows the season at level C."),
            _noop(
                "Only the trend carried forward shows it, and the raw figures do not; or that line goes"
                " where the metric cannot."
            ),
            _noop(
                "A guard metric on the wrong side of its target in weeks 9 to 12 takes “Proven” away,"
                " and so does one that lacks such a week or to which nobody agreed."
            ),
        ),
    ),
    Section(
        "holds",
        _noop("Holds after correction"),
        _noop(
            "Of many metrics a few look changed by luck. So the headline also says how many changes"
            " hold once that is allowed for, over everything read out in the same quarter, archived"
            " pilots too. Of the changes that hold, at most one in twenty is expected to be false."
        ),
    ),
    Section(
        "watch",
        _noop("The weekly watch is no verdict"),
        _noop(
            "“Better than usual” or “worse than usual” beside “Too early” speaks of one week against"
            " the baseline's usual range. Read as verdicts such charts are wrong 5 to 55 % of the"
            " time when nothing happened."
        ),
    ),
    Section(
        "limits",
        _noop("Known limits"),
        _noop(
            "A claim is meant to be false at most 5 times in 100 where nothing happened. In simulation"
            " it was 0.1 to 4.3, for weeks that are independent or remember each other moderately."
            " It is more where:"
        ),
        (
            _noop("weeks remember each other very strongly and the baseline is short: 8 to 11;"),
            _noop("memory is slow and mixed with noise: 7 with 104 weeks, 12 with 66;"),
            _noop("figures spread twice as much after go-live: 8 with 104 weeks;"),
            _noop(
                "at level C the season is far larger than signed: 28 to 32 for a season of 30 % that"
                " nobody allowed for. Level C is as good as that signature."
            ),
        ),
    ),
    Section(
        "again",
        _noop("Compute it again"),
        _noop(
            "Each read-out's page gives its exact inputs as a file, under Versions. On any computer with"
            " the product, “python manage.py replay FILE.json” computes them again and says whether"
            " the same comes out. No network and no database is needed."
        ),
    ),
)


@require_safe
@needs(Permission.BROWSE)
def methods(request: Request, slug: str) -> HttpResponse:
    """Say how a verdict is made; the same words for every company."""
    context = {
        **PILOTS,
        "first": [_told(COMPARED), _told(ONCE)],
        "words": [(code, _(text)) for code, text in WORDS],
        "rest": [_told(one) for one in REST],
    }
    return render(request, "metrics/methods.html", context)


def _told(section: Section) -> Section:
    """Return a section in the language of the request."""
    return Section(
        section.code,
        _(section.title),
        _(section.text) if section.text else "",
        tuple(_(point) for point in section.points),
    )
