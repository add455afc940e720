"""Fetches, checks and removes the model weights that the neural engines read."""
