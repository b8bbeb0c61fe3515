"""Baselines, read-outs, verdicts and decisions as a client of the API reads them."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.core.management import call_command

from common.tenancy.context import tenant
from metrics.actions import acknowledgements, baselines, outcomes
from metrics.api.baselines import BaselineList
from metrics.api.outcomes import OutcomeList
from metrics.api.read_outs import ReadOutAnswer, ReadOutList
from metrics.api.verdicts import VerdictList
from metrics.models import PilotMetric, ReadOut
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.metrics.test_standing import IMPROVED, WORSE, add, deliver, lock, read_out, replace
from tests.plant import Plant
from tests.queries import check_count, counted

LISTS = {
    "baselines/": "baselines",
    "read-outs/": "read_outs",
    "verdicts/": "verdicts",
    "outcomes/": "outcomes",
}
SHAPES = {
    "baselines/": BaselineList,
    "read-outs/": ReadOutList,
    "verdicts/": VerdictList,
    "outcomes/": OutcomeList,
}


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> Plant:
    """Three pilots: one read out, its baseline replaced and corrected; a younger; one in week 2."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        old = add(plant, to=IMPROVED)
        read_out(plant)
        decide(plant, old.target_row.pilot, "extend", number=1, until_week=16)
        new = lock(plant, replace(plant, old))
        deliver(plant, new.target_row, 15, upto=12, numerator=WORSE, revision=2)
        read_out(plant)
        decide(plant, old.target_row.pilot, "stop", number=2)
        plant.whole("Idle robots", week=5, locked=True)
        young = PilotMetric.objects.get(pilot=plant.whole("Young", week=2))
        baselines.draft_baseline(
            row=young, by=shared.lead, now=plant.now, matters=0.02, season_swing=0.01
        )
        return plant


def decide(plant: Plant, pilot: Pilot, word: str, *, number: int, **more: Any) -> None:
    outcomes.decide_pilot(
        pilot=pilot,
        version=number,
        word=word,
        reason="The planners said so.",
        by=plant.cast.coo,
        now=plant.now,
        **more,
    )


@pytest.fixture
def plant(made: Plant, cast: Cast) -> Plant:
    return deepcopy(made)


@pytest.fixture
def api(plant: Plant) -> Api:
    return Api(plant.cast.api_reader)


def read(api: Api, path: str) -> Any:
    response = api.get(path)
    assert response.status_code == 200, response.content
    assert response.json()["tenant"] == "acme"
    return response.json()


def test_baselines_are_listed_with_what_was_agreed_and_what_became_of_them(api: Api) -> None:
    old, new, idle, draft = read(api, "baselines/")["baselines"]

    assert [one["state"] for one in (old, new, idle, draft)] == [
        *("superseded", "locked", "locked", "draft")
    ]
    assert (old["pilot"], old["number"], new["number"], idle["pilot"]) == ("P-01", 1, 2, "P-02")
    assert (old["level"], old["weeks_used"], old["side"], old["target"]) == ("B", 92, "gt", 0.94)
    assert (old["matters"], old["unit"], old["locked"]["by"]) == (0.02, "share", "Lead")
    assert old["superseded"]["by"] == "Admin"
    assert old["superseded"]["reason"] == "The scanner counted twice."
    assert new["superseded"] is None
    assert (draft["value"], draft["level"], draft["locked"]) == (None, None, None)
    assert (draft["season"]["swing"], draft["season"]["by"]) == (0.01, "Lead")


def test_a_baseline_is_read_with_the_weeks_it_was_made_of(api: Api) -> None:
    [draft] = read(api, "baselines/?state=draft")["baselines"]
    [listed] = read(api, "baselines/?state=superseded")["baselines"]

    found = read(api, f"baselines/{listed['id']}/")

    weeks = found["weeks"]
    assert found["baseline"] == listed
    assert (weeks[0]["week"], weeks[-1]["week"]) == (listed["first_week"], listed["last_week"])
    assert len(weeks) == listed["weeks_used"]
    pooled = sum(one["numerator"] for one in weeks) / sum(one["denominator"] for one in weeks)
    assert pooled == pytest.approx(listed["value"])
    assert read(api, f"baselines/{draft['id']}/")["weeks"] == []


def test_of_all_versions_over_all_baselines_one_stands_until_somebody_takes_note(
    api: Api, plant: Plant
) -> None:
    def told() -> list[tuple[Any, ...]]:
        rows = read(api, "read-outs/?pilot=P-01&week=12")["read_outs"]
        return [(one["baseline_number"], one["word"], one["waits"], one["stands"]) for one in rows]

    before = told()
    with tenant(plant.cast.acme):
        waiting = ReadOut.objects.get(waits=True)
        acknowledgements.acknowledge(
            read_out=waiting, by=plant.cast.coo, now=plant.now, reason="Seen."
        )
    [standing] = read(api, "read-outs/?stands=true")["read_outs"]
    [followed] = read(api, "read-outs/?stands=false")["read_outs"]
    after = told()
    with tenant(plant.cast.acme):
        deliver(plant, waiting.baseline.target_row, 15, upto=12, numerator=WORSE + 1, revision=3)
        read_out(plant)

    assert before == [(1, "improved", False, True), (2, "worse", True, False)]
    assert after == [(1, "improved", False, False), (2, "worse", False, True)]
    assert told() == [
        (1, "improved", False, False),
        (2, "worse", False, False),
        (2, "worse", False, True),
    ]
    assert (standing["id"], followed["word"]) == (str(waiting.pk), "improved")
    assert (standing["acknowledged"]["by"], standing["acknowledged"]["reason"]) == ("Coo", "Seen.")
    assert followed["acknowledged"] is None


