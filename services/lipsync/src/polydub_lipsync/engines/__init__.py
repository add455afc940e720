"""Who moves the lips."""
