"""The ``polydub`` commands, by topic."""
