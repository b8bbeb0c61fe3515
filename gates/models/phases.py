"""What was done with the phases of a pilot's path. Append-only."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules.phases import Phase, Verb


class PhaseStep(KeyedModel):
    """One step of a phase: closed, closed by exception, or taken back.

    number: within the phase, 1 and one more each. lacking: the outputs that were missing when it was
    closed, none unless it is an exception. The database finds them itself, and refuses a close
    without them, an exception without a reason, and either by somebody who may not.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="phase_steps",
    )
    phase = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Phase])
    number = models.PositiveIntegerField()
    verb = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Verb])
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    reason = models.CharField(max_length=600, blank=True)
    lacking = ArrayField(models.CharField(max_length=20), default=list)
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("gates_phasestep")]
        constraints = [
            *own_rows("gates_phasestep", "SELECT, INSERT"),
            TenantFK(name="gates_phasestep_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"),
            TenantFK(
                name="gates_phasestep_member_fk", columns=["member_id"], to="tenants_membership"
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "phase", "number"], name="gates_phasestep_number_once"
            ),
            models.CheckConstraint(
                condition=Q(phase__in=[one.value for one in Phase])
                & Q(verb__in=[one.value for one in Verb]),
                name="gates_phasestep_known",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="gates_phasestep_number"),
            models.CheckConstraint(
                condition=Q(verb="close") | Q(reason__regex=r"\S"), name="gates_phasestep_reason"
            ),
            models.CheckConstraint(
                condition=Q(verb="except", lacking__len__gt=0)
                | (~Q(verb="except") & Q(lacking__len=0)),
                name="gates_phasestep_lacking",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.phase}, {self.verb}, step {self.number}"
