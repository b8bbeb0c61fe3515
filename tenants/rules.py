"""Who may do what: one table, one function.

Source: docs/permissions.md is printed from this table.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Role(StrEnum):
    """What a member is in one tenant; a member may be several."""

    EXECUTIVE = "executive"
    SPONSOR = "sponsor"
    LEAD = "lead"
    REVIEWER = "reviewer"
    OWNER = "owner"
    OPERATOR = "operator"
    READER = "reader"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API token may do."""

    PORTFOLIO_READ = "portfolio:read"
    PORTFOLIO_WRITE = "portfolio:write"
    METRICS_READ = "metrics:read"
    METRICS_WRITE = "metrics:write"
    AUDIT_READ = "audit:read"


# How roles and scopes are called on pages, and what each may do in half a sentence.
ROLE_WORDS: dict[Role, tuple[str, str]] = {
    Role.EXECUTIVE: (
        "Executive",
        "sees every pilot, agrees targets and decides after week 12",
    ),
    Role.SPONSOR: (
        "Sponsor",
        "pays for own pilots, agrees their targets and decides after week 12",
    ),
    Role.LEAD: (
        "Project lead",
        "runs own pilots, their metrics, data and gate evidence",
    ),
    Role.REVIEWER: (
        "Gate reviewer",
        "decides the gates that name them, never of own pilots, and speaks for own functions",
    ),
    Role.OWNER: (
        "Decision owner",
        "reads everything; approving recommendations is not in this version",
    ),
    Role.OPERATOR: ("Operator", "reads everything; recommendations are not in this version"),
    Role.READER: ("Reader", "reads everything, and advises where a gate names them"),
    Role.ADMIN: ("Tenant admin", "manages people, roles, sites and tokens"),
}
SCOPE_WORDS: dict[Scope, str] = {
    Scope.PORTFOLIO_READ: "Read pilots, portfolio, gates with their evidence, verdicts and decisions",
    Scope.PORTFOLIO_WRITE: "Create and change pilots",
    Scope.METRICS_READ: "Read metrics, feeds, weekly figures and read-outs",
    Scope.METRICS_WRITE: "Send measurements",
    Scope.AUDIT_READ: "Read the audit trail",
}


class Permission(StrEnum):
    """Everything the product can be asked to do, in words."""

    BROWSE = "browse portfolio, metrics and gates"
    READ_METRICS = "read metrics, measurements, weekly figures, baselines and read-outs"
    READ_BRIEF = "read the weekly brief"
    CREATE_PILOT = "create a pilot or a candidate for one"
    EDIT_PILOT = "edit a pilot, its dates, people and budget"
    ARCHIVE_PILOT = "archive a pilot and bring it back"
    CLOSE_PHASE = "close a phase whose outputs are there, and open it again"
    EXCEPT_PHASE = "close a phase without its outputs, for a reason"
    FUND_BUDGET = "confirm that a line of a budget is funded"
    WRITE_REVIEW = "write a pilot's weekly review"
    ENGAGE = "engage functions and keep a pilot's requirements"
    DEFINE_METRIC = "define metrics, sources and what fields mean"
    CHANGE_METRIC = "change a metric that pilots use, or its wording"
    AGREE_TARGET = "agree a target"
    LOCK_BASELINE = "lock a baseline"
    CHANGE_LOCKED_BASELINE = "change a baseline after its lock"
    ACKNOWLEDGE_VERDICT = "acknowledge a changed verdict"
    DECIDE_PILOT = "graduate, extend or stop a pilot"
    DECIDE_COMMITMENT = "waive a vendor's commitment, or decide where figures cannot tell"
    SYNC_MEASUREMENTS = "enter and import measurements"
    SUBMIT_EVIDENCE = "submit gate evidence"
    PASS_GATE = "pass or send back a gate"  # noqa: S105  # no password
    WAIVE_GATE = "waive a gate"
    NAME_ADVISERS = "name who advises on a gate"
    ADVISE = "advise on a gate that names you"
    EDIT_TEMPLATE = "add to what gates ask"
    ENTER_PRODUCTION = "put a pilot into production"
    SIGN_COST = "sign the cost model"
    DECIDE_RECOMMENDATION = "approve or override a recommendation"
    EDIT_REGISTRY = "edit the decision registry"
    MANAGE_SITES = "manage sites and calendars"
    MANAGE_PEOPLE = "manage people, vendors and other programmes"
    MANAGE_MEMBERS = "manage members and roles"
    MANAGE_TOKENS = "manage API tokens"
    READ_HEALTH = "see the health of the data"
    READ_AUDIT = "read the audit trail"
    MANAGE_TENANTS = "create and suspend tenants"


