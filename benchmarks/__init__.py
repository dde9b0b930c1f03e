"""Measured comparisons that anyone can run: see README.md."""
