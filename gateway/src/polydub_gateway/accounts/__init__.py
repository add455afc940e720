"""Who may do what: people, organisations, sessions, keys and the record of their doings."""
