"""What all tests have in common."""

from __future__ import annotations

from hypothesis import settings

# On a loaded machine an example may take long for no fault of its own.
settings.register_profile("polydub", deadline=None)
settings.load_profile("polydub")
