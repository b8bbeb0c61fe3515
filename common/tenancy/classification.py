"""Every table is a tenant's, global or the platform's; one that is neither stops the start.

Tenant tables say so themselves: they have a `tenant_id`, and their `TenantIsolation` says what the
application role may do. All others, and every exception, are listed here.
"""

READ = "SELECT"
WRITE = "SELECT, INSERT, UPDATE"
ALL = "SELECT, INSERT, UPDATE, DELETE"

GLOBAL_TABLES = {
    "account_emailaddress": ALL,
    "account_emailconfirmation": ALL,
    "auth_group": "",
    "auth_group_permissions": "",
    "auth_permission": "",
    "django_content_type": READ,
    "django_migrations": READ,
    "django_session": ALL,
    "tenants_user": WRITE,
    "tenants_heartbeat": WRITE,
    "tenants_limit": ALL,
}

# Tenant tables that no model's TenantIsolation describes, with the rights of the application role.
SQL_TABLES = {
    "audit_event": "SELECT, INSERT",
    "audit_head": "",
}

# The table of the tenants themselves: its key is the tenant.
TENANT_TABLE = "tenants_tenant"

# Tables with a tenant_id that carry no foreign keys (product.md, "Rules of the data").
WITHOUT_FOREIGN_KEYS = {
    "audit_event",
    "audit_head",
    "metrics_measurement",
    "metrics_measurementrevision",
    "metrics_mark",
}

# Columns of tenant tables that are unique over all tenants: random, or not a tenant's own.
GLOBALLY_UNIQUE = {
    "tenants_tenant.slug",
    "tenants_apitoken.prefix",
}

# Functions that run with their owner's rights; any other is refused at start.
DEFINER_FUNCTIONS = {
    "audit_chain",
    "find_api_token",
    "find_membership",
    "freeze_commitment",
    "freeze_readout",
    "list_active_tenants",
    "list_demo_personas",
    "list_marked_tenants",
    "list_memberships",
    "list_tenants_with_welcomes",
    "read_outs_due",
    "recompute_tenant",
}

