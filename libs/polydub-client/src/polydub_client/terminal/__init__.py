"""The command line's face: words, progress, tables. Everything it says is made here."""
