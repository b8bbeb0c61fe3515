"""How often the verdict is wrong and right: made series, their words, the table of both.

One thread a process, as the settings have it; it must be said before numpy is loaded.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
