"""What the bench prints: one line a figure, its target beside it, and at the end what is missed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Goal:
    """A target and its floor: a figure between them is short of the target, beyond it is missed.

    floor: what is not acceptable; the target itself when there is no other.
    """

    target: float
    floor: float
    more_is_better: bool

    def judge(self, value: float) -> str:
        """Return `met`, `short` or `MISSED`."""
        sign = 1 if self.more_is_better else -1
        if sign * value >= sign * self.target:
            return "met"
        return "short" if sign * value >= sign * self.floor else "MISSED"

    def __str__(self) -> str:
        relation = ">=" if self.more_is_better else "<="
        floor = "" if self.floor == self.target else f" [{_figure(self.floor)}]"
        return f"{relation} {_figure(self.target)}{floor}"


def at_least(target: float, floor: float | None = None) -> Goal:
    """Return a goal that more is better for; floor: what is not acceptable below."""
    return Goal(target, target if floor is None else floor, more_is_better=True)


def at_most(target: float, floor: float | None = None) -> Goal:
    """Return a goal that less is better for; floor: what is not acceptable above."""
    return Goal(target, target if floor is None else floor, more_is_better=False)


@dataclass(slots=True)
class Report:
    """Prints lines as they come and keeps the judgements for the end."""

    judged: list[tuple[str, str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def section(self, title: str, words: str = "") -> None:
        """Begin a table."""
        say(f"\n== {title}")
        if words:
            say(f"   {words}")
        say(f"   {'':<58}{'lowest':>10}{'median':>10}{'highest':>10}  {'':<7}target")

    def line(self, name: str, values: Sequence[float], unit: str, goal: Goal | None = None) -> None:
        """Print one figure; its median is judged against the goal."""
        middle = median(values)
        word = goal.judge(middle) if goal else ""
        spread = "".join(f"{_figure(v):>10}" for v in (min(values), middle, max(values)))
        label = f"{name}, {unit}" if unit else name
        say(f"   {label:<58}{spread}  {word:<7}{goal or ''}")
        if goal:
            self.judged.append((name, _figure(middle), word, str(goal)))

    def fact(self, name: str, words: str, *, holds: bool | None = None) -> None:
        """Print something that is true or not, or a figure without spread."""
        word = {None: "", True: "met", False: "MISSED"}[holds]
        say(f"   {name:<58}{words:>30}  {word}")
        if holds is not None:
            self.judged.append((name, words, word, ""))

    def note(self, words: str) -> None:
        """Print what stands between a figure and its target, and again at the end."""
        say(f"   > {words}")
        self.notes.append(words)

    def close(self) -> int:
        """Print what was missed and why; return how many floors were missed."""
        missed = [line for line in self.judged if line[2] == "MISSED"]
        short = [line for line in self.judged if line[2] == "short"]
        met = len(self.judged) - len(missed) - len(short)
        say(f"\n== {met} of {len(self.judged)} targets met")
        for name, value, word, goal in [*missed, *short]:
            say(f"   {word:<7}{name}: {value}{f' against {goal}' if goal else ''}")
        if self.notes:
            say("\n== What stands between")
            for words in self.notes:
                say(f"   - {words}")
        return len(missed)


def say(words: str) -> None:
    """Print a line at once, also into a pipe."""
    print(words)
    sys.stdout.flush()


def _figure(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3}f}"
