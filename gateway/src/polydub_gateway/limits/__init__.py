"""How much a caller may ask at a time, how much an organisation may use, and what it used."""
