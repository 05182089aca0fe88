"""What all tests of builds share."""

from .kernels import opener

__all__ = ("opener",)
