"""What fields mean: agreed for the company, told by sites and sources, needed by pilots."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot, Site
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules import fields as rules
from .definitions import Source


class FieldDefinition(KeyedModel):
    """A field that several places write, such as lead time, and what it is agreed to mean.

    unit: of the agreed meaning, empty for one without. owner: who answers for it. wording: 1, then one
    more each time that meaning or unit is another.
    """

    name = models.CharField(max_length=120)
    meaning = models.CharField(max_length=500)
    unit = models.CharField(max_length=40, blank=True)
    owner = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    wording = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("metrics_fielddefinition")]
        constraints = [
            *own_rows(
                "metrics_fielddefinition",
                "SELECT, INSERT, UPDATE (name, meaning, unit, owner_id, wording, archived_at, version)",
            ),
            TenantFK(
                name="metrics_fielddefinition_owner_fk",
                columns=["owner_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                condition=Q(archived_at__isnull=True),
                name="metrics_fielddefinition_name_once",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(meaning=""), name="metrics_fielddefinition_said"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FieldVariant(KeyedModel):
    """What a site, a source, or a source at a site means by a field, as somebody there said.

    stand: how that compares with what was agreed. factor, plus: of the conversion into it. cannot: why
    it differs and is not converted. wording: of the agreed meaning that it was compared with.
    settled: the version of it whose conflict was settled, None where none holds.
    """

    class Stand(models.TextChoices):
        SAME = rules.Stand.SAME.value, "The same as agreed"
        CONVERT = rules.Stand.CONVERT.value, "Something else, and it is converted"
        DIFFERS = rules.Stand.DIFFERS.value, "Something else, and it cannot be converted"

    field = models.ForeignKey(
        FieldDefinition,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="variants",
    )
    site = models.ForeignKey(
        Site,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    meaning = models.CharField(max_length=500)
    stand = models.CharField(max_length=8, choices=Stand)
    factor = models.DecimalField(max_digits=20, decimal_places=9, null=True, blank=True)
    plus = models.DecimalField(max_digits=20, decimal_places=9, null=True, blank=True)
    cannot = models.CharField(max_length=500, blank=True)
    said_by = models.CharField(max_length=200)
    wording = models.PositiveIntegerField()
    settled = models.PositiveIntegerField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("metrics_fieldvariant")]
        constraints = [
            *own_rows(
                "metrics_fieldvariant",
                "SELECT, INSERT, UPDATE (site_id, source_id, meaning, stand, factor, plus, cannot,"
                " said_by, wording, settled, ended_at, version)",
            ),
            TenantFK(
                name="metrics_fieldvariant_field_fk",
                columns=["field_id"],
                to="metrics_fielddefinition",
            ),
            TenantFK(name="metrics_fieldvariant_site_fk", columns=["site_id"], to="portfolio_site"),
            TenantFK(
                name="metrics_fieldvariant_source_fk", columns=["source_id"], to="metrics_source"
            ),
            models.CheckConstraint(
                condition=Q(site__isnull=False) | Q(source__isnull=False),
                name="metrics_fieldvariant_somewhere",
            ),
            models.UniqueConstraint(
                fields=["tenant", "field", "site", "source"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="metrics_fieldvariant_place_once",
            ),
            models.CheckConstraint(
                condition=~Q(meaning="") & ~Q(said_by=""), name="metrics_fieldvariant_said"
            ),
            # Converted by both numbers, or not at all; what is not converted says why.
            models.CheckConstraint(
                condition=Q(stand="same", factor__isnull=True, plus__isnull=True, cannot="")
                | (Q(stand="differs", factor__isnull=True, plus__isnull=True) & ~Q(cannot=""))
                | Q(stand="convert", factor__isnull=False, plus__isnull=False, cannot=""),
                name="metrics_fieldvariant_stand",
            ),
            models.CheckConstraint(
                condition=(Q(factor__isnull=True) | Q(factor__range=(-rules.MOST, rules.MOST)))
                & ~Q(factor=0)
                & (Q(plus__isnull=True) | Q(plus__range=(-rules.MOST, rules.MOST))),
                name="metrics_fieldvariant_numbers",
            ),
        ]

    def __str__(self) -> str:
        return self.place

    @property
    def place(self) -> str:
        """Return where it is meant so: "SAP", "Plant Lyon", or "SAP at Plant Lyon"."""
        if self.site is not None and self.source is not None:
            return f"{self.source.name} at {self.site.name}"
        return str(self.site or self.source)


class FieldSettlement(KeyedModel):
    """A conflict was settled: how, by whom, when and why. Append-only.

    variant_version: of what was settled, as it was seen. meaning: what was meant there then, and
    wording: of the agreed meaning then. factor, plus: of the conversion that settled it.
    """

    class Outcome(models.TextChoices):
        ADOPTED = rules.Outcome.ADOPTED.value, "It means the same as agreed"
        CONVERTED = rules.Outcome.CONVERTED.value, "It is converted"
        ACCEPTED = rules.Outcome.ACCEPTED.value, "The difference may stand"
        GONE = rules.Outcome.GONE.value, "Nobody uses it there any more"

    variant = models.ForeignKey(
        FieldVariant,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="settlements",
    )
    variant_version = models.PositiveIntegerField()
    wording = models.PositiveIntegerField()
    meaning = models.CharField(max_length=500)
    outcome = models.CharField(max_length=9, choices=Outcome)
    factor = models.DecimalField(max_digits=20, decimal_places=9, null=True)
    plus = models.DecimalField(max_digits=20, decimal_places=9, null=True)
    reason = models.CharField(max_length=500)
    member = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("metrics_fieldsettlement")]
        constraints = [
            *own_rows("metrics_fieldsettlement", "SELECT, INSERT"),
            TenantFK(
                name="metrics_fieldsettlement_variant_fk",
                columns=["variant_id"],
                to="metrics_fieldvariant",
            ),
            TenantFK(
                name="metrics_fieldsettlement_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "variant", "variant_version"],
                name="metrics_fieldsettlement_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome="converted", factor__isnull=False, plus__isnull=False)
                | Q(
                    outcome__in=["adopted", "accepted", "gone"],
                    factor__isnull=True,
                    plus__isnull=True,
                ),
                name="metrics_fieldsettlement_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(meaning=""), name="metrics_fieldsettlement_said"
            ),
        ]

    def __str__(self) -> str:
        return self.get_outcome_display()


class FieldNeed(KeyedModel):
    """A pilot's decision needs a field. used_for: what for. ended_at: since when it does no more."""

    pilot = models.ForeignKey(
        Pilot, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    field = models.ForeignKey(
        FieldDefinition,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="needs",
    )
    used_for = models.CharField(max_length=300)
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("metrics_fieldneed")]
        constraints = [
            *own_rows("metrics_fieldneed", "SELECT, INSERT, UPDATE (used_for, ended_at, version)"),
            TenantFK(name="metrics_fieldneed_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"),
            TenantFK(
                name="metrics_fieldneed_field_fk",
                columns=["field_id"],
                to="metrics_fielddefinition",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "field"],
                condition=Q(ended_at__isnull=True),
                name="metrics_fieldneed_once",
            ),
            models.CheckConstraint(condition=~Q(used_for=""), name="metrics_fieldneed_said"),
        ]

    def __str__(self) -> str:
        return self.field.name
