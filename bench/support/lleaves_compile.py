"""Compiles a LightGBM model by lleaves to a shared library with the function
forest_root(const double *rows, double *raw_scores, int32_t start, int32_t end); needs a C compiler's linker as `cc`.

usage: lleaves_compile.py MODEL LIBRARY
"""

import subprocess
import sys

import lleaves


def main():
    model, library = sys.argv[1:]
    # Of blocks of 5, 7, 10, 20, 34, 75 and 300 trees and both code models, these settings were the fastest.
    lleaves.Model(model).compile(cache=f"{library}.o", raw_score=True, fblocksize=10, fcodemodel="small")
    subprocess.run(["cc", "-shared", "-o", library, f"{library}.o"], check=True)


main()
