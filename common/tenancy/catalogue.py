"""The audit of the database's catalogue: is every protection of the barrier really there.

Runs at the start of web, worker and beat, which refuse to work while it finds anything, and as a
test. It trusts nothing but the catalogue: not the migrations, not the settings' good intentions.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from django.apps import apps

from . import classification, roles
from .constraints import TenantIsolation

POLICY = "(NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint"
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the catalogue. Each row of the answer is a fault, put into the words."""

    words: str
    query: str


# Each function of ours with a digest of all that it does and by whose right: what it takes and
# answers, its body, its attributes, settings and owner (by what he is here, not by his name).
FUNCTION_DIGESTS = """
SELECT p.proname::text AS name, encode(sha256(convert_to(jsonb_build_array(
    pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname, p.prosrc,
    p.prosqlbody IS NULL, p.prosecdef, p.provolatile, p.proisstrict, p.proleakproof,
    p.proparallel, p.proconfig,
    CASE WHEN o.rolname = %(owner)s THEN 'the owner' ELSE o.rolname END)::text, 'UTF8')), 'hex')
    AS digest
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_roles o ON o.oid = p.proowner
WHERE p.pronamespace = 'public'::regnamespace
"""

# Stands before every query: all tables, each with the column that names its tenant (NULL for none).
_TABLES = """
WITH t AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
        c.relispartition, c.relacl, c.relowner,
        CASE WHEN c.relname = %(tenant_table)s THEN 'id' ELSE (
            SELECT a.attname FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) END AS col
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname !~ '^pg_(toast|temp)'
)
"""

