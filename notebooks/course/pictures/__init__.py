"""The notebooks' figures and tables with their words: a file for each notebook.

Each function is given numbers that the reader has computed, and returns what `show` displays.
figures/ draws; what a figure shows is said here, in a caption and in an alt text.
"""
