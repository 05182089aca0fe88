"""A stand-in for the pykd module, on a synthetic kernel.

It has only names that pykd 0.3.4.15 has, with its argument shapes, exceptions and refusals;
``api.txt`` is the list they are held against, and ``tests/engine/test_contract.py`` asks the real
module the same questions.
"""

from .standin import StandIn

__all__ = ("StandIn",)
