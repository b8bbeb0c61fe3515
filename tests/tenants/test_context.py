"""The tenant of a unit of work: opened once, for one transaction, on one connection."""

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg_pool import ConnectionPool

from common.tenancy import context
from common.tenancy.context import (
    NoTenantContext,
    TenantSwitchRefused,
    current_tenant_id,
    require_tenant_id,
    tenant,
)
from common.tenancy.pooled import base as pooled
from tenants.models import Person
from tests.conftest import Cast


def database_tenant() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(current_setting('app.tenant_id', true), '')")
        return str(cursor.fetchone()[0])


def in_thread(act: Callable[[], Any]) -> Any:
    """Run in a thread with a copy of this context, as executors do; return the value or error."""
    found: list[Any] = []

    def work() -> None:
        try:
            found.append(act())
        except Exception as error:  # noqa: BLE001  # handed to the test
            found.append(error)
        finally:
            connection.close()

    copied = contextvars.copy_context()
    thread = threading.Thread(target=copied.run, args=(work,))
    thread.start()
    thread.join()
    return found[0]


def test_a_tenant_is_open_inside_its_block_and_nowhere_else(cast: Cast) -> None:
    with tenant(cast.acme):
        inside = (current_tenant_id(), database_tenant())

    assert inside == (cast.acme, str(cast.acme))
    assert (current_tenant_id(), database_tenant()) == (None, "")


def test_the_same_tenant_may_be_opened_again_inside(cast: Cast) -> None:
    with tenant(cast.acme):
        with tenant(cast.acme):
            assert Person.objects.exists()

        assert require_tenant_id() == cast.acme
        assert Person.objects.exists()


def test_another_tenant_inside_is_refused_and_the_first_stays(cast: Cast) -> None:
    with tenant(cast.acme):
        with pytest.raises(TenantSwitchRefused), tenant(cast.borealis):
            pass
        with (
            pytest.raises(TenantSwitchRefused),
            context.found_tenant("SELECT %s::bigint AS tenant_id", [cast.borealis]),
        ):
            pass

        assert database_tenant() == str(cast.acme)


@pytest.mark.django_db(transaction=True)
def test_a_tenant_is_not_opened_inside_somebody_elses_transaction(django_db_setup: None) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), tenant(1):
        pass


@pytest.mark.django_db(transaction=True)
def test_the_setting_ends_with_its_transaction(django_db_setup: None) -> None:
    with tenant(1):
        assert database_tenant() == "1"

    assert database_tenant() == ""


@pytest.mark.parametrize("error", [ValueError, DatabaseError, SystemExit, KeyboardInterrupt])
def test_an_error_closes_the_tenant(cast: Cast, error: type[BaseException]) -> None:
    with pytest.raises(error), tenant(cast.acme):
        raise error

    assert (current_tenant_id(), database_tenant()) == (None, "")
    with pytest.raises(NoTenantContext):
        Person.objects.count()


def test_a_broken_statement_closes_the_tenant(cast: Cast) -> None:
    with pytest.raises(DatabaseError), tenant(cast.acme), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")

    assert current_tenant_id() is None


def test_a_thread_that_inherits_the_context_is_refused(cast: Cast) -> None:
    with tenant(cast.acme):
        counted = in_thread(Person.objects.all)
        opened = in_thread(lambda: tenant(cast.acme).__enter__())

    assert isinstance(counted, NoTenantContext)
    assert isinstance(opened, NoTenantContext)


def test_another_alias_is_refused_inside_a_tenant(cast: Cast) -> None:
    with tenant(cast.acme), pytest.raises(NoTenantContext), tenant(cast.acme, using="owner"):
        pass


def test_a_callback_after_commit_has_no_tenant(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    seen: list[Any] = []

    with django_capture_on_commit_callbacks(execute=True), tenant(cast.acme):
        transaction.on_commit(lambda: seen.append(current_tenant_id()))

    assert seen == [None]


def test_a_generator_that_outlives_its_tenant_raises(cast: Cast) -> None:
    def names() -> Iterator[str]:
        for person in Person.objects.order_by("name"):
            yield person.name

    with tenant(cast.acme):
        rest = names()

    with pytest.raises(NoTenantContext):
        next(rest)


def test_a_statement_prepared_in_one_tenant_answers_for_the_next(cast: Cast) -> None:
    found = []
    for tenant_id in [cast.acme, cast.borealis] * 8:  # more than five: generic plans
        with tenant(tenant_id):
            cursor = psycopg.Cursor(connection.connection)
            cursor.execute("SELECT array_agg(slug) FROM tenants_tenant", prepare=True)
            found.append(cursor.fetchone())

    assert found == [(["acme"],), (["borealis"],)] * 8


@pytest.fixture
def pool(db: None) -> Iterator[ConnectionPool]:
    """The pool of a web process, with one connection."""
    usual = connection.settings_dict
    options = usual["OPTIONS"] | {"pool": {"min_size": 1, "max_size": 1}}
    engine = pooled.DatabaseWrapper({**usual, "OPTIONS": options}, alias="web")
    pool = engine.pool
    assert pool is not None
    pool.open()
    yield pool
    engine.close_pool()


DIRT = {
    "a session setting": "SELECT set_config('app.tenant_id', '{acme}', false)",
    "a plain SET": "SET app.tenant_id = '{acme}'",
    "a failed statement": "SELECT 1 / 0",
    "an open transaction": "BEGIN; SELECT set_config('app.tenant_id', '{acme}', true)",
    "a cursor that outlives it": "SELECT set_config('app.tenant_id', '{acme}', false);"
    " DECLARE c CURSOR WITH HOLD FOR SELECT slug FROM tenants_tenant",
}


@pytest.mark.parametrize("dirt", DIRT)
def test_a_pooled_connection_is_clean_for_the_next_request(
    cast: Cast, pool: ConnectionPool, dirt: str
) -> None:
    with pool.connection() as dirty:
        pid = dirty.info.backend_pid
        with contextlib.suppress(psycopg.Error):
            dirty.execute(DIRT[dirt].format(acme=cast.acme))

    with pool.connection() as clean:
        assert clean.execute("SELECT count(*) FROM tenants_tenant").fetchone() == (0,)
        assert clean.execute("SELECT count(*) FROM pg_cursors WHERE is_holdable").fetchone() == (0,)
        assert clean.info.backend_pid == pid


def test_a_pooled_connection_that_died_meanwhile_is_replaced(pool: ConnectionPool) -> None:
    with pool.connection() as first:
        pid = first.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with pool.connection() as second:
        assert second.execute("SELECT pg_backend_pid() <> %s", [pid]).fetchone() == (True,)
