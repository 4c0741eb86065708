"""Color images of any size, one or many."""
