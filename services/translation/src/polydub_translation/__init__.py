"""Says each line in another language."""
