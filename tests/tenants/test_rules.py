"""The permission table: every permission, every role, every scope."""

import re
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from tenants.rules import (
    GRANTS,
    NOT_YET,
    ROLE_WORDS,
    SCOPE_WORDS,
    Actor,
    Parts,
    Permission,
    Role,
    Scope,
    can,
)

E, S, L, V, W, O, R, A = Role  # noqa: E741  # executive, sponsor, lead, reviewer, owner, operator, reader, admin
EVERYBODY = set(Role)

# Written by hand from product.md and tenancy.md, apart from the code: who may without a pilot in
# question, who may only for own pilots, and the scope that may.
EXPECTED: dict[Permission, tuple[set[Role], set[Role], Scope | None]] = {
    Permission.BROWSE: (EVERYBODY, set(), Scope.PORTFOLIO_READ),
    Permission.READ_METRICS: (EVERYBODY, set(), Scope.METRICS_READ),
    Permission.READ_BRIEF: (EVERYBODY, set(), None),
    Permission.CREATE_PILOT: ({E, S, L, A}, set(), Scope.PORTFOLIO_WRITE),
    Permission.EDIT_PILOT: ({A}, {L}, Scope.PORTFOLIO_WRITE),
    Permission.ARCHIVE_PILOT: ({A}, {S}, None),
    Permission.CLOSE_PHASE: ({E}, {L}, None),
    Permission.EXCEPT_PHASE: ({E}, {S}, None),
    Permission.FUND_BUDGET: ({E}, {S}, None),
    Permission.WRITE_REVIEW: (set(), {L, S}, None),
    Permission.ENGAGE: ({A, V}, {L}, None),
    Permission.DEFINE_METRIC: ({L, A}, set(), None),
    Permission.CHANGE_METRIC: ({A}, {L}, None),
    Permission.AGREE_TARGET: ({E}, {S}, None),
    Permission.LOCK_BASELINE: ({A}, {L}, None),
    Permission.CHANGE_LOCKED_BASELINE: ({A}, set(), None),
    Permission.ACKNOWLEDGE_VERDICT: ({E}, {S}, None),
    Permission.DECIDE_PILOT: ({E}, {S}, None),
    Permission.DECIDE_COMMITMENT: ({E}, {S}, None),
    Permission.SYNC_MEASUREMENTS: (set(), {L}, Scope.METRICS_WRITE),
    Permission.SUBMIT_EVIDENCE: (set(), {L}, None),
    Permission.PASS_GATE: ({V}, set(), None),
    Permission.WAIVE_GATE: ({E}, set(), None),
    Permission.NAME_ADVISERS: ({A, V}, {L}, None),
    Permission.ADVISE: (EVERYBODY, set(), None),
    Permission.EDIT_TEMPLATE: ({A}, set(), None),
    Permission.ENTER_PRODUCTION: ({E}, {S, L}, Scope.PORTFOLIO_WRITE),
    Permission.SIGN_COST: ({V}, set(), None),
    Permission.DECIDE_RECOMMENDATION: ({W}, set(), None),
    Permission.EDIT_REGISTRY: ({A}, {L}, None),
    Permission.MANAGE_SITES: ({A}, set(), None),
    Permission.MANAGE_PEOPLE: ({L, A}, set(), None),
    Permission.MANAGE_MEMBERS: ({A}, set(), None),
    Permission.MANAGE_TOKENS: ({A}, set(), None),
    Permission.READ_HEALTH: (EVERYBODY, set(), None),
    Permission.READ_AUDIT: ({E, A}, set(), Scope.AUDIT_READ),
    Permission.MANAGE_TENANTS: (set(), set(), None),
}
NEVER_FOR_THE_OWN_PILOT = {
    Permission.EXCEPT_PHASE,
    Permission.FUND_BUDGET,
    Permission.AGREE_TARGET,
    Permission.ACKNOWLEDGE_VERDICT,
    Permission.DECIDE_PILOT,
    Permission.DECIDE_COMMITMENT,
    Permission.PASS_GATE,
    Permission.WAIVE_GATE,
    Permission.ADVISE,
    Permission.SIGN_COST,
}
PAIRS = list(product(Permission, Role))


def member(*roles: Role) -> Actor:
    return Actor(roles=frozenset(roles))


def parts(*roles: Role) -> Parts:
    return Parts(of=frozenset(roles))


