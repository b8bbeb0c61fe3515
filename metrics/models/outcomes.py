"""What was decided about a pilot once it was read out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, Membership, own_rows


class PilotOutcome(KeyedModel):
    """Graduate, extend or stop, decided by name. Append-only; a later one follows an earlier one.

    until_week: of an extension, the week after which the pilot is read out anew. evidence: the
    read-outs that stood then, each with id, metric, week, version, word and digest.
    """

    class Word(models.TextChoices):
        """The three outcomes."""

        GRADUATE = "graduate", "Graduate"
        EXTEND = "extend", "Extend"
        STOP = "stop", "Stop"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="outcomes",
    )
    number = models.PositiveIntegerField()
    word = models.CharField(max_length=10, choices=Word)
    until_week = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=600)
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    at = models.DateTimeField()
    evidence = models.JSONField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_pilotoutcome", "SELECT, INSERT", recompute="SELECT"),
            TenantFK(
                name="metrics_pilotoutcome_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(
                name="metrics_pilotoutcome_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "number"], name="metrics_pilotoutcome_number_once"
            ),
            models.CheckConstraint(
                condition=Q(word__in=["graduate", "extend", "stop"]),
                name="metrics_pilotoutcome_word",
            ),
            models.CheckConstraint(
                condition=Q(word="extend", until_week__in=[16, 24], until_week__isnull=False)
                | (~Q(word="extend") & Q(until_week__isnull=True)),
                name="metrics_pilotoutcome_until",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="metrics_pilotoutcome_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_word_display()}, decision {self.number}"
