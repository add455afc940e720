"""The runtime library that every Polydub service stands on. Knows no stage's work."""