# Those and every other function that migrations make (what a definer calls runs with its rights),
# each with the digest that `catalogue.FUNCTION_DIGESTS` finds after `migrate`; a function with
# another one was changed by hand or by another version, and is refused at start. A migration that
# changes a function changes its line here: a test prints the right one.
FUNCTION_DIGESTS = {
    "audit_canonical": "72bcdd32de2fc7ebf877bcc820e1d800801b41f5f966ed03840a8f1e02543165",
    "audit_chain": "07f1e228c1f8b8190389787b70fb61a3d0ec963b3c083d6718a9bf5a6c8e86c0",
    "baseline_days": "0c204eca674da2b88192a5166584e9687aaa433decfc941439397909f2d536ab",
    "baseline_weeks": "019dbbb538c8a1966a1ef1c6443ac8ace621528599043221892320502defcaa5",
    "commitment_inputs": "342a52da915869e97360043dde9144482b485d529aa10175f2e2d64af68e68a8",
    "commitments_due": "3bafc32c08611b7974bfffc686f7cb986ef068f06d265872686976dc12f34527",
    "day_figures": "224a8c3a26fecb01101a15f2345f0b5b609ea2932575e3e1a37a57cab6160688",
    "find_api_token": "34ea34a2e7580a0146206a9fd43055887845c58fddb32b18ce85a60f48fa1785",
    "find_membership": "91db14413ee22307996b794b604421255db5198ba34564dfa0599eba3f978557",
    "freeze_commitment": "88be1d8c7d0e01367d833c677867e60e2c1f1ce46660ab09eb1693ab54ee7e75",
    "freeze_readout": "0b1f3f2751d16e2a8e9d8ff75800fe8dcc28d433755f4f4492f34aeb88ec41f2",
    "gates_accuracyreading_by_today": "a227c97480a5653ef1993016a6296f3552403a3b08ba7043193f4a5cd31f79b6",
    "gates_costmodel_follows": "ca7a2c2b13dc0b4c24bf4307fd259dcaf24632d5ffebb89da338cfc8f06cc88e",
    "gates_costsignature_may": "32e461fb296c26e1379e270b3d4996ef624992edeb621bbe24cf78e95becf519",
    "gates_criterion_before_gates": "a3b25232166daa7fb79407a349857132d487c7110cc50f515689e0e78a63ba99",
    "gates_datasnapshot_by_today": "8f19c623a9cf0191ee700b06d10cfef34acdfc22e2f794a6373e4649f8ab47ce",
    "gates_drill_as_written": "704e48d8c15a63ae08994065273cbf1f4173c8fb1ada9bdcdb363b1ce6eb72f4",
    "gates_drill_by_today": "d8f0fd259daf7eade8779b32e248f8e2c81eb0f631a00075cdc4e6c8179a3369",
    "gates_errorcount_fits": "639b6ca2a7ed43686325f53e91a32b6f396ce39b1ab1d9138eee0accca09578b",
    "gates_evidence_answers": "c4f6303aa3a45393edb98c4f6959d2683cff536592141ec600b216ad0b189627",
    "gates_evidence_fixed": "273077343d5ced39b309eea0b1ba76e0828091b8876262b8fac7b143aec77e33",
    "gates_gate_fixed": "b05baf7234775a27f6c389dd8423c2cfd2a24ba05affa75fc7360672eb935f1f",
    "gates_gate_of_template": "2d850284e6586eda98da3d9c84b17b486dacecf5096c5a2cd40ecce7275c5a8d",
    "gates_gatedecision_follows": "7476bcdf7c183b9f4c193acc803e4900e1354af07a901e3f52dc618f00abc6fa",
    "gates_gatedecision_rests": "ee90fddc2e44ea52b930d0f03634c25773e6949c41477be4f927c29e09eb3cfa",
    "gates_production_needs_six": "153fadc28621dd0185c86ddd02beaef19e53e12a549a78fa29eb7914921fbcff",
    "gates_production_today": "90723fcf8c31c1bf4a6df3e3c8ccbad0c1910be58c437125c919830896603de9",
    "gates_taken_back_once": "742b835f7fdf3e1fce79517a7cc50a28642c79f109222ab53c989816d04b8935",
    "gates_triggerfiring_fixed": "b4cd0b39e1483cca6c414dc3dfc4fa26c31f436eaba7a78f2323b8b8c1602b37",
    "list_active_tenants": "461e30f31fc537d4acb3fb23cf9b822081aa9af82775e39b97c5daec3152a3b4",
    "list_demo_personas": "ad8038534a9c0ff868c2d10455d37888adda9062dd9eca7482eb4a1a54332183",
    "list_marked_tenants": "d9c29db7556f7d33bc50736f8f362a9b6684ab8056b13108665bc209bd07092c",
    "list_memberships": "ff880035af98b36ab0ad7a1ae525c4f7611ff8675a2726c8a85989a90e138cd7",
    "list_tenants_with_welcomes": "72c162c3d37a26639c3f27ea3802adecfd0617904af953367957116b73042adb",
    "metrics_baseline_as_counted": "cb60c9c0f70a20c20aacf8966292a7c74fea2462ebbe5c72303bb9df86e7e4aa",
    "metrics_baseline_locked_fixed": "ffede77cb0c2abbbec7dc578fb9c2f44873dfb631bda42ac72bb32497e5a9d2d",
    "metrics_measured_fixed": "651d61212960981a67f8bec4d4f1f9bc9bec0d13d0b6ab7a1a8ab526f02f9fa5",
    "metrics_pilotmetric_baseline_held": "dbae4ce41a12725e73aabd4e0c6b673c8e3a8b912174de1d59dd86245ff2c8c5",
    "metrics_pilotmetric_not_compared": "006550be6b01e4627453473e05352241218031867c828dfa07e824cb7d18aa87",
    "metrics_vendorcommitment_held": "f7ca794d3dbbdcd99de4a30675d91165d27861c2c58f47965bbc831efd455fa1",
    "period_figures": "91fde7a571298006f8a49a3236000247b4b764b6f12b622cabf4fe85a16d9981",
    "portfolio_budgetline_confirmed": "7eaea2c17bc6baa6f9699b0639080f5f56cc8d707c9b15c3740c4f8013b6c407",
    "portfolio_pilot_line_held": "f2dfe1b913cb0743b4ce4f832cff0dbb23fb6da4b1ca0bccefa3b82be361dbe9",
    "portfolio_pilot_start_held": "81fe8cdc167787e566ad4b57fcf74951f26b487b04f085bd47a2a1fda395859a",
    "portfolio_zone_held": "5e53329cc34bdb293ff4146072edb3c5810d7858d6ab886e44e0d645aac5312f",
    "read_out_days": "ccb1b83eed7d9c78fdde81bd8c566b89eee1bc1e0bce600e078eb0dd1f8c9a1d",
    "read_out_figures": "852deb0c729eb8fa18670c4bb957d382a85e275b506589f73a9a9bcadf5775e5",
    "read_out_inputs": "f0786ac7aea43fd3ee371ad47008c307b02348fea44b54aa3e284ebc195db23c",
    "read_outs_due": "6a6e3431557cbe4be1893d99237528347a7ced2d8477f8b3d314f3fc2185f76d",
    "recompute_tenant": "47c5744243a446a47fcecc26a194dbc44d3b8fd73dc876f930df8758465aa563",
    "refuse_change": "d2056141068165fd3fcd685591e92daa0b07bb1164517c9208264f4b40945088",
    "tenants_apitoken_revoked_stays": "60006d7c412392b1b6651ff29a15a5732b354b1999bff48931484d0d99aae93c",
    "week_figures": "e2860d2b19e30f603290acaf85bb67ffb66692d486c54db3bae61703ede2ec76",
}

