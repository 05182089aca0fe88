"""Where the symbols of a kernel are looked for: paths, stores, folders, servers."""
