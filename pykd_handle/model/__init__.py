"""The public API: what a script asks, in kernel and user mode alike."""

from .nouns import Handle, Hole, Kernel, KernelOnly, NoSuchHandle, Object, Process, Table

__all__ = ("Handle", "Hole", "Kernel", "KernelOnly", "NoSuchHandle", "Object", "Process", "Table")
