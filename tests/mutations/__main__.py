"""`python -m tests.mutations [NAME ...]`."""

import sys

from tests.mutations.run import main

sys.exit(min(main(sys.argv[1:]), 99))
