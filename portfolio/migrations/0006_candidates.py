"""Candidates for a pilot, ranked over the whole arc."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import common.tenancy.constraints
import tenants.models
from common.tenancy.operations import Guard

# What was expected of a candidate when its pilot was started stays to be compared with.
HELD = """
CREATE FUNCTION portfolio_candidate_begun_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'candidate % was begun and stays as it was then', OLD.id
        USING ERRCODE = '23514', CONSTRAINT = 'portfolio_candidate_begun_held',
            TABLE = 'portfolio_candidate';
END $$;
CREATE TRIGGER portfolio_candidate_begun_held BEFORE UPDATE ON portfolio_candidate
    FOR EACH ROW WHEN (OLD.begun_as_id IS NOT NULL)
    EXECUTE FUNCTION portfolio_candidate_begun_held();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("portfolio", "0005_plan_in_use"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="Candidate",
            fields=[
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
                ("name", models.CharField(max_length=200)),
                ("use_case", models.CharField(max_length=2000)),
                ("items_per_year", models.DecimalField(decimal_places=2, max_digits=22, null=True)),
                ("benefit", models.DecimalField(decimal_places=2, max_digits=22, null=True)),
                ("proof", models.DecimalField(decimal_places=2, max_digits=22, null=True)),
                ("production", models.DecimalField(decimal_places=2, max_digits=22, null=True)),
                ("item_cost", models.DecimalField(decimal_places=8, max_digits=22, null=True)),
                ("overhead", models.DecimalField(decimal_places=2, max_digits=22, null=True)),
                (
                    "outlook",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), size=None
                    ),
                ),
                (
                    "consulted",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, size=None
                    ),
                ),
                ("advice", models.CharField(max_length=2000)),
                ("archived_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "begun_as",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portfolio.pilot",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portfolio.site",
                    ),
                ),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="portfolio_candidate_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="portfolio_candidate_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_candidate_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("site_id",),
                        name="portfolio_candidate_site_fk",
                        to="portfolio_site",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("begun_as_id",),
                        name="portfolio_candidate_begun_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "begun_as"), name="portfolio_candidate_begun_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="portfolio_candidate_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("items_per_year__isnull", True),
                                ("items_per_year__range", (Decimal("0"), Decimal("1000000000000"))),
                                _connector="OR",
                            ),
                            models.Q(
                                ("benefit__isnull", True),
                                ("benefit__range", (Decimal("0"), Decimal("1000000000000"))),
                                _connector="OR",
                            ),
                            models.Q(
                                ("proof__isnull", True),
                                ("proof__range", (Decimal("0"), Decimal("1000000000000"))),
                                _connector="OR",
                            ),
                            models.Q(
                                ("production__isnull", True),
                                ("production__range", (Decimal("0"), Decimal("1000000000000"))),
                                _connector="OR",
                            ),
                            models.Q(
                                ("item_cost__isnull", True),
                                ("item_cost__range", (Decimal("0"), Decimal("1000000000"))),
                                _connector="OR",
                            ),
                            models.Q(
                                ("overhead__isnull", True),
                                ("overhead__range", (Decimal("0"), Decimal("1000000000000"))),
                                _connector="OR",
                            ),
                        ),
                        name="portfolio_candidate_amounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outlook__contained_by", ["open", "clear", "work", "stops"]),
                            ("outlook__len", 6),
                        ),
                        name="portfolio_candidate_outlook",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "consulted__contained_by",
                                [
                                    "security",
                                    "legal",
                                    "compliance",
                                    "finance",
                                    "data_governance",
                                    "operations",
                                    "technology",
                                    "sales",
                                    "customer_service",
                                    "privacy",
                                    "retention",
                                    "cross_boundary",
                                ],
                            )
                        ),
                        name="portfolio_candidate_consulted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("begun_as__isnull", True),
                            ("archived_at__isnull", True),
                            _connector="OR",
                        ),
                        name="portfolio_candidate_begun_stays",
                    ),
                ],
            },
        ),
        Guard("portfolio_candidate_begun_held", HELD),
    ]
