"""The version of the package, in one place (read by ``pyproject.toml`` and by ``--version``)."""

__all__ = ("__version__",)

__version__ = "0.1.0"
