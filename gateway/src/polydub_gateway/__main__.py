"""``python -m polydub_gateway``; with a command, such as ``create-admin``, only that."""

import sys

from polydub_gateway.accounts.commands import run_command
from polydub_gateway.main import run

if __name__ == "__main__":
    if sys.argv[1:]:
        run_command(sys.argv[1:])
    else:
        run()
