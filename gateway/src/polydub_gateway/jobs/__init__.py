"""Jobs: their state folded from events, their life in the database, and watching them."""
