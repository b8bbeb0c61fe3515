"""Codes that are proposed of names."""

from __future__ import annotations

import pytest

from common import codes


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Gießerei Süd", "giesserei-sud"),
        ("Łódź", "lodz"),
        ("Ærø Smøreolie", "aero-smoreolie"),
        ("Þing Đakovo", "thing-dakovo"),
        ("Hors d'Œuvre", "hors-d-oeuvre"),
        ("工場", "site"),
    ],
)
def test_a_code_keeps_the_letters_that_a_name_has(name: str, code: str) -> None:
    assert codes.propose(name, [], longest=60, otherwise="site") == code
