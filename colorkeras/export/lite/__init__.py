"""LiteRT versions of exports, which run without TensorFlow."""
