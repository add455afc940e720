"""Speaks lines, each speaker in a voice of its own."""
