"""What Inspect finds by entry point: the tasks and the model provider of this package."""

from allegiance.organism.provider import OrganismAPI

__all__ = ["OrganismAPI"]
