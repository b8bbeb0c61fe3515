"""The gates of one pilot over the API: criteria, evidence and steps, to read."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
import time_machine

from common import api_docs, files
from common.tenancy.context import tenant
from gates import actions
from gates.api import GateAnswer, PilotGatesAnswer
from gates.models import Evidence, GateDecision
from gates.rules.first import FIRST
from gates.rules.states import Code
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot, PilotParty
from tenants.rules import Scope
from tests.api import Api
from tests.gates.plant import bring_one, made, name, passed, pilot, plant, submitted
from tests.plant import Plant
from tests.queries import check_count, counted
from tests.tenants.test_url_matrix import token

__all__ = ["made", "pilot", "plant"]  # fixtures

SIX = "pilots/P-01/gates/"
DATA = f"{SIX}data/"


def six(plant: Plant) -> dict[str, Any]:
    """Return the gates of the pilot by their words, as its schema says they come."""
    answer = Api(plant.cast.api_reader).get(SIX)
    msgspec.json.decode(answer.content, type=PilotGatesAnswer)
    assert (answer.json()["tenant"], answer.json()["pilot"]) == ("acme", "P-01")
    return {one["gate"]: one for one in answer.json()["gates"]}


def one(plant: Plant, code: Code = Code.DATA) -> Any:
    answer = Api(plant.cast.api_reader).get(f"{SIX}{code}/")
    msgspec.json.decode(answer.content, type=GateAnswer)
    return answer.json()


def test_gates_that_nothing_was_done_with_say_what_they_ask(plant: Plant, pilot: Pilot) -> None:
    found = six(plant)

    assert list(found) == [code.value for code in Code]
    for code, gate in found.items():
        assert (gate["state"], gate["decider"], gate["due_date"]) == ("not_started", None, None)
        assert (gate["until"], gate["reason"], gate["lets_through"]) == (None, "", False)
        assert [row["code"] for row in gate["criteria"]] == [row.code for row in FIRST[Code(code)]]
    asked = {row["code"]: row for row in found["accuracy"]["criteria"]}["costly_missed"]
    assert (asked["check"], asked["side"], asked["met"]) == ("number", "le", False)
    assert (asked["evidence"], asked["words"]) == (0, "No evidence yet.")


def test_a_gate_tells_its_decider_its_day_and_what_meets_each_criterion(
    plant: Plant, pilot: Pilot
) -> None:
    due = plant.today + timedelta(days=9)
    with tenant(plant.cast.acme):
        name(plant, pilot, due_date=due)
        bring_one(plant, pilot, Code.DATA, "production_data", title="Older")
        made = bring_one(plant, pilot, Code.DATA, "production_data", captured_on=plant.today)

    gate = six(plant)["data"]

    assert (gate["state"], gate["decider"]) == ("in_progress", "Reviewer")
    assert gate["due_date"] == due.isoformat()
    criteria = {row["code"]: row for row in gate["criteria"]}
    by_evidence, by_fact = criteria["production_data"], criteria["snapshots"]
    assert (by_evidence["check"], by_evidence["met"], by_evidence["evidence"]) == (
        "evidence",
        True,
        2,
    )
    assert by_evidence["words"] == "About production_data"
    assert by_evidence["until"] == made.expires_on.isoformat()
    assert (by_fact["check"], by_fact["met"], by_fact["evidence"]) == ("fact", True, 0)


def test_a_gate_gives_the_reason_of_its_last_step_and_the_day_it_holds_until(
    plant: Plant, pilot: Pilot
) -> None:
    cast, until = plant.cast, plant.today + timedelta(days=30)
    with tenant(cast.acme):
        submitted(plant, pilot)
        actions.send_back(
            pilot=pilot, code=Code.DATA, step=2, reason="Too old.", by=cast.reviewer, now=plant.now
        )
        actions.waive_gate(
            pilot=pilot,
            code=Code.COST,
            step=1,
            reason="Priced in May.",
            until=until,
            by=cast.coo,
            now=plant.now,
        )

    found = six(plant)

    assert (found["data"]["state"], found["data"]["reason"]) == ("changes_requested", "Too old.")
    assert (found["cost"]["state"], found["cost"]["reason"]) == ("waived", "Priced in May.")
    assert (found["cost"]["until"], found["cost"]["lets_through"]) == (until.isoformat(), True)


def test_a_gate_comes_with_its_evidence_newest_first_and_what_was_taken_back(
    plant: Plant, pilot: Pilot
) -> None:
    cast, day = plant.cast, plant.today
    with tenant(cast.acme):
        link = {"kind": "link", "text": "", "url": "https://docs.plant.example/faults"}
        old = bring_one(plant, pilot, Code.DATA, "production_data", title="Old")
        new = bring_one(plant, pilot, Code.DATA, "production_data", captured_on=day, **link)
        actions.withdraw_evidence(
            pilot=pilot, code=Code.DATA, key=old.pk, reason="Wrong.", by=cast.lead, now=plant.now
        )

    found = one(plant)

    first, last = found["evidence"]
    assert (first["id"], first["kind"], first["url"]) == (str(new.pk), "link", link["url"])
    assert (first["criterion"], first["by"], first["withdrawn"]) == (
        "production_data",
        "Lead",
        None,
    )
    assert (last["id"], last["title"], last["text"]) == (str(old.pk), "Old", "It is written down.")
    assert (last["withdrawn"]["by"], last["withdrawn"]["reason"]) == ("Lead", "Wrong.")
    assert found["gate"] == six(plant)["data"]
    assert found["gate"]["criteria"][0]["evidence"] == 1


def test_a_number_comes_with_its_value_and_a_file_with_its_digest(
    plant: Plant, pilot: Pilot
) -> None:
    sent = actions.Sent("faults.csv", b"source,fault\nERP,dates are of entry\n")
    with tenant(plant.cast.acme):
        bring_one(plant, pilot, Code.ACCURACY, "costly_missed")
        kept = bring_one(plant, pilot, Code.DATA, "production_data", kind="file", file=sent)
        files.drop_all()

    (number,), (file,) = one(plant, Code.ACCURACY)["evidence"], one(plant)["evidence"]

    assert (number["kind"], number["value"], number["file"]) == ("number", 0, None)
    assert file["file"] == {
        "name": "faults.csv",
        "type": "text/csv; charset=utf-8",
        "size": len(sent.content),
        "sha256": kept.file_digest,
    }


def test_every_step_is_told_newest_first_with_how_each_criterion_stood(
    plant: Plant, pilot: Pilot
) -> None:
    cast = plant.cast
    with tenant(cast.acme):
        until = passed(plant, pilot).until
        held = Evidence.objects.get(gate__code=Code.DATA)
        actions.withdraw_evidence(
            pilot=pilot, code=Code.DATA, key=held.pk, reason="Lost.", by=cast.lead, now=plant.now
        )

    found = one(plant)

    opened, decided, asked = found["steps"]
    assert (asked["number"], asked["verb"], asked["by"]) == (1, "submit", "Lead")
    assert (decided["verb"], decided["state"], decided["by"]) == ("pass", "passed", "Reviewer")
    assert decided["until"] == until.isoformat()
    assert (opened["verb"], opened["by"]) == ("reopen", None)
    assert opened["reason"] == "About production_data was withdrawn: Lost."
    then, now = decided["criteria"][0], opened["criteria"][0]
    assert (then["met"], then["refers"]) == (True, str(held.pk))
    assert (now["met"], now["words"]) == (False, "No evidence yet.")
    assert (found["gate"]["state"], found["gate"]["reason"]) == ("reopened", opened["reason"])


def test_a_pass_that_holds_no_more_says_so_before_it_is_reopened(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot, Code.OWNERSHIP)
        PilotParty.objects.filter(pilot=pilot, part=Part.DEPUTY_OPERATOR).update(ended_at=plant.now)

    gate = six(plant)["ownership"]

    assert (gate["state"], gate["lets_through"]) == ("passed", False)
    assert "deputy" in gate["lapsed"]


def test_a_waiver_whose_last_day_is_over_is_told_as_ended_on_its_list_too(
    plant: Plant, pilot: Pilot
) -> None:
    last = plant.now + timedelta(days=9)
    with tenant(plant.cast.acme):
        actions.waive_gate(
            pilot=pilot,
            code=Code.COST,
            step=1,
            reason="Priced in May.",
            until=plant.today + timedelta(days=9),
            by=plant.cast.coo,
            now=plant.now,
        )

    said = []
    for day in (last, last + timedelta(days=1)):
        with time_machine.travel(day, tick=False):
            [listed] = Api(plant.cast.api_reader).get("gates/").json()["pilots"]
            said.append((listed["gates"][4]["ended"], six(plant)["cost"]["ended"]))

    assert listed["gates"][4]["gate"] == "cost"
    assert listed["gates"][4]["state"] == "waived"
    assert said == [(False, False), (True, True)]


def test_the_gates_of_an_archived_pilot_are_read(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot)
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    assert six(plant)["data"]["state"] == "passed"
    assert len(one(plant)["steps"]) == 2


def test_another_companys_pilot_and_a_gate_that_is_none_are_as_one_that_nobody_has(
    plant: Plant, pilot: Pilot
) -> None:
    stranger, ours = Api(plant.cast.stranger_api), Api(plant.cast.api_reader)

    for path in ("", "data/"):
        told = stranger.get(f"{SIX}{path}")
        assert told.status_code == 404
        assert told.content == stranger.get(f"pilots/P-99/gates/{path}").content
    none = ours.get("pilots/P-99/gates/data/")
    for gate in ("speed", "DATA", "data-", "x" * 300):
        answer = ours.get(f"{SIX}{gate}/")
        assert (answer.status_code, answer.content) == (404, none.content)


@pytest.mark.parametrize("path", [SIX, DATA])
def test_a_token_without_the_scope_reads_no_gate(plant: Plant, path: str) -> None:
    other = Api("")
    other.headers = token(plant.cast, *(one for one in Scope if one is not Scope.PORTFOLIO_READ))

    answer = other.get(path)

    assert answer.status_code == 403
    assert answer.json()["detail"] == "This token lacks the scope portfolio:read."


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\x00", b'{"kind": "note", "criterion": "production_data"}', b"[" * 9_999],
)
def test_no_client_brings_evidence_or_takes_a_step(
    plant: Plant, pilot: Pilot, method: str, body: bytes
) -> None:
    client = Api(plant.cast.api)  # with every scope

    statuses = {client.call(method, path, body).status_code for path in (SIX, DATA)}

    assert statuses == {405}
    with tenant(plant.cast.acme):
        assert not Evidence.objects.exists()
        assert not GateDecision.objects.exists()


def test_gates_are_read_in_as_many_statements_whatever_was_done_with_them(
    plant: Plant, pilot: Pilot
) -> None:
    api = Api(plant.cast.api_reader)
    with tenant(plant.cast.acme):
        bring_one(plant, pilot, Code.DATA, "production_data")
    few = {path: counted(partial(api.get, path)) for path in (SIX, DATA)}
    with tenant(plant.cast.acme):
        for _ in range(9):
            bring_one(plant, pilot, Code.DATA, "production_data")
        for code in Code:
            passed(plant, pilot, code)

    for path, (_, statements) in few.items():
        answer, more = counted(partial(api.get, path))
        assert answer.status_code == 200
        assert len(more) == len(statements)
        check_count(f"api, {path.replace('P-01', '<code>').replace('data', '<gate>')}", more)
        again = api.get(path, If_None_Match=answer["ETag"])
        assert (again.status_code, again.content) == (304, b"")


def test_the_schema_tells_of_gates_and_what_they_hold() -> None:
    schema = api_docs.load_schema()
    paths, shapes = schema["paths"], schema["components"]["schemas"]

    for path in ("pilots/{code}/gates/", "pilots/{code}/gates/{gate}/", "feeds/"):
        assert set(paths[f"/api/v1/{path}"]) == {"get"}
    assert {"decider", "due_date", "until", "reason", "criteria"} <= set(
        shapes["GateDetail"]["properties"]
    )
    assert {"withdrawn", "file", "value"} <= set(shapes["GateEvidenceShape"]["properties"])
