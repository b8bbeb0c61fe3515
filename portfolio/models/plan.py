"""What changes for people around a pilot: its change plan, and the work on its data."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, Membership, Person, few_rows, own_rows

from ..rules import plan as rules
from ..rules.plan import Kind
from .pilots import Pilot

PEOPLE = (0, rules.MOST_PEOPLE)


class PlanItem(KeyedModel):
    """One thing of a pilot's change plan. Archived, not deleted.

    title: the role, training, concern, message, promise, process or data source. who: whom it is
    for, or which role raised it. text: what changes, what was answered, the promise in full.
    people_needed, people_done: to train, and trained; of a role, how many have it. before, after: of a
    process. starts_on, due_on: of work on the data; due_on else by when. done_on: since when a
    concern is answered, a message said, a process in force. member: who wrote it last.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="plan_items",
    )
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Kind])
    title = models.CharField(max_length=300)
    who = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    before = models.CharField(max_length=1000, blank=True)
    after = models.CharField(max_length=1000, blank=True)
    people_needed = models.PositiveIntegerField(null=True, blank=True)
    people_done = models.PositiveIntegerField(null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    member = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    written_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("portfolio_planitem")]
        constraints = [
            # An item stays its pilot's, and of its kind.
            *own_rows(
                "portfolio_planitem",
                "SELECT, INSERT, UPDATE (title, who, text, before, after, people_needed,"
                " people_done, starts_on, due_on, done_on, owner_id, member_id, written_at,"
                " archived_at, version)",
            ),
            TenantFK(
                name="portfolio_planitem_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(name="portfolio_planitem_owner_fk", columns=["owner_id"], to="tenants_person"),
            TenantFK(
                name="portfolio_planitem_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in Kind]), name="portfolio_planitem_kind"
            ),
            models.CheckConstraint(
                condition=Q(title__regex=r"\S"), name="portfolio_planitem_title"
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot"],
                condition=Q(kind="promise", archived_at__isnull=True),
                name="portfolio_planitem_one_promise",
            ),
            models.CheckConstraint(
                condition=(Q(people_needed__isnull=True) | Q(people_needed__range=PEOPLE))
                & (
                    Q(people_done__isnull=True)
                    | Q(people_needed__isnull=False, people_done__range=PEOPLE)
                    & Q(people_done__lte=F("people_needed"))
                ),
                name="portfolio_planitem_people",
            ),
            # What a kind cannot do without.
            models.CheckConstraint(
                condition=(~Q(kind="role") | ~Q(text=""))
                & (
                    ~Q(kind="training")
                    | (~Q(who="") & Q(people_needed__isnull=False, people_needed__gte=1))
                )
                & (~Q(kind="message") | ~Q(who=""))
                & (~Q(kind="process") | (~Q(before="") & ~Q(after="")))
                & (~Q(kind="foundation") | Q(starts_on__isnull=False, due_on__isnull=False)),
                name="portfolio_planitem_whole",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(due_on__isnull=False, due_on__gte=F("starts_on")),
                name="portfolio_planitem_ends_after",
            ),
            # A concern counts as answered once the answer is written down.
            models.CheckConstraint(
                condition=~Q(kind="concern") | Q(done_on__isnull=True) | ~Q(text=""),
                name="portfolio_planitem_answered",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def line(self) -> rules.Line:
        """Return the item as the rules take it."""
        return rules.Line(
            kind=Kind(self.kind),
            people_needed=self.people_needed,
            people_done=self.people_done,
            due_on=self.due_on,
            done_on=self.done_on,
        )
