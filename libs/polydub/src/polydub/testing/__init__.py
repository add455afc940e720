"""What the tests of several components share. Fakes here implement the real interfaces."""

from polydub.testing.context import MemoryLedger, stage_context
from polydub.testing.polling import poll_until

__all__ = ["MemoryLedger", "poll_until", "stage_context"]
