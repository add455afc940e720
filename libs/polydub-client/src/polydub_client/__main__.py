"""``python -m polydub_client`` is the ``polydub`` command."""

from polydub_client.cli import main

main()
