"""What the database says to who does not pay; see metrics/0010."""

from __future__ import annotations

from common.errors import Refused

TABLES = ("pilotmetric", "pilotoutcome", "acknowledgement", "commitmentdecision")
WHO_PAYS = {
    f"metrics_{table}_by_who_pays": Refused(
        "This is for an executive or the pilot's sponsor who never led it, and you are neither any"
        " more. Nothing was written.",
        code="not_who_pays",
    )
    for table in TABLES
}
