"""Files in a bucket that speaks the S3 protocol, at Amazon or anywhere else.

Source: Amazon S3 API Reference, version 2006-03-01. What goes wrong there is an OSError, as it is
with a folder; FileNotFoundError where a file is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

GONE = {"NoSuchKey", "404"}


@contextmanager
def _asked(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as problem:
        if problem.response.get("Error", {}).get("Code") in GONE:
            raise FileNotFoundError(name) from problem
        raise OSError(str(problem)) from problem
    except (BotoCoreError, Boto3Error) as problem:
        raise OSError(str(problem)) from problem


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages tells no types
    """One bucket. endpoint: its address; Amazon's own of the region where there is none.

    Without key_id and secret the machine's own rights are asked for (an instance's role).
    """

    def __init__(
        self, *, bucket: str, region: str, endpoint: str, key_id: str, secret: str
    ) -> None:
        super().__init__(
            bucket_name=bucket,
            region_name=region or None,
            endpoint_url=endpoint or None,
            access_key=key_id or None,
            secret_key=secret or None,
            client_config=Config(
                signature_version="s3v4",
                # A name of its own for each bucket is Amazon's; others know it by its path.
                s3={"addressing_style": "path" if endpoint else "virtual"},
                # Sums in trailers are younger than most servers; what is sent is signed with its own.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                connect_timeout=3,
                read_timeout=20,
                retries={"max_attempts": 2, "mode": "standard"},
            ),
        )

    def _open(self, name: str, mode: str = "rb") -> ContentFile[bytes]:
        """Return a file, read whole: none is larger than 10 MB, and this asks once."""
        with _asked(name):
            found = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=name)
            return ContentFile(found["Body"].read(), name=name)

    def _save(self, name: str, content: File[Any]) -> str:
        with _asked(name):
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        """Delete a file; one that is gone already is no fault."""
        with _asked(name):
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return folders and files below a path."""
        with _asked(path):
            folders, names = super().listdir(path)
        return folders, names

    def get_modified_time(self, name: str) -> datetime:
        """Return when a file was written."""
        with _asked(name):
            moment: datetime = super().get_modified_time(name)
        return moment
