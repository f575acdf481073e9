"""Experiments that lessons and evidence share."""
