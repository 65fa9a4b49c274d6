"""Naive twin of clonotrack.raw_reads.kernels.umi: regular expressions."""

import re


def spelled_umis(texts, last_field):
    """The UMI of each text as upper-case letters; empty for none."""
    pattern = re.compile(r"(?:.*[:_])([^:_]*)" if last_field else r"(.*)", re.DOTALL)
    found = []
    for text in texts:
        field = pattern.fullmatch(text)
        letters = field[1] if field else ""
        good = re.fullmatch(r"[ACGTUacgtu][ACGTUacgtu+-]*", letters)
        umi = re.sub("[+-]", "", letters).upper().replace("U", "T") if good else ""
        found.append(umi if len(umi) <= 31 else "")
    return found
