"""What the later notebooks add to the student's system: a file is one idea."""
