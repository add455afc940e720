"""HTTP Live Streaming: the dub in segments, the first of them while the rest is still made."""
