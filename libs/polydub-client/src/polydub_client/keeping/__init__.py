"""What is kept on this machine between runs: sessions, and uploads that wait to go on."""
