"""A virtual Arctic with virtual satellites, written in the layouts of the real providers."""

from superice.twin.settings import TwinSettings

__all__ = ["TwinSettings"]
