"""The folder of a profile and a text, for the Makefile: python -m report.folder PROFILE TEXT."""

import os
import sys

from course.folders import build_folder
from shakespeare.files import InputError

if __name__ == "__main__":
    try:
        print(os.path.relpath(build_folder(*sys.argv[1:])))
    except InputError as error:
        sys.exit(str(error))