# What is granted already and has no page, endpoint or command yet.
NOT_YET = frozenset(
    {
        Permission.DECIDE_RECOMMENDATION,
        Permission.EDIT_REGISTRY,
        Permission.READ_AUDIT,
    }
)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Who may do one thing.

    roles: may always. own: may for pilots they take part in as given (`lead`, `sponsor`).
    never_own: may not for pilots they lead or ever led, whatever other role they have.
    scope: the API token's scope that may, None when no client ever may.
    """

    roles: frozenset[Role] = frozenset()
    own: frozenset[Role] = frozenset()
    never_own: bool = False
    scope: Scope | None = None


def _grant(
    roles: Collection[Role] = (),
    own: Collection[Role] = (),
    scope: Scope | None = None,
    never_own: bool = False,
) -> Grant:
    return Grant(roles=frozenset(roles), own=frozenset(own), scope=scope, never_own=never_own)


_ALL = tuple(Role)
_E, _S, _L, _A = Role.EXECUTIVE, Role.SPONSOR, Role.LEAD, Role.ADMIN

GRANTS: dict[Permission, Grant] = {
    Permission.BROWSE: _grant(_ALL, scope=Scope.PORTFOLIO_READ),
    Permission.READ_METRICS: _grant(_ALL, scope=Scope.METRICS_READ),
    Permission.READ_BRIEF: _grant(_ALL),
    Permission.CREATE_PILOT: _grant([_E, _S, _L, _A], scope=Scope.PORTFOLIO_WRITE),
    Permission.EDIT_PILOT: _grant([_A], own=[_L], scope=Scope.PORTFOLIO_WRITE),
    Permission.ARCHIVE_PILOT: _grant([_A], own=[_S]),
    Permission.CLOSE_PHASE: _grant([_E], own=[_L]),
    Permission.EXCEPT_PHASE: _grant([_E], own=[_S], never_own=True),
    Permission.FUND_BUDGET: _grant([_E], own=[_S], never_own=True),
    Permission.WRITE_REVIEW: _grant(own=[_L, _S]),
    Permission.ENGAGE: _grant([_A, Role.REVIEWER], own=[_L]),
    Permission.DEFINE_METRIC: _grant([_L, _A]),
    Permission.CHANGE_METRIC: _grant([_A], own=[_L]),
    Permission.AGREE_TARGET: _grant([_E], own=[_S], never_own=True),
    Permission.LOCK_BASELINE: _grant([_A], own=[_L]),
    Permission.CHANGE_LOCKED_BASELINE: _grant([_A]),
    Permission.ACKNOWLEDGE_VERDICT: _grant([_E], own=[_S], never_own=True),
    Permission.DECIDE_PILOT: _grant([_E], own=[_S], never_own=True),
    Permission.DECIDE_COMMITMENT: _grant([_E], own=[_S], never_own=True),
    Permission.SYNC_MEASUREMENTS: _grant(own=[_L], scope=Scope.METRICS_WRITE),
    Permission.SUBMIT_EVIDENCE: _grant(own=[_L]),
    Permission.PASS_GATE: _grant([Role.REVIEWER], never_own=True),
    Permission.WAIVE_GATE: _grant([_E], never_own=True),
    # Of the reviewers its decider alone, as the action asks.
    Permission.NAME_ADVISERS: _grant([_A, Role.REVIEWER], own=[_L]),
    Permission.ADVISE: _grant(_ALL, never_own=True),
    Permission.EDIT_TEMPLATE: _grant([_A]),
    Permission.ENTER_PRODUCTION: _grant([_E], own=[_S, _L], scope=Scope.PORTFOLIO_WRITE),
    Permission.SIGN_COST: _grant([Role.REVIEWER], never_own=True),
    Permission.DECIDE_RECOMMENDATION: _grant([Role.OWNER]),
    Permission.EDIT_REGISTRY: _grant([_A], own=[_L]),
    Permission.MANAGE_SITES: _grant([_A]),
    Permission.MANAGE_PEOPLE: _grant([_L, _A]),
    Permission.MANAGE_MEMBERS: _grant([_A]),
    Permission.MANAGE_TOKENS: _grant([_A]),
    Permission.READ_HEALTH: _grant(_ALL),
    Permission.READ_AUDIT: _grant([_E, _A], scope=Scope.AUDIT_READ),
    Permission.MANAGE_TENANTS: _grant(),
}


# The scopes worth giving to a token: those by which an endpoint of this version can be called.
OFFERED_SCOPES = [
    scope
    for scope in Scope
    if any(
        grant.scope is scope for permission, grant in GRANTS.items() if permission not in NOT_YET
    )
]


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who asks: a member with roles, or an API client with scopes; never both."""

    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Scope] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The part the asking person has in the pilot concerned (`lead`, `sponsor`); empty for none.

    led: whether they ever led it, now or before somebody else did, also before it began.
    """

    of: frozenset[Role] = field(default_factory=frozenset)
    led: bool = False


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether, and why not in words for the person."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


def can(actor: Actor, permission: Permission, parts: Parts | None = None) -> Decision:
    """Decide whether somebody may do something; no by default.

    parts: given when a certain pilot is concerned. Without it, "own" grants count as yes for those
    who hold the role at all, so that a page may offer what some pilot allows.
    """
    grant = GRANTS[permission]
    if actor.scopes:
        if grant.scope in actor.scopes:
            return Decision(allowed=True)
        needed = grant.scope.value if grant.scope else None
        return Decision(
            allowed=False,
            reason=f"This token lacks the scope {needed}."
            if needed
            else "API clients may never do this.",
        )
    if grant.never_own and parts is not None and Role.LEAD in parts.of:
        return Decision(
            allowed=False,
            reason="The lead of a pilot may not do this for the own pilot.",
        )
    if grant.never_own and parts is not None and parts.led:
        return Decision(
            allowed=False,
            reason="Who ever led a pilot may not do this for it, also once somebody else leads it or"
            " another start is agreed.",
        )
    if actor.roles & grant.roles:
        return Decision(allowed=True)
    if actor.roles & grant.own and (parts is None or parts.of & grant.own):
        return Decision(allowed=True)
    return Decision(allowed=False, reason=_who_may(permission, grant))


def _who_may(permission: Permission, grant: Grant) -> str:
    """Return who may, in words, for the page that says no."""
    words = ROLE_WORDS.items()
    names = [name for role, (name, _) in words if role in grant.roles]
    names += [f"the pilot's own {name.lower()}" for role, (name, _) in words if role in grant.own]
    if not names:
        return f"Nobody here may {permission.value}."
    return f"To {permission.value} you need to be: {', '.join(names)}."


def initials(name: str) -> str:
    """Return the first letters of the first and last word: "Elena Marsh" is EM."""
    words = name.split()
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper()


def roles_text(roles: Collection[str]) -> str:
    """Return roles in words, in the order of the permission table."""
    return ", ".join(name for role, (name, _) in ROLE_WORDS.items() if role in roles)


# How long the mail to a new member waits after each try in vain; after the last nobody tries again.
WELCOME_WAITS = (
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=18),
    timedelta(hours=18),
)


def welcome_words(*, waits: bool, tries: int) -> str:
    """Return how it stands with the mail to a new member; empty when it was sent.

    waits: whether it is still to be sent. tries: how often it was tried in vain.
    """
    if not waits:
        return ""
    if tries == 0:
        return "The mail is on its way."
    if tries < len(WELCOME_WAITS):
        return "The mail could not be sent yet and is tried again."
    return "The mail could not be sent. Send it again, or tell them yourself."


# What is new in the inbox is mailed from this hour of a working day; what came on a day off waits.
DIGEST_FROM = time(7)
# How long a digest waits after each try to mail it; after the last, what it told waits for the next.
DIGEST_WAITS = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8))
# A mail names so many lines; the rest is counted.
DIGEST_LINES = 20
SATURDAY = 5


def digest_day(*, now: datetime, zone: str) -> date | None:
    """Return the day whose digest is mailed now, by the company's own clock; None when none is.

    From 07:00 to midnight from Monday to Friday.
    """
    local = now.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= DIGEST_FROM and local.weekday() < SATURDAY else None


def is_digest_given_up(*, tries: int, due_at: datetime, day: date, zone: str) -> bool:
    """Say whether nobody tries to mail a digest again. due_at: when it would be tried next."""
    return tries >= len(DIGEST_WAITS) or digest_day(now=due_at, zone=zone) != day


# A last day outside these is a slip of the keyboard, which would open every gate of a person.
FIRST_LAST_DAY, LATEST_LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)


def has_left(leaves_on: date | None, day: date) -> bool:
    """Say whether a person's last day is over on a day; never where nobody said one."""
    return leaves_on is not None and leaves_on < day