CHECKS = (
    # The roles.
    Check(
        "The role {} has more power than it needs: {}.",
        """SELECT rolname, concat_ws(', ', CASE WHEN rolsuper THEN 'superuser' END,
            CASE WHEN rolbypassrls THEN 'passes row security' END,
            CASE WHEN rolcreaterole THEN 'creates roles' END,
            CASE WHEN rolcreatedb THEN 'creates databases' END,
            CASE WHEN rolreplication THEN 'replicates' END)
        FROM pg_roles
        WHERE rolname IN (%(app)s, %(platform)s, %(owner)s, %(lookup)s, %(recompute)s)
          AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
        ORDER BY 1""",
    ),
    Check(
        "The role {} is a member of {}.",
        """SELECT m.rolname, g.rolname FROM pg_auth_members x
        JOIN pg_roles m ON m.oid = x.member JOIN pg_roles g ON g.oid = x.roleid
        WHERE m.rolname IN (%(app)s, %(platform)s, %(lookup)s, %(recompute)s) ORDER BY 1, 2""",
    ),
    Check(
        "The role {} may log in, and must not.",
        """SELECT rolname FROM pg_roles
        WHERE rolname IN (%(lookup)s, %(recompute)s) AND rolcanlogin ORDER BY 1""",
    ),
    Check(
        "The application role {} owns {}.",
        """SELECT r.rolname, o.what FROM pg_roles r JOIN (
            SELECT relowner AS owner, 'the table ' || relname AS what FROM pg_class
            UNION ALL SELECT proowner, 'the function ' || proname FROM pg_proc
            UNION ALL SELECT nspowner, 'the schema ' || nspname FROM pg_namespace
            UNION ALL SELECT datdba, 'the database ' || datname FROM pg_database
        ) o ON o.owner = r.oid
        WHERE r.rolname = %(app)s ORDER BY 2 LIMIT 5""",
    ),
    Check(
        "This process works as {}, not as the application role {}.",
        """SELECT current_user, %(app)s
        WHERE %(current)s::boolean AND (current_user <> %(app)s OR session_user <> %(app)s)""",
    ),
    Check(
        "The application role and the owner are the same role, {}.",
        "SELECT %(app)s WHERE %(app)s IN (%(owner)s, %(platform)s)",
    ),
    Check(
        "The setting app.tenant_id has a default for {}: without a tenant there must be none.",
        """SELECT COALESCE(r.rolname, 'every role') FROM pg_db_role_setting s
        LEFT JOIN pg_roles r ON r.oid = s.setrole
        WHERE EXISTS (SELECT 1 FROM unnest(s.setconfig) AS c WHERE c ILIKE 'app.%%')
          AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        UNION ALL
        SELECT 'this session' WHERE %(current)s::boolean AND current_setting('app.tenant_id', true) <> ''
        ORDER BY 1""",
    ),
    Check(
        "The role {} has the right {} on the database.",
        """SELECT r.rolname, p.right FROM pg_roles r, (VALUES ('TEMP'), ('CREATE')) AS p("right")
        WHERE r.rolname IN (%(app)s, %(platform)s)
          AND has_database_privilege(r.oid, current_database(), p.right) ORDER BY 1, 2""",
    ),
    Check(
        "The role {} may create things in the schema {}.",
        """SELECT r.rolname, n.nspname FROM pg_roles r, pg_namespace n
        WHERE r.rolname IN (%(app)s, %(platform)s) AND n.nspname !~ '^pg_temp'
          AND has_schema_privilege(r.oid, n.oid, 'CREATE') ORDER BY 1, 2""",
    ),
    Check(
        "New objects of {} are given away by default privileges.",
        """SELECT DISTINCT d.defaclrole::regrole::text FROM pg_default_acl d
        CROSS JOIN LATERAL aclexplode(d.defaclacl) a
        WHERE a.grantee <> d.defaclrole ORDER BY 1""",
    ),
    # Tables.
    Check(
        "The table {}.{} is neither a tenant's nor listed as global.",
        """SELECT nspname, relname FROM t
        WHERE (col IS NULL AND NOT (nspname = 'public' AND relname = ANY(%(global_tables)s)))
           OR nspname <> 'public' OR relkind = 'f' ORDER BY 1, 2""",
    ),
    Check(
        "{}: row security is {}.",
        """SELECT relname, CASE WHEN NOT relrowsecurity THEN 'not enabled'
            ELSE 'not forced on the owner' END
        FROM t WHERE col IS NOT NULL AND NOT (relrowsecurity AND relforcerowsecurity)
        ORDER BY 1""",
    ),
    Check(
        "{}: no restrictive policy keeps the application role and the owner to one tenant,"
        " for reading and for writing.",
        """SELECT relname FROM t
        WHERE col IS NOT NULL AND NOT relispartition AND NOT EXISTS (
            SELECT 1 FROM pg_policy p
            WHERE p.polrelid = t.oid AND NOT p.polpermissive AND p.polcmd = '*'
              AND (p.polroles = '{0}' OR p.polroles @> ARRAY(
                SELECT r.oid FROM pg_roles r
                WHERE r.rolname IN (%(app)s, %(owner)s, %(platform)s, %(recompute)s)))
              AND pg_get_expr(p.polqual, p.polrelid) = format('(%%I = %%s)', col, %(policy)s)
              AND pg_get_expr(p.polwithcheck, p.polrelid) = format('(%%I = %%s)', col, %(policy)s))
        ORDER BY 1""",
    ),
    Check(
        "{}: the role {} has rights and is bound by no restrictive policy.",
        """SELECT DISTINCT t.relname, COALESCE(r.rolname, 'PUBLIC') FROM t
        CROSS JOIN LATERAL aclexplode(t.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE t.col IS NOT NULL AND a.grantee <> t.relowner
          AND COALESCE(r.rolname, '') NOT IN (%(lookup)s, %(backup)s)
          AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = t.oid
            AND NOT p.polpermissive AND (p.polroles = '{0}' OR a.grantee = ANY(p.polroles)))
        ORDER BY 1, 2""",
    ),
    Check(
        "{}: the role {} has rights on a partition; it goes through the parent table.",
        """SELECT DISTINCT t.relname, COALESCE(r.rolname, 'PUBLIC') FROM t
        CROSS JOIN LATERAL aclexplode(t.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE t.relispartition AND a.grantee <> t.relowner
          AND COALESCE(r.rolname, '') <> %(backup)s ORDER BY 1, 2""",
    ),
    Check(
        "{}: everybody (PUBLIC) has rights.",
        """SELECT DISTINCT t.relname FROM t CROSS JOIN LATERAL aclexplode(t.relacl) a
        WHERE a.grantee = 0 ORDER BY 1""",
    ),
    Check(
        "{}: the lookup role may do more than read.",
        """SELECT DISTINCT t.relname FROM t CROSS JOIN LATERAL aclexplode(t.relacl) a
        JOIN pg_roles r ON r.oid = a.grantee
        WHERE r.rolname IN (%(lookup)s, %(platform)s, %(backup)s) AND a.privilege_type <> 'SELECT'
        ORDER BY 1""",
    ),
    Check(
        "The sequence {} can be used by the application role.",
        """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(
            (SELECT oid FROM pg_roles WHERE rolname = %(app)s), c.oid, 'USAGE, SELECT, UPDATE')
          END
        ORDER BY 1""",
    ),
    # Keys.
    Check(
        "{}: the unique index {} is not led by the tenant, so it tells one tenant what another has.",
        """SELECT t.relname, i.indexrelid::regclass::text FROM t
        JOIN pg_index i ON i.indrelid = t.oid
        LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
        WHERE t.col IS NOT NULL AND i.indisunique AND NOT i.indisprimary
          AND COALESCE(a.attname, '') <> t.col
          AND NOT (i.indnkeyatts = 1
            AND t.relname || '.' || COALESCE(a.attname, '') = ANY(%(globally_unique)s))
        ORDER BY 1, 2""",
    ),
    Check(
        "{}: the foreign key {} does not carry the tenant.",
        """SELECT t.relname, k.conname FROM pg_constraint k
        JOIN t ON t.oid = k.conrelid JOIN t AS p ON p.oid = k.confrelid
        WHERE k.contype = 'f' AND p.col IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM unnest(k.conkey, k.confkey) AS pair(child, parent)
            JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = pair.child
            JOIN pg_attribute d ON d.attrelid = p.oid AND d.attnum = pair.parent
            WHERE c.attname = t.col AND d.attname = p.col)
        ORDER BY 1, 2""",
    ),
    Check(
        "{}: the foreign key {} is not enforced on every row.",
        """SELECT t.relname, k.conname FROM pg_constraint k JOIN t ON t.oid = k.conrelid
        WHERE k.contype = 'f' AND NOT (k.convalidated AND k.conenforced) ORDER BY 1, 2""",
    ),
    Check(
        "{}: no foreign key ties its rows to a tenant.",
        """SELECT relname FROM t
        WHERE col = 'tenant_id' AND NOT relispartition AND relname <> ALL(%(without_keys)s)
          AND NOT EXISTS (
            SELECT 1 FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'f')
        ORDER BY 1""",
    ),
    # Ways around.
    Check(
        "The view {} shows what its owner may see; make it security_invoker.",
        """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND NOT COALESCE(c.reloptions && '{security_invoker=true,security_invoker=on}', false)
        ORDER BY 1""",
    ),
    Check(
        "The materialized view {} can be read by {}: row security does not apply to it.",
        """SELECT c.relname, r.rolname FROM pg_class c, pg_roles r
        WHERE r.rolname IN (%(app)s, %(platform)s)
          AND CASE WHEN c.relkind = 'm' THEN has_any_column_privilege(r.oid, c.oid, 'SELECT') END
        ORDER BY 1, 2""",
    ),
    Check(
        "The function {} runs with its owner's rights and is not on the list.",
        """SELECT p.oid::regprocedure::text FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND NOT (n.nspname = 'public' AND p.proname = ANY(%(functions)s))
        ORDER BY 1""",
    ),
    Check(
        "There is more than one function {}: only one is on the list.",
        """SELECT p.proname FROM pg_proc p WHERE p.prosecdef AND p.proname = ANY(%(functions)s)
        GROUP BY 1 HAVING count(*) > 1 ORDER BY 1""",
    ),
    Check(
        "The function {} is not what this version's migrations make: run 'manage.py migrate', and"
        ' where that changes nothing see docs/operations.md, "A function that differs".',
        f"""SELECT w.name FROM unnest(%(digested)s::text[], %(digests)s::text[]) AS w(name, digest)
        WHERE NOT EXISTS (SELECT 1 FROM ({FUNCTION_DIGESTS}) AS f
            WHERE f.name = w.name AND f.digest = w.digest)
        ORDER BY 1""",  # noqa: S608  # both are ours
    ),
    Check(
        "The function {} {}.",
        """SELECT p.proname, f.fault FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_roles o ON o.oid = p.proowner
        CROSS JOIN LATERAL (VALUES
            (COALESCE((SELECT c FROM unnest(p.proconfig) AS c WHERE c LIKE 'search_path=%%'), '')
                !~ '^search_path=pg_catalog, (public, )?pg_temp$', 'has no fixed search path'),
            (EXISTS (SELECT 1 FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a
                WHERE a.grantee = 0), 'may be called by everybody (PUBLIC)'),
            (o.rolname NOT IN (%(owner)s, %(lookup)s, %(recompute)s),
                'runs as a role it should not run as')
        ) AS f(is_so, fault)
        WHERE p.prosecdef AND n.nspname = 'public' AND f.is_so ORDER BY 1, 2""",
    ),
    Check(
        "The trigger {} is missing or switched off.",
        """SELECT w.name FROM unnest(%(triggers)s::text[]) AS w(name)
        WHERE NOT EXISTS (SELECT 1 FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
            WHERE c.relname || '.' || g.tgname = w.name AND g.tgenabled IN ('O', 'A'))
        ORDER BY 1""",
    ),
    Check(
        "PostgreSQL {} lacks security fixes: install the newest release of its version.",
        """SELECT current_setting('server_version')
        WHERE current_setting('server_version_num')::int < %(oldest)s""",
    ),
)

