"""Versioned templates of what a gate asks, and each pilot's gates."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules import states
from ..rules.criteria import Asked, Check, Side

CODES = [code.value for code in states.Code]


class Template(KeyedModel):
    """One version of what a gate asks. Append-only; the newest is used by gates that begin.

    number: 1 for the one the product brings. member: who wrote it, None for that one.
    """

    gate = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("gates_template", "SELECT, INSERT"),
            TenantFK(
                name="gates_template_member_fk", columns=["member_id"], to="tenants_membership"
            ),
            models.UniqueConstraint(
                fields=["tenant", "gate", "number"], name="gates_template_number_once"
            ),
            models.CheckConstraint(condition=Q(gate__in=CODES), name="gates_template_gate"),
            models.CheckConstraint(
                condition=Q(number=1) | (Q(member__isnull=False) & ~Q(reason="")),
                name="gates_template_written",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate}, version {self.number}"


class Criterion(KeyedModel):
    """One thing that a version of a template asks. Append-only, as its template is.

    side, limit, unit: of a number. fact: of a fact. valid_days: how long its evidence holds.
    """

    template = models.ForeignKey(
        Template,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="criteria",
    )
    code = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    why = models.CharField(max_length=400, blank=True)
    check_kind = models.CharField(max_length=10)
    side = models.CharField(max_length=2, blank=True)
    limit = models.FloatField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    fact = models.CharField(max_length=40, blank=True)
    mandatory = models.BooleanField(default=True)
    valid_days = models.PositiveSmallIntegerField(null=True)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("gates_criterion", "SELECT, INSERT"),
            TenantFK(
                name="gates_criterion_template_fk", columns=["template_id"], to="gates_template"
            ),
            models.UniqueConstraint(
                fields=["tenant", "template", "code"], name="gates_criterion_code_once"
            ),
            models.CheckConstraint(
                condition=Q(check_kind="evidence", side="", limit__isnull=True, fact="")
                | (Q(check_kind="number", fact="", limit__isnull=False) & ~Q(side=""))
                | (Q(check_kind="fact", side="", limit__isnull=True) & ~Q(fact="")),
                name="gates_criterion_check",
            ),
            models.CheckConstraint(
                condition=Q(side__in=["", *(side.value for side in Side)]),
                name="gates_criterion_side",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="gates_criterion_text"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def asked(self) -> Asked:
        """Return the criterion as the rules take it."""
        return Asked(
            code=self.code,
            text=self.text,
            why=self.why,
            check=Check(self.check_kind),
            side=Side(self.side) if self.side else None,
            limit=self.limit,
            unit=self.unit,
            fact=self.fact,
            mandatory=self.mandatory,
            valid_days=self.valid_days,
        )


class Gate(KeyedModel):
    """One gate of one pilot, from the first thing that was done with it.

    template: what it asks, kept when a newer version is written. decider: the one person who passes
    it or sends it back; others advise. Its state is told by its last decision. lacks: the mandatory
    criteria that were not met when the product looked last, in words, and looked_at when that was,
    None both before; they are for the board, and no version of the gate. ends_on: until when what a
    passed gate rests on held at looked_at; None without an end, and for any other gate.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="gates",
    )
    code = models.CharField(max_length=20)
    template = models.ForeignKey(
        Template,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    decider = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    due_date = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    lacks = models.JSONField(null=True)
    looked_at = models.DateTimeField(null=True)
    ends_on = models.DateField(null=True)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("gates_gate")]
        constraints = [
            *own_rows("gates_gate"),
            TenantFK(name="gates_gate_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"),
            TenantFK(name="gates_gate_template_fk", columns=["template_id"], to="gates_template"),
            TenantFK(name="gates_gate_decider_fk", columns=["decider_id"], to="tenants_membership"),
            models.UniqueConstraint(fields=["tenant", "pilot", "code"], name="gates_gate_once"),
            models.CheckConstraint(condition=Q(code__in=CODES), name="gates_gate_code"),
            models.CheckConstraint(
                condition=Q(lacks__isnull=True, looked_at__isnull=True)
                | Q(lacks__isnull=False, looked_at__isnull=False),
                name="gates_gate_looked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.pilot_id}"