def test_a_read_out_as_the_api_gives_it_is_computed_again_without_a_database(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [listed] = read(api, "read-outs/?stands=true")["read_outs"]
    answer = api.get(f"read-outs/{listed['id']}/")
    msgspec.json.decode(answer.content, type=ReadOutAnswer)
    file = tmp_path / "read-out.json"
    file.write_bytes(answer.content)

    call_command("replay", file)

    found, result = answer.json()["read_out"], answer.json()["result"]
    assert capsys.readouterr().out == f"The same: improved, digest {listed['digest']}.\n"
    assert found == listed
    assert (found["effect"], found["interval"]) == (result["effect"], result["interval"])
    assert found["before"] < found["after"]
    assert (found["level"], found["target"], found["guards_missed"]) == (
        "B",
        "on_target_not_sure",
        [],
    )


def test_a_verdict_is_what_the_board_says_with_the_read_out_that_stands(
    api: Api, plant: Plant
) -> None:
    lines = read(api, "verdicts/")["verdicts"]
    board = unescape(signed_in(plant.cast.reader).get("/t/acme/").content.decode())

    assert [(one["pilot"], one["week"], one["verdict"]) for one in lines] == [
        ("P-01", 15, "improved"),
        ("P-02", 5, "too_early"),
        ("P-03", 2, "no_baseline"),
    ]
    assert lines[0]["sentence"].startswith("Late orders on time rose by ")
    assert all(f'title="{one["sentence"]}"' in board for one in lines)
    standing = read(api, lines[0]["read_out"])["read_out"]
    assert (standing["stands"], standing["metric"]) == (True, lines[0]["metric"])
    assert [one["read_out"] for one in lines[1:]] == [None, None]
    assert read(api, "verdicts/?pilot=P-02")["verdicts"] == lines[1:2]


def test_an_archived_pilot_has_no_verdict_any_more_and_what_was_read_out_stays(
    api: Api, plant: Plant
) -> None:
    with tenant(plant.cast.acme):
        pilot = Pilot.objects.get(code="P-01")
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    assert [one["pilot"] for one in read(api, "verdicts/")["verdicts"]] == ["P-02", "P-03"]
    assert len(read(api, "read-outs/?pilot=P-01")["read_outs"]) == 2


def test_a_decision_is_listed_with_who_took_it_and_what_it_rests_on(api: Api) -> None:
    [standing] = read(api, "read-outs/?stands=true")["read_outs"]

    first, last = read(api, "outcomes/?pilot=P-01")["outcomes"]

    assert (first["word"], first["until_week"], first["number"]) == ("extend", 16, 1)
    assert (last["word"], last["until_week"], last["number"]) == ("stop", None, 2)
    assert (last["by"], last["reason"]) == ("Coo", "The planners said so.")
    [kept] = last["evidence"]
    assert kept == {name: standing[name] for name in kept}
    assert kept["id"] == standing["id"]
    assert read(api, "outcomes/?pilot=P-02")["outcomes"] == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("baselines/?state=open", "state"),
        ("baselines/?pilot=P%2001", "pilot"),
        ("read-outs/?week=13", "week"),
        ("read-outs/?week=twelve", "week"),
        ("baselines/?state=null", "state"),
        ("read-outs/?week=null", "week"),
        ("read-outs/?stands=perhaps", "stands"),
        ("read-outs/?metric=", "metric"),
        ("verdicts/?metric=x", "metric"),
        ("outcomes/?word=stop", "word"),
    ],
)
def test_a_filter_that_cannot_be_is_named(api: Api, path: str, field: str) -> None:
    response = api.get(path)

    assert (response.status_code, response.json()["code"]) == (400, "bad_query")
    assert [one["field"] for one in response.json()["errors"]] == [field]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_cut_into_pages_bound_to_their_filters_in_as_many_statements_at_any_size(
    api: Api, path: str
) -> None:
    whole, statements = counted(partial(api.get, path))
    rows = whole.json()[LISTS[path]]
    msgspec.json.decode(whole.content, type=SHAPES[path])  # what the schema says of it
    paged: list[Any] = []
    cursor = ""
    for _ in rows:
        page, of_a_page = counted(partial(api.get, f"{path}?limit=1{cursor}"))
        paged += page.json()[LISTS[path]]
        cursor = f"&cursor={page.json()['next_cursor']}"
        assert len(of_a_page) == len(statements)

    assert paged == rows
    assert len(rows) > 1
    assert page.json()["next_cursor"] is None
    check_count(f"api, {path}", statements)
    again = api.get(path, If_None_Match=whole["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    elsewhere = api.get(f"{path}?limit=1").json()["next_cursor"]
    assert api.get(f"{path}?pilot=P-01&cursor={elsewhere}").status_code == 400


def test_a_stranger_is_told_of_acmes_records_what_is_told_of_none(api: Api, plant: Plant) -> None:
    stranger, none = Api(plant.cast.stranger_api), str(uuid4())
    keys = {
        path: [one["id"] for one in read(api, path)[LISTS[path]]]
        for path in ("baselines/", "read-outs/")
    }
    [metric] = {one["metric"] for one in read(api, "read-outs/")["read_outs"]}

    for path, ours in keys.items():
        for key in ours:
            told, of_none = stranger.get(f"{path}{key}/"), stranger.get(f"{path}{none}/")
            assert told.status_code == 404
            assert told.content == of_none.content
    for path, name in LISTS.items():
        assert stranger.get(path).json()[name] == []
        told, of_none = (stranger.get(f"{path}?pilot={code}") for code in ("P-01", "P-99"))
        assert (told.status_code, told.json()["code"]) == (404, "unknown_pilot")
        assert told.content.replace(b"P-01", b"P-99") == of_none.content
    assert stranger.get(f"baselines/?metric={metric}").json()["code"] == "unknown_metric"
