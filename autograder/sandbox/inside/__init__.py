"""The only files that a student's process can see; nothing here is worth stealing."""
