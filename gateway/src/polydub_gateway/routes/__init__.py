"""The HTTP routes. They translate; the work is done behind :class:`Gateway`."""
