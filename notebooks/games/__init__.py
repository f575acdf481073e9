"""Games for the reader: guess a letter, and who wrote it."""
