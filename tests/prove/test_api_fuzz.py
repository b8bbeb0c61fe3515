"""The long fuzz of the API against its own schema; a short one is in tests/flows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import fuzz
from tests.live import Live

schema = fuzz.load(thorough=True)


@pytest.fixture(scope="module")
def live(django_db_setup: None, django_db_blocker: Any) -> Iterator[Live]:
    with fuzz.running(django_db_blocker) as found:
        yield found


@pytest.mark.slow
@schema.parametrize()  # type: ignore[untyped-decorator]  # untyped there
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_api_or_its_schema(case: Any, live: Live) -> None:
    fuzz.check(case, live)
