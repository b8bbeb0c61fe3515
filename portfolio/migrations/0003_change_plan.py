"""What changes for people around a pilot, and when the work on its data is planned."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portfolio", "0002_confirmed_money"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanItem",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        db_default=tenants.models.uuidv7(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("promise", "promise"),
                            ("role", "role"),
                            ("training", "training"),
                            ("concern", "concern"),
                            ("message", "message"),
                            ("process", "process"),
                            ("foundation", "foundation"),
                        ],
                        max_length=12,
                    ),
                ),
                ("title", models.CharField(max_length=300)),
                ("who", models.CharField(blank=True, max_length=200)),
                ("text", models.CharField(blank=True, max_length=1000)),
                ("before", models.CharField(blank=True, max_length=1000)),
                ("after", models.CharField(blank=True, max_length=1000)),
                ("people_needed", models.PositiveIntegerField(blank=True, null=True)),
                ("people_done", models.PositiveIntegerField(blank=True, null=True)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("due_on", models.DateField(blank=True, null=True)),
                ("done_on", models.DateField(blank=True, null=True)),
                ("written_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.person",
                    ),
                ),
                (
                    "pilot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plan_items",
                        to="portfolio.pilot",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="portfolio_planitem_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (title, who, text, before, after, people_needed, people_done, starts_on, due_on, done_on, owner_id, member_id, written_at, archived_at, version)",
                        lookup=False,
                        name="portfolio_planitem_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_planitem_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="portfolio_planitem_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("owner_id",),
                        name="portfolio_planitem_owner_fk",
                        to="tenants_person",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="portfolio_planitem_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "promise",
                                    "role",
                                    "training",
                                    "concern",
                                    "message",
                                    "process",
                                    "foundation",
                                ],
                            )
                        ),
                        name="portfolio_planitem_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True),
                        name="portfolio_planitem_title",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("archived_at__isnull", True), ("kind", "promise")),
                        fields=("tenant", "pilot"),
                        name="portfolio_planitem_one_promise",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("people_needed__isnull", True),
                                ("people_needed__range", (0, 100000)),
                                _connector="OR",
                            ),
                            models.Q(
                                ("people_done__isnull", True),
                                models.Q(
                                    ("people_done__range", (0, 100000)),
                                    ("people_needed__isnull", False),
                                    ("people_done__lte", models.F("people_needed")),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="portfolio_planitem_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("kind", "role"), _negated=True),
                                models.Q(("text", ""), _negated=True),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("kind", "training"), _negated=True),
                                models.Q(
                                    models.Q(("who", ""), _negated=True),
                                    ("people_needed__gte", 1),
                                    ("people_needed__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("kind", "message"), _negated=True),
                                models.Q(("who", ""), _negated=True),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("kind", "process"), _negated=True),
                                models.Q(
                                    models.Q(("before", ""), _negated=True),
                                    models.Q(("after", ""), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("kind", "foundation"), _negated=True),
                                models.Q(("due_on__isnull", False), ("starts_on__isnull", False)),
                                _connector="OR",
                            ),
                        ),
                        name="portfolio_planitem_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_on__isnull", True),
                            models.Q(
                                ("due_on__gte", models.F("starts_on")), ("due_on__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="portfolio_planitem_ends_after",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "concern"), _negated=True),
                            ("done_on__isnull", True),
                            models.Q(("text", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="portfolio_planitem_answered",
                    ),
                ],
            },
        ),
    ]
