"""Ways in which a pilot may fail, and the drills in which that was tried."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules import failures as rules
from .brought import Brought, brought


class FailureMode(KeyedModel):
    """One way in which a pilot may fail, how it is noticed, and what is done then.

    threshold: from where on it counts as failed. fallback: what the plant does instead. receiver:
    the member who is alerted, None where nobody is named.
    """

    class Kind(models.TextChoices):
        """In which way it fails."""

        WRONG = rules.Kind.WRONG.value, "Wrong: it decides wrongly"
        UNSURE = rules.Kind.UNSURE.value, "Unsure: it cannot tell"
        LATE = rules.Kind.LATE.value, "Late: it answers too late"
        SILENT = rules.Kind.SILENT.value, "Silent: it does not answer"
        OTHER = rules.Kind.OTHER.value, "Other"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="failure_modes",
    )
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200)
    noticed = models.CharField(max_length=300, blank=True)
    threshold = models.CharField(max_length=200, blank=True)
    fallback = models.CharField(max_length=500, blank=True)
    receiver = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("gates_failuremode")]
        constraints = [
            *own_rows(
                "gates_failuremode",
                "SELECT, INSERT, UPDATE (kind, name, noticed, threshold, fallback, receiver_id,"
                " archived_at, version)",
            ),
            TenantFK(name="gates_failuremode_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"),
            TenantFK(
                name="gates_failuremode_receiver_fk",
                columns=["receiver_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in rules.Kind]),
                name="gates_failuremode_kind",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="gates_failuremode_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Drill(Brought):
    """A way to fail was tried on a day; taken back, never changed or deleted.

    held: whether the fallback did what it should. next_step: what is done where it did not.
    noticed, threshold, fallback: of the way to fail, as they were written down when it was tried.
    """

    mode = models.ForeignKey(
        FailureMode,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="drills",
    )
    ran_on = models.DateField()
    held = models.BooleanField()
    seen = models.CharField(max_length=600)
    next_step = models.CharField(max_length=300, blank=True)
    noticed = models.CharField(max_length=300, blank=True)
    threshold = models.CharField(max_length=200, blank=True)
    fallback = models.CharField(max_length=500, blank=True)

    class Meta(Brought.Meta):
        indexes = [few_rows("gates_drill")]
        constraints = [
            *brought("gates_drill"),
            TenantFK(name="gates_drill_mode_fk", columns=["mode_id"], to="gates_failuremode"),
            models.CheckConstraint(condition=~Q(seen=""), name="gates_drill_seen"),
            models.CheckConstraint(
                condition=Q(held=True) | ~Q(next_step=""), name="gates_drill_next_step"
            ),
        ]

    def __str__(self) -> str:
        return f"Drill of {self.ran_on}"
