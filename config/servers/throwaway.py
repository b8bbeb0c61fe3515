"""Run a command against servers that exist only for it: `python -m config.servers.throwaway -- CMD`."""

import os
import subprocess
import sys

from config.servers import CannotStart
from config.servers.embedded import throwaway


def main(arguments: list[str]) -> int:
    """Run the command with the servers' addresses in its environment; return its exit code."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print("usage: python -m config.servers.throwaway -- COMMAND ...", file=sys.stderr)
        return 2
    try:
        with throwaway() as addresses:
            return subprocess.run(
                command, env={**os.environ, **addresses.environ()}, check=False
            ).returncode
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
