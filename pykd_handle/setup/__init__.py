"""Setting up: the installer and the doctor."""
