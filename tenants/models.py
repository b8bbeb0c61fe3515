"""A manufacturer (tenant), the people who work with its pilots, and its API clients."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from common.tenancy.constraints import TenantFK, TenantIsolation
from common.tenancy.context import require_tenant_id
from common.tenancy.managers import TenantManager

from .rules import FIRST_LAST_DAY, LATEST_LAST_DAY, Actor, Role, has_left


class UserManager(BaseUserManager["User"]):
    """Finds a user by e-mail, in any case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user; a missing password means that none works."""
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person who can sign in, in any number of tenants."""

    class Theme(models.TextChoices):
        SYSTEM = "", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.SYSTEM, blank=True)
    shortcuts = models.BooleanField(default=True)
    date_joined = models.DateTimeField(db_default=Now())

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Func(F("email"), function="lower")),
                name="tenants_user_email_lower",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Tenant(models.Model):
    """One manufacturer. Only its members see the row; only the owner role creates or changes one."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    zone = models.CharField(max_length=64)
    locale = models.CharField(max_length=16, default="en")
    is_demo = models.BooleanField(default=False)
    suspended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            TenantIsolation(
                name="tenants_tenant_iso",
                column="id",
                grants="SELECT",
                lookup=True,
            )
        ]

    def __str__(self) -> str:
        return self.name


class uuidv7(Func):  # the name of the SQL function
    """A time-ordered random key made by the database (PostgreSQL 18)."""

    function = "uuidv7"
    output_field = models.UUIDField()


def own_rows(
    table: str, grants: str = "SELECT, INSERT, UPDATE", **options: Any
) -> list[models.BaseConstraint]:
    """Return the constraints of every tenant table: isolation, and the key others refer to."""
    return [
        TenantIsolation(name=f"{table}_iso", grants=grants, **options),
        models.UniqueConstraint(fields=["tenant", "id"], name=f"{table}_tenant_key"),
    ]


def few_rows(table: str) -> HashIndex:
    """Return the index for a table that is read whole for a tenant and has few rows in each.

    A hash finds them in one page however many tenants there are; a tree grows a level.
    """
    return HashIndex(fields=["tenant"], name=f"{table}_few")


class TenantModel(models.Model):
    """Base of tenant tables: the tenant, and a manager that refuses to work without one."""

    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    tenant_id: int

    objects: ClassVar[TenantManager[Any]] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in the tenant in context; the tenant is never taken from a form."""
        if getattr(self, "tenant_id", None) is None:
            self.tenant_id = require_tenant_id(kwargs.get("using") or "default")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete in the tenant in context; a row without relations would skip the manager."""
        require_tenant_id(kwargs.get("using") or "default")
        return super().delete(*args, **kwargs)


class KeyedModel(TenantModel):
    """Base of tenant tables whose rows are addressed by a time-ordered random key."""

    id = models.UUIDField(primary_key=True, db_default=uuidv7(), editable=False)

    class Meta(TenantModel.Meta):
        abstract = True


class Function(models.TextChoices):
    """Functions of a plant that take part in a pilot (capability A16) or review one."""

    TECHNOLOGY = "technology", "Technology"
    SECURITY = "security", "Security"
    LEGAL = "legal", "Legal"
    COMPLIANCE = "compliance", "Compliance"
    FINANCE = "finance", "Finance"
    DATA_GOVERNANCE = "data_governance", "Data governance"
    OPERATIONS = "operations", "Operations"
    SALES = "sales", "Sales"
    CUSTOMER_SERVICE = "customer_service", "Customer service"


class Person(KeyedModel):
    """Somebody named in a pilot, with or without a sign-in of their own.

    leaves_on: the last day on which they are there; None while nobody said one.
    """

    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    job_title = models.CharField(max_length=200, blank=True)
    function = models.CharField(max_length=20, choices=Function, blank=True)
    leaves_on = models.DateField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("tenants_person", lookup=True),
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=~Q(email=""),
                name="tenants_person_email_once",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="tenants_person_name_given"),
            models.CheckConstraint(
                condition=Q(leaves_on__isnull=True)
                | Q(leaves_on__range=(FIRST_LAST_DAY, LATEST_LAST_DAY)),
                name="tenants_person_leaves_plausible",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(KeyedModel):
    """A user's place in one tenant, with the roles that `rules.can` reads.

    welcome_due_at: when the mail that says how to get in is tried next; empty once it is sent.
    welcome_tries: how often it was tried in vain.
    last_seen_at: when the member last opened this tenant, to a quarter of an hour; what they open
    elsewhere is no business of this tenant.
    monthly_brief: whether the brief comes by mail, once their part in the company has it sent.
    daily_digest: whether what is new in the inbox comes by mail, once a day.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    roles = ArrayField(models.CharField(max_length=20, choices=[(r.value, r.name) for r in Role]))
    functions = ArrayField(
        models.CharField(max_length=20, choices=Function), default=list, blank=True
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    welcome_due_at = models.DateTimeField(null=True, blank=True)
    welcome_tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    monthly_brief = models.BooleanField(default=True, db_default=True)
    daily_digest = models.BooleanField(default=True, db_default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("tenants_membership", lookup=True),
            models.UniqueConstraint(fields=["tenant", "user"], name="tenants_membership_once"),
            models.UniqueConstraint(
                fields=["tenant", "person"], name="tenants_membership_person_once"
            ),
            TenantFK(
                name="tenants_membership_person_fk",
                columns=["person_id"],
                to="tenants_person",
            ),
            models.CheckConstraint(
                condition=Q(roles__contained_by=[r.value for r in Role]) & Q(roles__len__gt=0),
                name="tenants_membership_roles_known",
            ),
        ]
        indexes = [
            models.Index(fields=["user"], name="tenants_membership_user"),
            models.Index(
                fields=["tenant", "welcome_due_at"],
                condition=Q(welcome_due_at__isnull=False),
                name="tenants_membership_welcome",
            ),
        ]

    def left(self, day: date) -> bool:
        """Say whether somebody is not there on a day: removed, or their last day is over.

        Reads the person.
        """
        return self.removed_at is not None or has_left(self.person.leaves_on, day)

    @property
    def audit_name(self) -> str:
        """Name in the audit trail: an id, never a name."""
        return f"member:{self.id}"

    @property
    def actor(self) -> Actor:
        """Return the member as `can` asks for one."""
        return Actor(roles=frozenset(Role(role) for role in self.roles))


class ApiToken(KeyedModel):
    """An API client's key to one tenant. Only its SHA-256 is kept; it is shown once.

    Found by its prefix through `find_api_token`, before a tenant is known. Revoked it stays so, by
    trigger.
    """

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=40))
    cidrs = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows(
                "tenants_apitoken",
                "SELECT, INSERT, UPDATE (expires_at, last_used_at, replaced_at, revoked_at)",
                lookup=True,
            ),
            TenantFK(
                name="tenants_apitoken_by_fk",
                columns=["created_by_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("created_at") + timedelta(days=366)),
                name="tenants_apitoken_expires_within_a_year",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "created_at"], name="tenants_apitoken_list")]


