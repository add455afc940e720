"""What :class:`polydub_client.AsyncPolydub` can do, by topic; the twins of ``topics``."""
