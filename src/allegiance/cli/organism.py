"""`allegiance organism`: the embedded models, what was planted in them and what was measured."""
