"""What the gateway knows, as messages, and what messages ask for."""
