"""What is heard: levels, mixing, time."""
