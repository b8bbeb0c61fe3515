"""Writing a pilot's cost at full volume, and signing it for Finance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from common.errors import Changed, Refused
from common.writing import explained, lock
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Part, Pilot
from portfolio.queries import list_parties, parts_of
from tenants import actions as tenants
from tenants.models import Membership
from tenants.queries import Member, current_slug, get_member

from ..models import CostModel, CostSignature
from ..queries import costs
from ..queries.costs import ENTERED, Priced
from ..rules import unit_cost as rules
from .brought import record

# What the database refuses where two wrote at once.
TWICE = {"gates_costmodel_number_once": Changed(), "gates_costmodel_in_order": Changed()}
SIGNED = Refused("This version is signed already.", code="signed")
SIGNED_TWICE = {"gates_costsignature_once": SIGNED, "gates_costsignature_newest": Changed()}


@transaction.atomic
def write_cost(
    *, pilot: Pilot, version: int, note: str, by: Member | Membership, now: datetime, **values: Any
) -> CostModel:
    """Write a version of what a pilot costs at full volume; the versions before stay to be seen.

    version: the number of the version that was seen, 0 for none. values: every field of `ENTERED`.
    note: what changed; the first version needs none. The same values as they stand write nothing.
    Raises Changed when somebody wrote a version meanwhile, Refused without a note and for an
    archived pilot. Audit: COST_MODEL_WRITTEN. Finance finds a line in the inbox: a new version
    needs a new signature.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    earlier = costs.find_current(pilot)
    if version != (earlier.number if earlier else 0):
        raise Changed
    if earlier is not None:
        if all(earlier.values[name] == values[name] for name in ENTERED):
            return earlier.model
        if not note.strip():
            raise Refused("Say what changed.", code="note", field="note")
    with explained(TWICE):
        made: CostModel = CostModel.objects.create(
            pilot=pilot,
            number=version + 1,
            note=note.strip(),
            member_id=by.id,
            at=now,
            **{name: values[name] for name in ENTERED},
        )
    payload = {"version": made.number, **({"note": made.note} if made.note else {})}
    record(pilot, by, "COST_MODEL_WRITTEN", payload)
    if earlier is not None:
        tenants.settle(dedup_prefix=_asks(earlier.model), words="A newer version is there.")
    _ask_finance(pilot, made)
    return made


@transaction.atomic
def sign_cost(
    *, pilot: Pilot, version: int, reason: str = "", by: Member | Membership, now: datetime
) -> CostSignature:
    """Sign the newest version of a pilot's cost for Finance.

    version: its number as it was seen. reason: why it is accepted that it does not pay at three
    times the unit cost; asked where it does not, and kept only there.
    Raises Changed for another version than the newest; Refused for anybody but a gate reviewer of
    Finance, for the pilot's lead, for who wrote the version, for one that is signed, for one that
    does not pay at three times the unit cost without a reason, and for an archived pilot.
    Audit: COST_MODEL_SIGNED. Lead and sponsor find a line in the inbox.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    current = costs.find_current(pilot)
    if current is None or current.number != version:
        raise Changed
    signer = get_member(by.id)
    if words := signer_refusal(signer, pilot, current):
        raise Refused(words, code="signer")
    if current.signature is not None:
        raise SIGNED
    if words := rules.signature_refusal(current.worst, reason=reason):
        raise Refused(words, code="reason", field="reason")
    with explained(SIGNED_TWICE):
        made: CostSignature = CostSignature.objects.create(
            cost_model=current.model,
            member_id=by.id,
            reason="" if current.worst.pays else reason.strip(),
            at=now,
        )
    payload = {"version": version, **({"reason": made.reason} if made.reason else {})}
    record(pilot, by, "COST_MODEL_SIGNED", payload)
    tenants.settle(dedup_prefix=_asks(current.model), words="It is signed.")
    title = f"{signer.person.name} signed the cost of {pilot.name}, version {version}"
    for one in list_parties(pilot_id=pilot.pk, parts=[Part.LEAD, Part.SPONSOR]):
        _tell(pilot, one.person_id, title, f"cost-signed:{made.pk}")
    return made


def signer_refusal(signer: Membership, pilot: Pilot, current: Priced) -> str:
    """Return why somebody may not sign a version of a pilot's cost; empty when they may."""
    if not costs.is_of_finance(signer):
        return "Finance signs the cost: a gate reviewer whose functions include Finance."
    if parts_of(signer.person_id, pilot).led:
        return "Who leads a pilot, or ever led it, does not sign its cost."
    if current.model.member_id == signer.pk:
        return "You wrote this version: somebody else of Finance signs it."
    return ""


def _ask_finance(pilot: Pilot, made: CostModel) -> None:
    """Tell everybody of Finance who may sign a version that it waits for a signature."""
    again = "again " if made.number > 1 else ""
    title = f"The cost of {pilot.name} is to be signed {again}for Finance, version {made.number}"
    for one in costs.list_finance(pilot):
        if one.pk != made.member_id:
            _tell(pilot, one.person_id, title, f"{_asks(made)}{one.pk}")


def _tell(pilot: Pilot, person_id: Any, title: str, key: str) -> None:
    where = reverse("cost", args=[current_slug(), pilot.code])
    tenants.notify_person(person_id=person_id, topic="cost", title=title, path=where, dedup_key=key)


def _asks(model: CostModel) -> str:
    """Return how the keys of the lines begin that ask for a version's signature."""
    return f"cost:{model.pk}:"
