"""What the fields of the demo mean, where its data sets mean something else, and which pilots need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FieldPlan:
    """A field. needs: what each pilot needs it for, by code.

    dataset: which means something else by it, empty for none. meant, factor, cannot, said_by: of that;
    without a factor it is a conflict. settled: why it may stand, empty while nobody settled it.
    """

    name: str
    meaning: str
    unit: str = ""
    needs: Mapping[str, str]
    dataset: str = ""
    meant: str = ""
    factor: str = ""
    cannot: str = ""
    said_by: str = ""
    settled: str = ""


DELIVERED = FieldPlan(
    name="Delivered on",
    meaning="The day on which the goods reach the customer's site.",
    needs={
        "P-01": "Whether a line came by its scheduled date",
        "P-02": "In which week a line's freight and value count",
        "P-10": "From when on a receipt waits to be recorded",
    },
    dataset="scms-deliveries",
    meant="The day that the delivery history calls delivered, whoever wrote it down.",
    cannot="Some lines were recorded before they were delivered; by how much, the history does not say.",
    said_by="Notes of the public data set",
    settled="There is no other record of it, and the fault stands on the list of sources.",
)
ORDERED = FieldPlan(
    name="Ordered on",
    meaning="The day on which an order item is first created in the ERP.",
    needs={
        "P-03": "From when on a call-off waits for its receipt",
        "P-04": "Whether a requisition became an order on its day",
    },
)
BOOKED = FieldPlan(
    name="Booked on",
    meaning="The day on which an invoice is first booked, blocked or not.",
    needs={
        "P-05": "From when on a payment block stands",
        "P-06": "Until when an invoice waits",
    },
)
FAILED = FieldPlan(
    name="Failed piece",
    meaning="A piece that fails the in-house line test, whatever is done with it then.",
    needs={"P-07": "What the inspection is to find"},
)
POWER_FACTOR = FieldPlan(
    name="Power factor",
    meaning="Real power over apparent power of a quarter hour, from 0 to 1.",
    unit="share",
    needs={"P-08": "Which quarter hours count as low"},
    dataset="steel-energy",
    meant="The same in percent, from 0 to 100.",
    factor="0.01",
    said_by="Notes of the public data set",
)
PEAK_HOUR = FieldPlan(
    name="Peak hour",
    meaning="A quarter hour that the supplier charges at its peak tariff.",
    needs={"P-09": "Which load is worth moving"},
    dataset="steel-energy",
    meant="A quarter hour in the band that the data set calls maximum load, by its own seasons.",
    cannot="The hours of that band change with the season of the data set, and nothing in it tells the"
    " supplier's tariff.",
    said_by="Notes of the public data set",
)
TEAM_DAY = FieldPlan(
    name="Team and day",
    meaning="One team on one calendar day, whichever shift it works.",
    needs={
        "P-01": "What has a target of its own",
        "P-02": "Whose overtime counts together",
    },
)
COATINGS_FIELDS = (DELIVERED, ORDERED, BOOKED, FAILED, POWER_FACTOR, PEAK_HOUR)
APPAREL_FIELDS = (TEAM_DAY,)
