"""What the pages of a pilot's cost at full volume say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common import formats
from portfolio.models import Pilot

from ..queries.costs import Priced
from ..rules.unit_cost import Basis, Case, Counted, per_day


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table of cases: a heading and a cell for each. basis: how well it is known."""

    label: str
    cells: tuple[tuple[str, str], ...]
    basis: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """A figure that somebody entered, in words. basis: how well it is known; empty for a count."""

    label: str
    value: str
    basis: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version in the list of all. signed_by: empty until Finance signed it."""

    number: int
    url: str
    who: str
    at: datetime
    note: str
    signed_by: str
    signed_at: datetime | None
    reason: str


def basis(found: Basis) -> str:
    """Return how well a figure is known, in a word."""
    return {
        Basis.MEASURED: _("measured"),
        Basis.ESTIMATED: _("estimated"),
        Basis.ASSUMED: _("assumed"),
    }[found]


def finding(pilot: Pilot, shown: Priced | None, current: Priced | None) -> str:
    """Return the sentence that the page begins with."""
    names = {"pilot": pilot.name}
    if shown is None or current is None:
        return _("What %(pilot)s costs at full volume is not written down.") % names
    names["number"] = str(shown.number)
    if shown is not current:
        return _("Version %(number)s of what %(pilot)s costs was replaced.") % names
    if shown.worst.pays:
        return _("%(pilot)s pays at full volume, at three times the unit cost too.") % names
    if shown.usual.pays:
        return _("%(pilot)s pays at full volume, but not at three times the unit cost.") % names
    return _("%(pilot)s does not pay at full volume.") % names


def told(shown: Priced, currency: str) -> dict[str, Any]:
    """Return what a version comes to and what was entered, ready to print."""
    return {
        "headings": [heading(case) for case in shown.cases],
        "lines": lines(shown, currency),
        "entered": entered(shown, currency),
        "volume": _items(shown.model.unit_cost.volume),
        "basis": basis(shown.basis),
    }


def lines(shown: Priced, currency: str) -> list[Line]:
    """Return the rows of the table: a year at one, two and three times the unit cost."""
    given, model = shown.model.unit_cost, shown.model

    def row(label: str, of: Callable[[Case], str], known: Basis, *, strong: bool = False) -> Line:
        return Line(
            label, tuple((heading(case), of(case)) for case in shown.cases), basis(known), strong
        )

    def money(amount: Decimal) -> str:
        return formats.money(_rounded(amount), currency, get_language())

    errors = _("Errors cost less") if given.errors >= 0 else _("Errors cost more")
    return [
        row(
            _("Calls of the AI"),
            lambda case: money(-case.inference),
            model.basis_of("cost_per_call"),
        ),
        row(_("Overhead"), lambda case: money(-given.overhead), model.basis_of("overhead")),
        row(_("Cost a year"), lambda case: money(-case.cost), shown.basis_of_cost, strong=True),
        row(_("Labour replaced"), lambda case: money(given.labour), shown.basis_of_labour),
        row(errors, lambda case: money(given.errors), shown.basis_of_errors),
        row(_("Left a year"), lambda case: money(case.net), shown.basis, strong=True),
        row(_("Left an item"), lambda case: _an_item(case, currency), shown.basis),
        row(
            _("Breaks even at"),
            lambda case: break_even(case, given.days_per_year),
            shown.basis,
        ),
    ]


def heading(case: Case) -> str:
    """Return what a case assumes of the unit cost."""
    if case.factor == 1:
        return _("Unit cost as entered")
    return _("%(n)s times the unit cost") % {"n": case.factor}


def break_even(case: Case, days_per_year: int) -> str:
    """Return from which volume on a case does not lose, in words."""
    if case.break_even is None:
        return (
            _("never: an item leaves nothing")
            if not case.margin
            else _("never: an item costs more than it saves")
        )
    if not case.break_even:
        return _("the first item")
    return _("%(year)s items a year, %(day)s a day") % {
        "year": _items(case.break_even),
        "day": _items(per_day(case.break_even, days_per_year)),
    }


def entered(shown: Priced, currency: str) -> list[Entered]:
    """Return what somebody entered of a version, in the order of the form."""
    model, given = shown.model, shown.model.unit_cost

    def money(label: str, name: str) -> Entered:
        value = formats.money(getattr(model, name), currency, get_language())
        return Entered(label, value, basis(model.basis_of(name)))

    return [
        Entered(_("Items a working day"), _counted(shown), ""),
        Entered(_("Working days a year"), str(given.days_per_year), ""),
        Entered(_("Items a year"), _items(given.volume), ""),
        Entered(_("Calls an item"), _plain(given.calls_per_item), ""),
        money(_("Cost of one call"), "cost_per_call"),
        money(_("Overhead a year"), "overhead"),
        Entered(
            _("Labour replaced an item"),
            _("%(n)s minutes") % {"n": _plain(given.labour_minutes)},
            basis(model.basis_of("labour_minutes")),
        ),
        money(_("An hour of that labour"), "hourly_rate"),
        money(_("Errors of today, per 1,000 items"), "errors_before"),
        money(_("Errors of the AI, per 1,000 items"), "errors_after"),
    ]


def _counted(shown: Priced) -> str:
    given = shown.model.unit_cost
    values = {"n": _plain(given.items_per_day), "sites": given.sites, "all": _plain(given.daily)}
    if given.sites == 1:
        return _("%(n)s at one site") % values
    if given.counted is Counted.TOGETHER:
        return _("%(n)s at %(sites)s sites together") % values
    return _("%(n)s at each of %(sites)s sites: %(all)s together") % values


def version(one: Priced, slug: str, code: str) -> Version:
    """Return a version as the list of all prints it."""
    signature = one.signature
    return Version(
        number=one.number,
        url=f"{reverse('cost', args=[slug, code])}?version={one.number}",
        who=one.model.member.person.name,
        at=one.model.at,
        note=one.model.note,
        signed_by=signature.member.person.name if signature else "",
        signed_at=signature.at if signature else None,
        reason=signature.reason if signature else "",
    )


def _rounded(amount: Decimal) -> Decimal:
    """Return an amount of a year in whole units, since its cents are noise; a small one with them.

    Adding 0 turns the "-0" that rounding leaves into nothing.
    """
    return amount.quantize(Decimal(1) if abs(amount) >= 1 else Decimal("0.01")) + 0


def _an_item(case: Case, currency: str) -> str:
    if case.net_per_item is None:
        return formats.MISSING
    return formats.money(
        case.net_per_item.quantize(Decimal("0.0001")) + 0, currency, get_language()
    )


def _items(count: Decimal) -> str:
    return formats.exact(count, get_language())


def _plain(value: Decimal) -> str:
    return formats.exact(value, get_language())
