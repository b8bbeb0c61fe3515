"""What answers a criterion."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Concat

from common.tenancy.constraints import TenantFK
from tenants.models import few_rows

from .brought import Brought, brought
from .gates import Criterion, Gate


class Evidence(Brought):
    """A file, a link, a note or a number for one criterion of a gate; withdrawn, never changed.

    file_key: where the storage keeps it. file_digest: its SHA-256 in hex. value: of a number, in the
    criterion's unit. captured_on: the day it tells of. expires_on: the last day on which it counts,
    None for no end.
    """

    class Kind(models.TextChoices):
        """What was brought."""

        FILE = "file", "File"
        LINK = "link", "Link"
        NOTE = "note", "Note"
        NUMBER = "number", "Number"

    gate = models.ForeignKey(
        Gate,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="evidence",
    )
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    url = models.URLField(max_length=500, blank=True)
    file_key = models.CharField(max_length=100, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    file_type = models.CharField(max_length=100, blank=True)
    file_size = models.PositiveIntegerField(null=True)
    file_digest = models.CharField(max_length=64, blank=True)
    value = models.FloatField(null=True)
    captured_on = models.DateField()
    expires_on = models.DateField(null=True)

    class Meta(Brought.Meta):
        indexes = [few_rows("gates_evidence")]
        constraints = [
            *brought("gates_evidence"),
            TenantFK(name="gates_evidence_gate_fk", columns=["gate_id"], to="gates_gate"),
            TenantFK(
                name="gates_evidence_criterion_fk",
                columns=["criterion_id"],
                to="gates_criterion",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="gates_evidence_title"),
            models.CheckConstraint(
                condition=(Q(kind="link", value__isnull=True) & ~Q(url=""))
                | (Q(kind="note", url="", value__isnull=True) & ~Q(text=""))
                | Q(kind="number", value__isnull=False)
                | Q(kind="file", url="", value__isnull=True),
                name="gates_evidence_kind",
            ),
            models.CheckConstraint(
                condition=(
                    Q(
                        kind="file",
                        file_size__isnull=False,
                        file_size__gte=1,
                        file_digest__regex="^[0-9a-f]{64}$",
                        file_key__startswith=Concat(
                            Value("tenant-"),
                            Cast("tenant_id", models.CharField()),
                            Value("/"),
                        ),
                    )
                    & ~Q(file_name="")
                    & ~Q(file_type="")
                )
                | (
                    Q(file_key="", file_name="", file_type="", file_digest="")
                    & Q(file_size__isnull=True)
                    & ~Q(kind="file")
                ),
                name="gates_evidence_file_whole",
            ),
            models.UniqueConstraint(
                fields=["tenant", "file_key"],
                condition=~Q(file_key=""),
                name="gates_evidence_file_once",
            ),
            # A browser follows what stands here: nothing but pages and files of the web.
            models.CheckConstraint(
                condition=Q(url="") | Q(url__regex=r"^https?://\S+$"),
                name="gates_evidence_url",
            ),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("captured_on")),
                name="gates_evidence_expires",
            ),
        ]

    def __str__(self) -> str:
        return self.title
