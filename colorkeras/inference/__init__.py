"""Colorization of single images and batches of files."""
