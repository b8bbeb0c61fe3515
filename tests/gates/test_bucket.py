"""Files in a bucket instead of a folder: what is kept, what is refused, and when it is away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from common import files
from common.errors import StorageAway
from common.tenancy.context import tenant
from gates import actions, queries
from gates.models import Evidence
from gates.rules.states import Code, State
from portfolio.models import Pilot
from tests.bucket_server import BucketServer, serving, signature
from tests.conftest import signed_in
from tests.gates.plant import made, pilot, plant
from tests.gates.test_files import PDF, send, submitted_on_a_file
from tests.gates.test_pages import HOME, words
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures


def keep_there(settings: Any, server: BucketServer, **instead: str) -> None:
    options = {**server.options, **instead}
    storage = {"BACKEND": "common.bucket.Bucket", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": storage}


@pytest.fixture
def bucket(settings: Any) -> Iterator[BucketServer]:
    """A bucket that the product keeps its files in."""
    with serving() as server:
        keep_there(settings, server)
        yield server


def test_a_file_is_brought_into_the_bucket_and_saved_from_it_by_pages(
    plant: Plant, pilot: Pilot, bucket: BucketServer
) -> None:
    done = send(plant, "retraining.pdf", PDF)

    assert done.status_code == 302, words(done)
    with tenant(plant.cast.acme):
        found = Evidence.objects.get(kind="file")
    [(key, (content, _))] = bucket.held.items()
    assert key == found.file_key
    assert key.startswith(f"tenant-{plant.cast.acme}/")
    assert content == PDF
    answer = signed_in(plant.cast.reviewer).get(f"{HOME}ownership/evidence/{found.pk}/")
    assert answer.content == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="retraining.pdf"'
    assert bucket.refused == []


def passed_on_a_file(plant: Plant, pilot: Pilot) -> Evidence:
    found = submitted_on_a_file(plant, pilot)
    actions.pass_gate(
        pilot=pilot, code=Code.OWNERSHIP, step=2, by=plant.cast.reviewer, now=plant.now
    )
    assert actions.check_files(pilot=pilot, now=plant.now) == []
    return found


def test_what_the_bucket_lost_opens_the_gate(
    plant: Plant, pilot: Pilot, acme: int, bucket: BucketServer
) -> None:
    found = passed_on_a_file(plant, pilot)
    del bucket.held[found.file_key]

    [step] = actions.check_files(pilot=pilot, now=plant.now)

    assert "retraining.pdf" in step.reason
    assert queries.get_seen(pilot, Code.OWNERSHIP, now=plant.now).state is State.REOPENED


def test_the_sweep_reads_every_page_of_a_listing_and_leaves_other_companies_alone(
    cast: Any, bucket: BucketServer
) -> None:
    with tenant(cast.borealis):
        other = files.keep(PDF)
    with tenant(cast.acme):
        kept, *left = [files.keep(PDF) for _ in range(5)]
        bucket.page = 2

        files.drop_others({kept}, older_than=datetime.now(UTC) - timedelta(minutes=1))
        assert len(bucket.held) == 6
        files.drop_others({kept}, older_than=datetime.now(UTC) + timedelta(minutes=1))

    assert sorted(bucket.held) == sorted([kept, other])
    assert len(left) == 4


def away(server: BucketServer, settings: Any, how: str) -> None:
    """Let the bucket be out of reach in one of the ways it can be."""
    if how == "slow":
        server.slow = True
    elif how == "gone":
        keep_there(settings, server, endpoint="http://127.0.0.1:9")
    else:
        keep_there(settings, server, **{how: "another"})


@pytest.mark.parametrize("how", ["slow", "gone", "secret", "key_id", "bucket", "region"])
def test_a_bucket_that_is_away_loses_nothing_and_opens_no_gate(
    plant: Plant, pilot: Pilot, bucket: BucketServer, settings: Any, how: str
) -> None:
    with tenant(plant.cast.acme):
        found = passed_on_a_file(plant, pilot)
        away(bucket, settings, how)
        with pytest.raises(StorageAway):
            actions.check_files(pilot=pilot, now=plant.now)
        assert queries.get_seen(pilot, Code.OWNERSHIP, now=plant.now).state is State.PASSED

    client = signed_in(plant.cast.lead)
    client.raise_request_exception = False
    page = client.get(f"{HOME}ownership/evidence/{found.pk}/")
    assert page.status_code == 503
    assert "The storage of files cannot be reached" in words(page)
    answer = send(plant, "drill.pdf", PDF)
    assert answer.status_code == 422
    assert "its storage is full or away" in words(answer)
    with tenant(plant.cast.acme):
        assert [one.pk for one in Evidence.objects.filter(kind="file")] == [found.pk]


def test_what_arrives_changed_is_refused_by_the_bucket(bucket: BucketServer) -> None:
    forged = Request(
        f"http://127.0.0.1:{bucket.port}/w12-files/tenant-1/x", data=b"other", method="PUT"
    )
    with pytest.raises(HTTPError) as refused:
        urlopen(forged)

    assert refused.value.code == 403
    assert bucket.refused == ["AccessDenied"]
    assert bucket.held == {}
    refused.value.close()


def test_a_signature_is_the_one_of_the_published_example() -> None:
    # "Example: GET Object" of the documentation of Signature Version 4 in the Amazon S3 API Reference.
    empty = sha256(b"").hexdigest()
    canonical = (
        "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
        f"x-amz-content-sha256:{empty}\nx-amz-date:20130524T000000Z\n\n"
        f"host;range;x-amz-content-sha256;x-amz-date\n{empty}"
    )
    scope = ["20130524", "us-east-1", "s3", "aws4_request"]

    found = signature(
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope, "20130524T000000Z", canonical
    )

    assert found == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
