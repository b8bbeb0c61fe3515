"""Files as evidence: what is taken, where it lies, and what happens when it is gone from there."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from common import files
from common.errors import Refused
from common.tenancy.context import tenant
from common.writing import constraint_of
from gates import actions, queries
from gates.models import Evidence
from gates.rules.files import MAX_BYTES, file_refusal, plain_name
from gates.rules.first import FIRST
from gates.rules.states import Code, State
from portfolio.models import Pilot
from tests.conftest import signed_in
from tests.gates.plant import (
    all_passed,
    bring,
    bring_one,
    made,
    name,
    passed,
    pilot,
    plant,
    submitted,
)
from tests.gates.test_pages import HOME, words
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

PDF = b"%PDF-1.7\n% the trigger of line 4\n"


@pytest.fixture(autouse=True)
def nothing_stays(plant: Plant) -> Any:
    yield
    with tenant(plant.cast.acme):
        files.drop_all()


def office(*parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as document:
        for part in parts:
            document.writestr(part, "x")
    return content.getvalue()


WORKBOOK = ("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("drill.pdf", PDF),
        ("DRILL.PDF", PDF),
        ("line.png", b"\x89PNG\r\n\x1a\n\x00"),
        ("line.jpeg", b"\xff\xd8\xff\xe0"),
        ("errors.xlsx", office(*WORKBOOK)),
        ("procedure.docx", office("[Content_Types].xml", "word/document.xml")),
        ("training.pptx", office("[Content_Types].xml", "ppt/presentation.xml")),
        ("errors.csv", "class;count\nÜbersehen;3\n".encode()),
        ("notes.txt", b"\xef\xbb\xbfseen"),
    ],
)
def test_files_of_the_plant_are_taken(file: str, content: bytes) -> None:
    assert file_refusal(name=file, content=content) == ""


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("tool.exe", b"MZ", "Files of this kind are not taken"),
        ("drill.pdf.exe", PDF, "Files of this kind are not taken"),
        ("page.html", b"<html>", "Files of this kind are not taken"),
        ("drill", PDF, "Files of this kind are not taken"),
        ("drill.pdf", b"", "is empty"),
        ("drill.pdf", b"MZ\x90", "its content is none"),
        ("drill.pdf", b"<script>alert(1)</script>", "its content is none"),
        ("line.png", PDF, "its content is none"),
        ("errors.xlsx", PDF, "its content is none"),
        ("errors.xlsx", office("word/document.xml", "[Content_Types].xml"), "its content is none"),
        ("errors.xlsx", office(*WORKBOOK, "xl/vbaProject.bin"), "macros"),
        ("errors.xlsx", office(*WORKBOOK)[:-30], "its content is none"),
        ("errors.csv", b"\x7fELF\x00\x01", "no text in UTF-8"),
        ("errors.csv", "Übersehen".encode("latin-1"), "no text in UTF-8"),
        ("drill.pdf", PDF + b"0" * MAX_BYTES, "larger than 10 MB"),
    ],
)
def test_what_is_no_such_file_is_refused_in_words(file: str, content: bytes, why: str) -> None:
    assert why in file_refusal(name=file, content=content)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\plant\\drill.pdf", "drill.pdf"),
        ("drill\x00\r\n.pdf", "drill.pdf"),
        ("drill\u202efdp.exe", "drillfdp.exe"),
        (" .. ", ""),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
    ],
)
def test_a_name_is_its_last_part_as_people_see_it(sent: str, shown: str) -> None:
    assert plain_name(sent) == shown


def test_a_document_that_would_unpack_to_gigabytes_is_never_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as document:
        document.writestr("[Content_Types].xml", "x")
        document.writestr("xl/workbook.xml", b"\x00" * 200_000_000)

    assert len(bomb.getvalue()) < MAX_BYTES
    assert file_refusal(name="errors.xlsx", content=bomb.getvalue()) == ""


def send(plant: Plant, file: str, content: bytes, **answer: Any) -> Any:
    given = {
        "kind": "file",
        "title": "Retraining",
        "captured_on": plant.today.isoformat(),
        "file": SimpleUploadedFile(file, content),
        **answer,
    }
    return signed_in(plant.cast.lead).post(f"{HOME}ownership/criteria/retraining/", given)


def lying_there(plant: Plant) -> list[Path]:
    folder = Path(os.environ["FILES_ROOT"]) / f"tenant-{plant.cast.acme}"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_file_is_brought_and_saved_by_pages(plant: Plant, pilot: Pilot) -> None:
    done = send(plant, "../retraining.pdf", PDF)

    assert done.status_code == 302, words(done)
    with tenant(plant.cast.acme):
        found = Evidence.objects.get(kind="file")
    page = signed_in(plant.cast.reviewer).get(f"{HOME}ownership/")
    assert f"{HOME}ownership/evidence/{found.pk}/" in page.content.decode()
    answer = signed_in(plant.cast.reviewer).get(f"{HOME}ownership/evidence/{found.pk}/")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="retraining.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert [path.read_bytes() for path in lying_there(plant)] == [PDF]
    assert "retraining" not in lying_there(plant)[0].name
    assert oct(lying_there(plant)[0].stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("tool.exe", b"MZ", "Files of this kind are not taken"),
        ("drill.pdf", b"", "is empty"),
        ("drill.pdf", b"MZ", "its content is none"),
        ("drill.pdf", PDF + b"0" * MAX_BYTES, "larger than 10 MB"),
    ],
)
def test_a_refused_file_leaves_nothing_and_keeps_what_was_typed(
    plant: Plant, pilot: Pilot, file: str, content: bytes, why: str
) -> None:
    answer = send(plant, file, content)

    assert answer.status_code == 422
    assert why in words(answer)
    assert 'value="Retraining"' in answer.content.decode()
    with tenant(plant.cast.acme):
        assert not Evidence.objects.filter(kind="file").exists()
    assert lying_there(plant) == []


def test_a_storage_that_takes_nothing_is_said_at_the_file(
    plant: Plant, pilot: Pilot, settings: Any, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    full.write_text("a file where the folder should be")
    backend = settings.STORAGES["default"]["BACKEND"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": backend, "OPTIONS": {"location": full}},
    }

    answer = send(plant, "drill.pdf", PDF)

    assert answer.status_code == 422
    assert "its storage is full or away" in words(answer)


def test_a_file_is_asked_for_where_none_is_chosen(plant: Plant, pilot: Pilot) -> None:
    answer = signed_in(plant.cast.lead).post(
        f"{HOME}ownership/criteria/retraining/",
        {"kind": "file", "title": "Rule", "captured_on": plant.today.isoformat()},
    )

    assert answer.status_code == 422
    assert "Choose the file." in words(answer)


def test_a_file_whose_evidence_is_refused_does_not_stay(
    plant: Plant, pilot: Pilot, acme: int
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        brought(plant, pilot, title=" ")

    assert lying_there(plant) == []


def brought(plant: Plant, pilot: Pilot, **values: Any) -> Evidence:
    """Bring the retraining trigger as a file."""
    given = {"kind": "file", "file": actions.Sent("retraining.pdf", PDF), "text": "", **values}
    found: Evidence = bring_one(plant, pilot, Code.OWNERSHIP, "retraining", **given)
    return found


def submitted_on_a_file(plant: Plant, pilot: Pilot) -> Evidence:
    """Submit the gate of ownership, its trigger as a file."""
    name(plant, pilot, Code.OWNERSHIP)
    bring(plant, pilot, Code.OWNERSHIP)
    for one in Evidence.objects.filter(gate__code="ownership", criterion__code="retraining"):
        actions.withdraw_evidence(
            pilot=pilot,
            code=Code.OWNERSHIP,
            key=one.pk,
            reason="R",
            by=plant.cast.lead,
            now=plant.now,
        )
    found = brought(plant, pilot)
    actions.submit_gate(pilot=pilot, code=Code.OWNERSHIP, step=1, by=plant.cast.lead, now=plant.now)
    return found


def change(evidence: Evidence) -> None:
    """Put another file where the storage keeps this one."""
    (Path(os.environ["FILES_ROOT"]) / evidence.file_key).write_bytes(b"%PDF-1.7\nother")


@pytest.mark.parametrize("harm", [lambda one: files.drop(one.file_key), change])
def test_what_the_storage_lost_is_not_handed_out_and_passes_nothing(
    plant: Plant, pilot: Pilot, acme: int, harm: Any
) -> None:
    found = submitted_on_a_file(plant, pilot)
    harm(found)

    with pytest.raises(Refused, match=r"Gone from the storage, or changed there: retraining\.pdf"):
        actions.pass_gate(
            pilot=pilot, code=Code.OWNERSHIP, step=2, by=plant.cast.reviewer, now=plant.now
        )

    assert queries.get_seen(pilot, Code.OWNERSHIP, now=plant.now).state is State.SUBMITTED


def test_what_the_storage_lost_has_a_page_that_says_so(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        found = brought(plant, pilot)
        files.drop(found.file_key)

    answer = signed_in(plant.cast.lead).get(f"{HOME}ownership/evidence/{found.pk}/")

    assert answer.status_code == 410
    assert "retraining.pdf is gone from the storage" in words(answer)


def test_a_gate_is_not_submitted_on_a_file_that_is_gone(
    plant: Plant, pilot: Pilot, acme: int
) -> None:
    found = submitted_on_a_file(plant, pilot)
    actions.send_back(
        pilot=pilot,
        code=Code.OWNERSHIP,
        step=2,
        reason="R",
        by=plant.cast.reviewer,
        now=plant.now,
    )
    files.drop(found.file_key)

    with pytest.raises(Refused, match="Gone from the storage"):
        actions.submit_gate(
            pilot=pilot, code=Code.OWNERSHIP, step=3, by=plant.cast.lead, now=plant.now
        )


def test_a_gate_that_was_passed_on_a_file_opens_again_when_it_is_gone(
    plant: Plant, pilot: Pilot, acme: int
) -> None:
    found = submitted_on_a_file(plant, pilot)
    actions.pass_gate(
        pilot=pilot, code=Code.OWNERSHIP, step=2, by=plant.cast.reviewer, now=plant.now
    )
    assert actions.check_files(pilot=pilot, now=plant.now) == []
    files.drop(found.file_key)

    [step] = actions.check_files(pilot=pilot, now=plant.now)

    assert step.reason == "Gone from the storage, or changed there: retraining.pdf."
    assert queries.get_seen(pilot, Code.OWNERSHIP, now=plant.now).state is State.REOPENED
    assert actions.check_files(pilot=pilot, now=plant.now) == []


def test_no_pilot_enters_production_on_a_file_that_is_gone(
    plant: Plant, pilot: Pilot, acme: int
) -> None:
    found = submitted_on_a_file(plant, pilot)
    all_passed(plant, pilot, but=Code.OWNERSHIP)
    actions.pass_gate(
        pilot=pilot, code=Code.OWNERSHIP, step=2, by=plant.cast.reviewer, now=plant.now
    )
    files.drop(found.file_key)

    with pytest.raises(Refused, match="Ownership") as refused:
        actions.enter_production(pilot=pilot, by=plant.cast.lead, now=plant.now)

    [one] = refused.value.blockers
    assert one.words == "Ownership: Gone from the storage, or changed there: retraining.pdf."
    assert queries.find_production(pilot) is None


def test_a_gate_that_opened_again_for_a_file_that_is_gone_says_so_until_it_is_brought_again(
    plant: Plant, pilot: Pilot
) -> None:
    lead = signed_in(plant.cast.lead)
    with tenant(plant.cast.acme):
        found = submitted_on_a_file(plant, pilot)
        who = {"pilot": pilot, "code": Code.OWNERSHIP, "now": plant.now}
        actions.pass_gate(step=2, by=plant.cast.reviewer, **who)
        files.drop(found.file_key)
        actions.check_files(pilot=pilot, now=plant.now)
        actions.look_at(pilot=pilot, now=plant.now)
    gone = "retraining.pdf: gone from the storage, or changed there"

    gate, six, board = (words(lead.get(path)) for path in (f"{HOME}ownership/", HOME, "/t/acme/"))
    with tenant(plant.cast.acme):
        actions.withdraw_evidence(key=found.pk, reason="Gone", by=plant.cast.lead, **who)
        brought(plant, pilot)
        actions.look_at(pilot=pilot, now=plant.now)
    again, board_again = (words(lead.get(path)) for path in (f"{HOME}ownership/", "/t/acme/"))

    of = len(FIRST[Code.OWNERSHIP])
    assert f"{of - 1} of {of} met" in gate
    assert gone in gate
    assert "It can be submitted once the files that are gone were brought again." in gate
    assert f"Not met: “{gone}”." in six
    assert f"Not met: “{gone}”." in board
    assert "Every criterion is met." not in six + board
    assert "It can be submitted." in again
    assert "Every criterion is met." in board_again


def test_a_file_that_was_taken_back_is_missed_by_no_gate(
    plant: Plant, pilot: Pilot, acme: int
) -> None:
    found = brought(plant, pilot)
    actions.withdraw_evidence(
        pilot=pilot,
        code=Code.OWNERSHIP,
        key=found.pk,
        reason="R",
        by=plant.cast.lead,
        now=plant.now,
    )
    passed(plant, pilot, Code.OWNERSHIP)
    files.drop(found.file_key)

    assert actions.check_files(pilot=pilot, now=plant.now) == []


def test_a_file_that_no_evidence_has_is_deleted_once_a_request_cannot_be_writing_it(
    plant: Plant, pilot: Pilot, acme: int
) -> None:
    kept = brought(plant, pilot)
    left = files.keep(PDF)

    actions.sweep_files(now=plant.now - timedelta(days=30))
    assert files.read(left) == PDF
    actions.sweep_files(now=plant.now + timedelta(days=30))

    assert files.read(left) is None
    assert files.read(kept.file_key) == PDF


def test_no_file_of_another_company_can_be_read(plant: Plant, cast: Any) -> None:
    with tenant(cast.borealis):
        key = files.keep(PDF)
    with tenant(cast.acme), pytest.raises(ValueError, match="of another tenant"):
        files.read(key)
    with tenant(cast.borealis):
        files.drop_all()


def file_row(evidence: Evidence, **values: Any) -> None:
    columns = {
        field.attname: getattr(evidence, field.attname)
        for field in Evidence._meta.fields
        if field.attname not in {"id", "created_at"}
    }
    Evidence.objects.create(
        **{**columns, "file_key": f"tenant-{evidence.tenant_id}/other", **values}
    )


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_evidence_file_whole", {"file_key": ""}),
        ("gates_evidence_file_whole", {"file_key": "tenant-0/other"}),
        ("gates_evidence_file_whole", {"file_name": ""}),
        ("gates_evidence_file_whole", {"file_type": ""}),
        ("gates_evidence_file_whole", {"file_size": None}),
        ("gates_evidence_file_whole", {"file_size": 0}),
        ("gates_evidence_file_whole", {"file_digest": "0"}),
        ("gates_evidence_file_whole", {"kind": "note", "text": "T"}),
        ("gates_evidence_kind", {"url": "https://plant.example/"}),
    ],
)
def test_half_a_file_is_refused(
    plant: Plant, pilot: Pilot, acme: int, constraint: str, values: dict[str, Any]
) -> None:
    found = brought(plant, pilot)

    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        file_row(found, **values)

    assert constraint_of(violated.value) == constraint


def test_two_pieces_of_evidence_share_no_file(plant: Plant, pilot: Pilot, acme: int) -> None:
    found = brought(plant, pilot)

    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        file_row(found, file_key=found.file_key)

    assert constraint_of(violated.value) == "gates_evidence_file_once"
    assert submitted(plant, pilot, Code.DATA).facts  # the transaction is whole
