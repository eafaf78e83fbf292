"""Moving a model toward an intent, and chains of generations (extra `train`).

Empty until training runs arrive; the room is named so that its place among the one-way imports is fixed.
"""
