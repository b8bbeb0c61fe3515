"""The whole product for the proofs: real processes and committed data, none of the test database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .product import Product


@pytest.fixture
def product() -> Iterator[Product]:
    """Start the whole product in a throwaway folder, as `make run` starts it."""
    running = Product()
    try:
        running.start()
        running.wait_until_serving(180)
        running.find_servers()
        yield running
    finally:
        running.stop()