def test_every_permission_is_expected_and_granted() -> None:
    assert set(EXPECTED) == set(Permission) == set(GRANTS)


@pytest.mark.parametrize(("permission", "role"), PAIRS)
def test_a_role_may_what_the_table_says_where_no_pilot_is_in_question(
    permission: Permission, role: Role
) -> None:
    always, own, _ = EXPECTED[permission]

    assert bool(can(member(role), permission)) is (role in always | own)


@pytest.mark.parametrize(("permission", "role"), PAIRS)
def test_in_somebody_elses_pilot_own_grants_do_not_count(
    permission: Permission, role: Role
) -> None:
    always, _, _ = EXPECTED[permission]

    assert bool(can(member(role), permission, parts())) is (role in always)


@pytest.mark.parametrize(("permission", "role"), PAIRS)
def test_in_the_own_pilot_own_grants_count(permission: Permission, role: Role) -> None:
    always, own, _ = EXPECTED[permission]
    never = permission in NEVER_FOR_THE_OWN_PILOT and role is Role.LEAD

    decision = can(member(role), permission, parts(role))

    assert bool(decision) is (role in always | own and not never)


@pytest.mark.parametrize("permission", sorted(NEVER_FOR_THE_OWN_PILOT))
def test_who_leads_a_pilot_may_not_decide_over_it_whatever_else_they_are(
    permission: Permission,
) -> None:
    decision = can(member(*Role), permission, parts(Role.LEAD, Role.SPONSOR))

    assert not decision
    assert "lead" in decision.reason


@pytest.mark.parametrize("permission", list(Permission))
def test_who_led_a_pilot_may_not_decide_over_it_once_somebody_else_leads_it(
    permission: Permission,
) -> None:
    now, before = Parts(of=frozenset({Role.SPONSOR})), Parts(of=frozenset({Role.SPONSOR}), led=True)

    still = bool(can(member(*Role), permission, before))

    never = permission in NEVER_FOR_THE_OWN_PILOT
    assert still is (bool(can(member(*Role), permission, now)) and not never)


@pytest.mark.parametrize("permission", list(Permission))
def test_a_part_without_the_role_gives_nothing(permission: Permission) -> None:
    assert not can(member(), permission, parts(*Role))


@pytest.mark.parametrize(("permission", "scope"), list(product(Permission, Scope)))
def test_a_token_may_only_what_its_scope_names(permission: Permission, scope: Scope) -> None:
    _, _, needed = EXPECTED[permission]

    decision = can(Actor(scopes=frozenset({scope})), permission)

    assert bool(decision) is (scope == needed)
    if not decision:
        assert (needed.value if needed else "never") in decision.reason


def test_a_token_with_every_scope_never_decides_for_people() -> None:
    client = Actor(scopes=frozenset(Scope))

    for permission in (Permission.PASS_GATE, Permission.DECIDE_RECOMMENDATION):
        assert "never" in can(client, permission).reason


@pytest.mark.parametrize("permission", list(Permission))
def test_nobody_may_anything_by_default(permission: Permission) -> None:
    assert not can(Actor(), permission)


def test_a_refusal_says_who_may() -> None:
    reason = can(member(Role.READER), Permission.EDIT_PILOT).reason

    assert "Tenant admin" in reason
    assert "own project lead" in reason


def test_what_is_not_in_this_version_is_what_no_page_or_endpoint_asks_for() -> None:
    apps = [
        Path(settings.BASE_DIR, app)
        for app in ("tenants", "portfolio", "metrics", "gates", "audit")
    ]
    asking = [
        path.read_text()
        for app in apps
        for path in app.rglob("*.py")
        if path != Path(settings.BASE_DIR, "tenants/rules.py")
    ]
    unasked = {
        permission
        for permission in Permission
        if not any(re.search(rf"Permission\.{permission.name}\b", text) for text in asking)
    }

    assert unasked == NOT_YET | {Permission.MANAGE_TENANTS}


def test_every_role_and_scope_has_words() -> None:
    assert set(ROLE_WORDS) == set(Role)
    assert set(SCOPE_WORDS) == set(Scope)


def test_the_page_of_permissions_is_printed_from_the_table() -> None:
    printed = StringIO()

    call_command("permissions", stdout=printed)

    assert Path(settings.BASE_DIR, "docs/permissions.md").read_text() == printed.getvalue()
