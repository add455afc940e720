"""How long a dub will take and what it will cost, from what this deployment has measured."""
