"""The API's calls as values: how each is asked and how its answer is read. No I/O."""

from polydub_client.calls.call import Call

__all__ = ["Call"]
