"""``--doctor``: what is here, what is missing, what to do; lines for a bug report."""

from .finding import MISSING, NOTE, OK, Finding
from .report import doctor, write_report

__all__ = ("MISSING", "NOTE", "OK", "Finding", "doctor", "write_report")
