"""Puts every line on its moment, mixes, and writes the files."""
