"""Views: what a request wants, as records. They read through the kernel layer and print nothing."""

from .listing import Listing
from .user_listing import UserListing

__all__ = ("Listing", "UserListing")
