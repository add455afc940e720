"""What :class:`polydub_client.Polydub` can do, by topic."""
