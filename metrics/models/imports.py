"""A file that a member uploaded, between its upload and its import."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, Membership, own_rows


class ImportFile(KeyedModel):
    """One uploaded file of measurements; seen by the member who uploaded it, and kept for a day.

    choices: columns, defaults and date order as the member set them.
    outcome: counts of the finished import. refused: its refused rows as a zipped CSV.
    """

    member = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    choices = models.JSONField(default=dict)
    outcome = models.JSONField(null=True)
    refused = models.BinaryField(null=True)
    done_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_importfile", "SELECT, INSERT, UPDATE, DELETE"),
            TenantFK(
                name="metrics_importfile_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, outcome__isnull=True)
                | Q(done_at__isnull=False, outcome__isnull=False),
                name="metrics_importfile_done_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "member", "-created_at"], name="metrics_importfile_list")
        ]
