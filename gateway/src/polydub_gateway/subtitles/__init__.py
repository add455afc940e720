"""Subtitles that people bring: read, checked, and kept for the stages."""
