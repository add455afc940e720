"""Uploads: bytes go straight into the store, are hashed on the way, and probed where they lie."""
