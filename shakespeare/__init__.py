"""Shakespeare, one character at a time: a character-level LSTM.

It rebuilds the system of a student's report, which claims a validation loss of 1.22. In this
package "the student's" always means that report. Read data.py first, then model.py.
"""

import os

# Before PyTorch is imported: its threads wait for each other by spinning, which makes training
# a hundred times as slow as soon as another program needs their cores. So they spin only briefly.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # GNU's OpenMP, with which pip installs PyTorch
os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's and LLVM's, as from conda
