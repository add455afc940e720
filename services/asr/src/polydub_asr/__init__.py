"""Writes down what is said, with word times."""
