"""The page: a network and a text become one HTML file, in which one sees the network read.

It needs a network's folder and a text, and nothing of notebooks or evidence.
"""
