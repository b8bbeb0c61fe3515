"""The audit trail: lines are only ever added, and each is chained to the one before it."""

from django.db import models

from common.tenancy.managers import TenantManager


class AuditEvent(models.Model):
    """One thing somebody did in one tenant. The table is written by SQL in migration 0001.

    `seq`, `at`, `prev` and `hash` are set by the database, whatever a client sends. `actor` is an
    id with its kind (`member:<uuid>`, `client:<prefix>`, `system:<job>`); names stay out, so that
    erasing a person does not break the chain.
    """

    pk = models.CompositePrimaryKey("tenant_id", "at", "seq")
    tenant_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.TextField()
    action = models.TextField()
    object = models.TextField()
    payload = models.JSONField()
    prev = models.BinaryField()
    hash = models.BinaryField()

    objects = TenantManager()

    class Meta:
        managed = False
        db_table = "audit_event"
        base_manager_name = "objects"
