"""Moves the lips of who is seen speaking to the dub."""
