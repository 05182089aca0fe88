"""What the graphics half of the kernel keeps of its own: handles of GDI objects."""
