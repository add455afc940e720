"""What is measured on the finished file, and how people read it."""
