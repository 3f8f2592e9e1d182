"""How the images of registries stand, in numbers."""
