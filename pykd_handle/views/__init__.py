"""Views: what a request wants, as records. They read through the kernel layer and print nothing."""

from .listing import Listing

__all__ = ("Listing",)
