"""What gates ask now, and every version of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..models import Criterion, Gate, Template
from ..rules.criteria import Asked
from ..rules.first import FIRST
from ..rules.states import KINDS, Code, GateKind
from ..rules.templates import OWN, is_own


@dataclass(frozen=True, slots=True)
class Asks:
    """What a gate asks from now on. versions: newest first; empty while nobody used the gate."""

    code: Code
    asked: tuple[Asked, ...]
    versions: tuple[Template, ...]

    @property
    def kind(self) -> GateKind:
        return KINDS[self.code]

    @property
    def number(self) -> int:
        """Return the number of the newest version: the first is what the product brings."""
        return self.versions[0].number if self.versions else 1

    @property
    def own(self) -> int:
        """Return how many criteria are the company's own."""
        return sum(is_own(one.code) for one in self.asked)


def list_asks(codes: Sequence[Code] = tuple(Code)) -> list[Asks]:
    """Return what gates ask now, in their order, in two queries; versions with who wrote them."""
    rows = Template.objects.filter(gate__in=codes).select_related("member__person")
    versions: dict[str, list[Template]] = {code.value: [] for code in codes}
    for row in rows.order_by("-number"):
        versions[row.gate].append(row)
    newest = {of[0].pk: gate for gate, of in versions.items() if of}
    asked: dict[str, list[Asked]] = {gate: [] for gate in newest.values()}
    criteria = Criterion.objects.filter(template_id__in=list(newest)).order_by("position", "id")
    for one in criteria:
        asked[newest[one.template_id]].append(one.asked)
    return [
        Asks(code, tuple(asked.get(code.value, FIRST[code])), tuple(versions[code.value]))
        for code in codes
    ]


def get_asks(code: Code) -> Asks:
    """Return what one gate asks now."""
    (found,) = list_asks([code])
    return found


def list_own_codes(code: Code) -> list[str]:
    """Return the codes of all criteria of the company's own that a gate asks or asked once."""
    rows = Criterion.objects.filter(template__gate=code, code__startswith=OWN)
    return list(rows.order_by("code").values_list("code", flat=True).distinct())


def count_older(asks: Asks) -> int:
    """Return how many gates of pilots in use keep asking an older version of it."""
    rows = Gate.objects.filter(code=asks.code, pilot__archived_at=None)
    return rows.filter(template__number__lt=asks.number).count()
