"""Links by which people without an account look at one dub."""
