"""The files that people download."""
