"""Files that people brought: below a folder of their tenant, outside of what the web serves.

Where they lie is said by STORAGES["default"]. The key of a file is made here and holds nothing that
a person typed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from common.errors import StorageAway
from common.tenancy.context import require_tenant_id


def keep(content: bytes) -> str:
    """Keep a file of the open tenant; return its key."""
    return str(default_storage.save(f"{_folder()}/{uuid4().hex}", ContentFile(content)))


def read(key: str) -> bytes | None:
    """Return a file of the open tenant; None when it is gone from the storage.

    Raises StorageAway, and ValueError for a key of another tenant.
    """
    try:
        with default_storage.open(_own(key), "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise StorageAway(str(problem)) from problem


def drop(key: str) -> None:
    """Delete a file of the open tenant; one that is gone already is no fault."""
    default_storage.delete(_own(key))


def drop_all() -> None:
    """Delete every file of the open tenant."""
    folder = _folder()
    for name in _names(folder):
        default_storage.delete(f"{folder}/{name}")


def drop_others(keys: Collection[str], *, older_than: datetime) -> None:
    """Delete the files of the open tenant that are none of these and older than a moment."""
    folder = _folder()
    for name in _names(folder):
        key = f"{folder}/{name}"
        if key not in keys and default_storage.get_modified_time(key) < older_than:
            default_storage.delete(key)


def _names(folder: str) -> list[str]:
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return list(names)


def _folder() -> str:
    return f"tenant-{require_tenant_id()}"


def _own(key: str) -> str:
    folder, _, name = key.partition("/")
    if folder != _folder() or not name.isalnum():
        raise ValueError("the file is of another tenant")
    return key
