"""What the gates of Fictional Coatings Co (demo) tell, pilot by pilot."""

from .coatings_past import AUTO_RELEASE, BLOCK_RELEASE, CALL_OFF, EXPEDITE, LATE_DELIVERY
from .coatings_running import CAPTURE, INSPECTION, PEAK, POSTING, POWER_FACTOR

GATES = (
    LATE_DELIVERY,
    EXPEDITE,
    CALL_OFF,
    AUTO_RELEASE,
    BLOCK_RELEASE,
    CAPTURE,
    INSPECTION,
    POWER_FACTOR,
    PEAK,
    POSTING,
)
