"""What people correct in a dub, and how it is made again from that."""
