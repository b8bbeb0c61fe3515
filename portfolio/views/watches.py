"""The weekly watch in words: the newest whole week against the locked baseline, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from common import charts, formats
from metrics.queries import watching
from metrics.queries.board import TargetRow
from metrics.queries.watching import Judged

USUAL, BETTER, WORSE = "usual", "better_than_usual", "worse_than_usual"
WORDS = {
    USUAL: _noop("as usual"),
    BETTER: _noop("better than usual"),
    WORSE: _noop("worse than usual"),
}
# By the signal's stored name.
RULES = {
    "Above UCL": _noop("above the usual range"),
    "Below LCL": _noop("below the usual range"),
    "7 Point Trend (Increasing)": _noop("one of seven weeks in a row that rise"),
    "7 Point Trend (Decreasing)": _noop("one of seven weeks in a row that fall"),
    "2 in 3 Above CL": _noop("one of two weeks in three near the upper end of the usual range"),
    "2 in 3 Below CL": _noop("one of two weeks in three near the lower end of the usual range"),
    "7 Points Above CL": _noop("one of seven weeks in a row above the baseline"),
    "7 Points Below CL": _noop("one of seven weeks in a row below the baseline"),
}
# What the watch says where a verdict says the same.
SAME = {"improved": BETTER, "worse": WORSE}
ASSURANCES = {
    "pass": _noop(
        "Will it hit the target? It passes: varying as it does, it stays on the good side."
    ),
    "fail": _noop(
        "Will it hit the target? It fails: varying as it does, it stays on the wrong side."
    ),
    "inconsistent": _noop(
        "Will it hit the target? Hit or miss: varying as it does, it falls on both sides."
    ),
}


@dataclass(frozen=True, slots=True)
class Watch:
    """What the watch says: a code for its mark, and a sentence for whoever wants to know why."""

    code: str
    sentence: str


def mark(target: TargetRow, judged: Judged | None) -> charts.Mark | None:
    """Return how a chart marks a week after the baseline; None where it is usual."""
    locked = target.locked_weeks
    if locked is None or judged is None or judged.week <= locked.through:
        return None
    if judged.word == USUAL:
        return None
    return charts.Mark(judged.word == BETTER, f"{_(WORDS[judged.word])}: {_(RULES[judged.signal])}")


def watch(target: TargetRow, judged: Sequence[Judged]) -> Watch | None:
    """Return the watch of a metric; once it is read out, as a remark on what the verdict says."""
    found = watching.newest(target, judged)
    if found is None:
        return None
    newest, trial = found.judged, _trial(target) if found.trial else ""
    said = _("Weekly watch, no verdict: the week from %(day)s is %(word)s.") % {
        "day": formats.day(newest.week, get_language()),
        "word": _rule(newest),
    }
    result = target.result
    differs = _differing(str(result["word"]), newest.word) if result else ""
    return Watch(newest.word, " ".join(filter(None, [said, trial, differs])))


def assurance(found: watching.Assured | None) -> str:
    """Return whether the measured weeks would hit the target; empty while nobody can say."""
    if found is None:
        return ""
    weeks = ngettext(
        "Trial: %(n)s measured week so far.", "Trial: %(n)s measured weeks so far.", found.weeks
    ) % {"n": found.weeks}
    return f"{_(ASSURANCES[found.icon])} {weeks}"


def _rule(newest: Judged) -> str:
    if newest.word == USUAL:
        return _(WORDS[USUAL])
    return f"{_(WORDS[newest.word])}, {_(RULES[newest.signal])}"


def _trial(target: TargetRow) -> str:
    weeks = len(target.locked_weeks.values) if target.locked_weeks else 0
    return _(
        "Its limits are on trial: the baseline has %(n)s weeks, and twelve make them firm."
    ) % {"n": weeks}


def _differing(verdict: str, word: str) -> str:
    """Return what to make of it where watch and verdict differ; empty where they do not."""
    if verdict in SAME:
        return "" if SAME[verdict] == word else _("The read-out of week 12 stands beside it.")
    if word == USUAL:
        return ""
    return _("Unusual weeks, but not enough to be sure of a lasting change.")
