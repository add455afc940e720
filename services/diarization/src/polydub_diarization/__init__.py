"""Finds who speaks when, and cuts the talk into parts."""
