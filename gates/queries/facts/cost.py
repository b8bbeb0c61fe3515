"""What a pilot costs at full volume, and whether Finance signed that."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import get_language

from common import formats
from portfolio import rules as path
from portfolio.models import Pilot
from tenants.queries import find_company

from ...rules.criteria import Fact
from ...rules.unit_cost import Case
from .. import costs
from ..costs import Priced


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Cost, in at most three queries."""
    found = costs.find_current(pilot)
    if found is None:
        none = Fact(met=False, words="The cost at full volume is not written down.")
        return {"at_volume": none, "cost_signed": none, "worse_case": none}
    company = find_company()
    currency = company.currency if company else ""
    return {
        "at_volume": _at_volume(found, currency),
        "cost_signed": _signed(found, pilot.site.zone),
        "worse_case": _worse_case(found, currency),
    }


def _at_volume(found: Priced, currency: str) -> Fact:
    if not found.model.unit_cost.volume:
        return Fact(met=False, words=f"Version {found.number} has no volume.")
    return Fact(True, _year(found, found.usual, currency), _refers(found))


def _signed(found: Priced, zone: str) -> Fact:
    signature = found.signature
    if signature is None:
        again = " A new version needs a new signature." if found.number > 1 else ""
        return Fact(met=False, words=f"Finance has not signed version {found.number}.{again}")
    day = formats.day(path.local_day(signature.at, zone), get_language())
    words = f"Version {found.number}, signed by {signature.member.person.name} on {day}"
    return Fact(True, words, _refers(found))


def _worse_case(found: Priced, currency: str) -> Fact:
    words = _year(found, found.worst, currency)
    if found.worst.pays:
        return Fact(True, words, _refers(found))
    signature = found.signature
    if signature is None:
        return Fact(met=False, words=f"{words}. Finance has not accepted that.")
    return Fact(
        True,
        f"{words}. Accepted by {signature.member.person.name}: “{signature.reason}”",
        _refers(found),
    )


def _refers(found: Priced) -> str:
    """Return the key of a version: one is signed once, and another one is another answer."""
    return str(found.model.pk)


def _year(found: Priced, case: Case, currency: str) -> str:
    """Return what a year leaves, in words, with how well that is known."""
    amount = formats.money_short(abs(case.net), currency, get_language())
    leaves = f"leaves {amount} a year" if case.pays else f"loses {amount} a year"
    if not case.net:
        leaves = "leaves nothing"
    times = "" if case.factor == 1 else f" at {case.factor} times the unit cost"
    return f"Version {found.number} {leaves}{times}, {found.basis}"
