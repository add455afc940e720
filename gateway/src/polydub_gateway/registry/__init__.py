"""Who speaks in an organisation's videos again and again: name, and voice in each language."""
