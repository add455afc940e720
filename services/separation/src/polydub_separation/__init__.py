"""Takes the sound out of the file and parts voice from background."""
