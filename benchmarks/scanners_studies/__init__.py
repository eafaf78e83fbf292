"""Studies of scanners: each is a function that gives figures, and can be run by itself."""