# What the application role may do: on a table, and on columns of one where it may not on all.
GRANTED = """
SELECT c.relname, p.right, w.col
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN unnest(%(rights)s::text[]) AS p("right")
CROSS JOIN (SELECT oid FROM pg_roles WHERE rolname = %(app)s) AS r
CROSS JOIN LATERAL (
    SELECT '' WHERE has_table_privilege(r.oid, c.oid, p.right)
    UNION ALL
    SELECT a.attname FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND NOT has_table_privilege(r.oid, c.oid, p.right)
      AND CASE WHEN p.right IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
          THEN has_column_privilege(r.oid, c.oid, a.attnum, p.right) END
) AS w(col)
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
ORDER BY 1, 2, 3
"""
GRANT = re.compile(r"(\w+)(?:\s*\(([^)]*)\))?")


def find_faults(
    cursor: Any, *, app: str | None = None, owner: str | None = None, is_current: bool = True
) -> list[str]:
    """Return what is wrong with the barrier, one sentence each; empty when nothing is.

    cursor: of psycopg or of Django.
    is_current: whether that connection is the one to work with, so that its role counts too.
    """
    names: dict[str, Any] = {
        "app": app or roles.app(),
        "owner": owner or roles.owner(),
        "platform": roles.platform(),
        "lookup": roles.LOOKUP,
        "recompute": roles.RECOMPUTE,
        "backup": roles.BACKUP,
        "current": is_current,
        "tenant_table": classification.TENANT_TABLE,
        "global_tables": sorted(classification.GLOBAL_TABLES),
        "without_keys": sorted(classification.WITHOUT_FOREIGN_KEYS),
        "globally_unique": sorted(classification.GLOBALLY_UNIQUE),
        "functions": sorted(classification.DEFINER_FUNCTIONS),
        "digested": list(classification.FUNCTION_DIGESTS),
        "digests": list(classification.FUNCTION_DIGESTS.values()),
        "triggers": sorted(classification.TRIGGERS),
        "oldest": classification.OLDEST_SERVER,
        "policy": POLICY,
        "rights": list(RIGHTS),
    }
    # Bound here: in catalogue queries PostgreSQL cannot tell whether a parameter is a name or text.
    binding = psycopg.ClientCursor(cursor.connection)
    faults = []
    for check in CHECKS:
        cursor.execute(binding.mogrify(_TABLES + check.query, names))
        faults += [check.words.format(*row) for row in cursor.fetchall()]
    cursor.execute(binding.mogrify(GRANTED, names))
    return faults + list(_list_extra_rights(cursor.fetchall()))


def _list_extra_rights(granted: Iterable[tuple[str, str, str]]) -> Iterable[str]:
    """Compare what the application role may do with what each table says it may."""
    declared = _declared_rights()
    for table, right, column in granted:
        given = declared.get(table, set())
        if not given & {(right, ""), (right, column)}:
            what = f"{right} ({column})" if column else right
            yield f"{table}: the application role may {what}, which it was never given."


def _declared_rights() -> dict[str, set[tuple[str, str]]]:
    """Return each right with its column, empty for the whole table, by table."""
    texts = {**classification.GLOBAL_TABLES, **classification.SQL_TABLES}
    for model in apps.get_models(include_auto_created=True):
        for constraint in model._meta.constraints:
            if isinstance(constraint, TenantIsolation):
                texts[model._meta.db_table] = constraint.grants
    return {
        table: {
            (right, column.strip())
            for right, columns in GRANT.findall(text)
            for column in columns.split(",")
        }
        for table, text in texts.items()
    }