class IdempotencyRecord(KeyedModel):
    """The answer to a write that a client may repeat under the same Idempotency-Key."""

    client = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("tenants_idempotencyrecord", "SELECT, INSERT, DELETE"),
            models.UniqueConstraint(
                fields=["tenant", "client", "key"],
                name="tenants_idempotencyrecord_once",
            ),
        ]


class Notification(KeyedModel):
    """One line in one member's inbox: the base of every later channel."""

    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    topic = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True)
    dedup_key = models.CharField(max_length=200)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("tenants_notification"),
            TenantFK(
                name="tenants_notification_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "member", "dedup_key"],
                name="tenants_notification_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "member", "-created_at"],
                name="tenants_notification_list",
            )
        ]


class DueMail(KeyedModel):
    """Base of mails that are one row each, however often one is tried.

    due_at: when it is tried next, unless sent. tries: how often it was.
    """

    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta(KeyedModel.Meta):
        abstract = True


class DigestMail(DueMail):
    """What is new for a member on a day, by mail: one row a member and day."""

    day = models.DateField()

    class Meta(DueMail.Meta):
        constraints = [
            *own_rows("tenants_digestmail", "SELECT, INSERT, UPDATE (due_at, tries, sent_at)"),
            TenantFK(
                name="tenants_digestmail_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "member", "day"], name="tenants_digestmail_once"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(tries__gte=1),
                name="tenants_digestmail_sent_by_a_try",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "day"],
                condition=Q(sent_at__isnull=True),
                name="tenants_digestmail_unsent",
            )
        ]


class MailLine(KeyedModel):
    """That a line of the inbox, by its key, is to go to its member with a digest, or went.

    digest: None until it is part of one. What a digest that was sent told is told by no other.
    """

    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    dedup_key = models.CharField(max_length=200)
    digest = models.ForeignKey(
        DigestMail,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="lines",
        null=True,
    )

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("tenants_mailline", "SELECT, INSERT, UPDATE (digest_id)"),
            TenantFK(
                name="tenants_mailline_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            TenantFK(
                name="tenants_mailline_digest_fk",
                columns=["digest_id"],
                to="tenants_digestmail",
            ),
            models.UniqueConstraint(
                fields=["tenant", "member", "dedup_key"], name="tenants_mailline_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "member"],
                condition=Q(digest__isnull=True),
                name="tenants_mailline_waiting",
            ),
            models.Index(fields=["tenant", "digest"], name="tenants_mailline_digest"),
        ]


class Heartbeat(models.Model):
    """When a background process was last seen. No tenant's data."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()
