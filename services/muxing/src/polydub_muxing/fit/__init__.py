"""Where lines stand: the pure plan."""
