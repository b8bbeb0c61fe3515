"""What a vendor committed to, what the figures said of it, and what people decided about it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Vendor
from tenants.models import KeyedModel, Membership, own_rows

from .definitions import PilotMetric


class VendorCommitment(KeyedModel):
    """A vendor's word that a metric of a pilot reaches a target by a day, and what it owes if not.

    The terms stand from the first finding or decision on. source: where the word was given, such
    as a clause of the contract. due_date: the last day that counts, at the pilot's site.
    """

    target_row = models.ForeignKey(
        PilotMetric,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="commitments",
    )
    vendor = models.ForeignKey(
        Vendor,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    comparison = models.CharField(max_length=2, choices=PilotMetric.Comparison)
    target = models.FloatField()
    due_date = models.DateField()
    remedy = models.CharField(max_length=300)
    source = models.CharField(max_length=300)
    written_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    written_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_vendorcommitment", recompute="SELECT"),
            TenantFK(
                name="metrics_vendorcommitment_target_fk",
                columns=["target_row_id"],
                to="metrics_pilotmetric",
            ),
            TenantFK(
                name="metrics_vendorcommitment_vendor_fk",
                columns=["vendor_id"],
                to="portfolio_vendor",
            ),
            TenantFK(
                name="metrics_vendorcommitment_by_fk",
                columns=["written_by_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=Q(comparison__in=["lt", "le", "gt", "ge"]),
                name="metrics_vendorcommitment_side",
            ),
            models.CheckConstraint(
                condition=~Q(remedy="") & ~Q(source=""), name="metrics_vendorcommitment_whole"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "target_row"], name="metrics_vendorcommitment_row")
        ]


class CommitmentFinding(KeyedModel):
    """One version of what the figures say of a commitment. Append-only.

    Written by the database function `freeze_commitment` alone, which gathers and computes it.
    number: 1, then one more each time corrected figures give another digest. inputs: the terms and
    the four weeks as JSON, and digest its SHA-256. value: of the weeks that count, None where they
    are too few to tell.
    """

    class Word(models.TextChoices):
        """What figures can say."""

        MET = "met", "Met"
        MISSED = "missed", "Missed"
        UNKNOWN = "unknown", "Not to be told"

    commitment = models.ForeignKey(
        VendorCommitment,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="findings",
    )
    number = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    as_of = models.DateTimeField()
    inputs = models.TextField()
    digest = models.BinaryField(max_length=32)
    value = models.FloatField(null=True)
    word = models.CharField(max_length=10, choices=Word)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_commitmentfinding", "SELECT", recompute="SELECT, INSERT"),
            TenantFK(
                name="metrics_commitmentfinding_commitment_fk",
                columns=["commitment_id"],
                to="metrics_vendorcommitment",
            ),
            models.UniqueConstraint(
                fields=["tenant", "commitment", "number"], name="metrics_commitmentfinding_once"
            ),
            # A decision refers to commitment and finding together, so never to another one's.
            models.UniqueConstraint(
                fields=["tenant", "commitment", "id"], name="metrics_commitmentfinding_of_key"
            ),
            models.CheckConstraint(
                condition=Q(as_of__gte=F("due_at")), name="metrics_commitmentfinding_not_early"
            ),
            models.CheckConstraint(
                condition=Q(word__in=["met", "missed"], value__isnull=False)
                | Q(word="unknown", value__isnull=True),
                name="metrics_commitmentfinding_word",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_word_display()}, version {self.number}"


class CommitmentDecision(KeyedModel):
    """What a named person decided about a commitment, with a reason. Append-only.

    finding: the newest one that the person saw. Met and missed are decided only where the figures
    cannot tell; waived ends the commitment, be it judged or not.
    """

    class Word(models.TextChoices):
        """What people can decide."""

        MET = "met", "Met"
        MISSED = "missed", "Missed"
        WAIVED = "waived", "Waived"

    commitment = models.ForeignKey(
        VendorCommitment,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="decisions",
    )
    finding = models.ForeignKey(
        CommitmentFinding,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    word = models.CharField(max_length=10, choices=Word)
    reason = models.CharField(max_length=300)
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_commitmentdecision", "SELECT, INSERT", recompute="SELECT"),
            TenantFK(
                name="metrics_commitmentdecision_commitment_fk",
                columns=["commitment_id"],
                to="metrics_vendorcommitment",
            ),
            TenantFK(
                name="metrics_commitmentdecision_finding_fk",
                columns=["commitment_id", "finding_id"],
                to="metrics_commitmentfinding",
                to_columns=["commitment_id", "id"],
            ),
            TenantFK(
                name="metrics_commitmentdecision_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "finding"],
                condition=~Q(word="waived"),
                name="metrics_commitmentdecision_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "commitment"],
                condition=Q(word="waived"),
                name="metrics_commitmentdecision_waived_once",
            ),
            models.CheckConstraint(
                condition=Q(word="waived") | Q(word__in=["met", "missed"], finding__isnull=False),
                name="metrics_commitmentdecision_word",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="metrics_commitmentdecision_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.get_word_display()