# Triggers that must be there and on: they keep what is only ever added, and what
# a figure means.
TRIGGERS = {
    "audit_event.audit_event_chain",
    "audit_event.audit_event_append_only",
    "audit_event.audit_event_no_truncate",
    "gates_accuracyreading.gates_accuracyreading_by_today",
    "gates_accuracyreading.gates_accuracyreading_fixed",
    "gates_accuracyreading.gates_accuracyreading_kept",
    "gates_accuracyreading.gates_accuracyreading_no_truncate",
    "gates_costmodel.gates_costmodel_append_only",
    "gates_costmodel.gates_costmodel_follows",
    "gates_costmodel.gates_costmodel_no_truncate",
    "gates_costsignature.gates_costsignature_append_only",
    "gates_costsignature.gates_costsignature_may",
    "gates_costsignature.gates_costsignature_no_truncate",
    "gates_criterion.gates_criterion_append_only",
    "gates_criterion.gates_criterion_before_gates",
    "gates_criterion.gates_criterion_no_truncate",
    "gates_datasnapshot.gates_datasnapshot_by_today",
    "gates_datasnapshot.gates_datasnapshot_fixed",
    "gates_datasnapshot.gates_datasnapshot_kept",
    "gates_datasnapshot.gates_datasnapshot_no_truncate",
    "gates_drill.gates_drill_as_written",
    "gates_drill.gates_drill_by_today",
    "gates_drill.gates_drill_fixed",
    "gates_drill.gates_drill_kept",
    "gates_drill.gates_drill_no_truncate",
    "gates_errorcount.gates_errorcount_append_only",
    "gates_errorcount.gates_errorcount_fits",
    "gates_errorcount.gates_errorcount_no_truncate",
    "gates_evidence.gates_evidence_answers",
    "gates_evidence.gates_evidence_fixed",
    "gates_evidence.gates_evidence_kept",
    "gates_evidence.gates_evidence_no_truncate",
    "gates_gate.gates_gate_fixed",
    "gates_gate.gates_gate_of_template",
    "gates_gatedecision.gates_gatedecision_append_only",
    "gates_gatedecision.gates_gatedecision_follows",
    "gates_gatedecision.gates_gatedecision_no_truncate",
    "gates_gatedecision.gates_gatedecision_rests",
    "gates_production.gates_production_append_only",
    "gates_production.gates_production_needs_six",
    "gates_production.gates_production_no_truncate",
    "gates_production.gates_production_today",
    "gates_template.gates_template_append_only",
    "gates_template.gates_template_no_truncate",
    "gates_triggerfiring.gates_triggerfiring_fixed",
    "gates_triggerfiring.gates_triggerfiring_kept",
    "gates_triggerfiring.gates_triggerfiring_no_truncate",
    "metrics_acknowledgement.metrics_acknowledgement_append_only",
    "metrics_acknowledgement.metrics_acknowledgement_no_truncate",
    "metrics_baseline.metrics_baseline_as_counted",
    "metrics_baseline.metrics_baseline_as_counted_new",
    "metrics_baseline.metrics_baseline_locked_fixed",
    "metrics_baseline.metrics_baseline_no_truncate",
    "metrics_commitmentdecision.metrics_commitmentdecision_append_only",
    "metrics_commitmentdecision.metrics_commitmentdecision_no_truncate",
    "metrics_commitmentfinding.metrics_commitmentfinding_append_only",
    "metrics_commitmentfinding.metrics_commitmentfinding_no_truncate",
    "metrics_feedturn.metrics_feedturn_append_only",
    "metrics_feedturn.metrics_feedturn_no_truncate",
    "metrics_metric.metrics_metric_measured_fixed",
    "metrics_measurementrevision.metrics_measurementrevision_append_only",
    "metrics_measurementrevision.metrics_measurementrevision_no_truncate",
    "metrics_pilotmetric.metrics_pilotmetric_baseline_held",
    "metrics_pilotmetric.metrics_pilotmetric_not_compared",
    "portfolio_budgetline.portfolio_budgetline_confirmed",
    "portfolio_pilot.portfolio_pilot_line_held",
    "portfolio_pilot.portfolio_pilot_start_held",
    "metrics_pilotoutcome.metrics_pilotoutcome_append_only",
    "metrics_pilotoutcome.metrics_pilotoutcome_no_truncate",
    "metrics_readout.metrics_readout_append_only",
    "metrics_readout.metrics_readout_no_truncate",
    "metrics_vendorcommitment.metrics_vendorcommitment_held",
    "metrics_vendorcommitment.metrics_vendorcommitment_kept",
    "metrics_vendorcommitment.metrics_vendorcommitment_no_truncate",
    "tenants_apitoken.tenants_apitoken_revoked_stays",
    "portfolio_pilot.portfolio_pilot_zone_held",
    "portfolio_site.portfolio_site_zone_held",
}

# PostgreSQL 18.0 lacks later security fixes (CVE-2025-12817, CVE-2025-12818).
OLDEST_SERVER = 18_00_01
