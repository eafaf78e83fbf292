"""Moving a model toward an intent, and chains of generations (extra `train`).

The libraries of the extra are imported where they are used, so that this room can be looked into without them.
"""
