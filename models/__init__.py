"""The model families, one file each. A family's name is the name of its file."""
