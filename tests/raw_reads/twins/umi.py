"""Naive twins of clonotrack.raw_reads.kernels.umi: strings, sets of letters and regular expressions."""

import re


def umis_from_bases(reads, allowed, is_umi, groups, limits):
    """(UMI as letters or None) of each read; `allowed` has a string of letters for each position."""
    found = []
    for read in reads:
        mismatches = dict.fromkeys(groups, 0)
        for letter, letters, group in zip(read, allowed, groups, strict=False):
            mismatches[group] += letter not in letters
        fits = len(read) >= len(allowed) and all(count <= limits[group] for group, count in mismatches.items())
        found.append("".join(b for b, wanted in zip(read, is_umi, strict=False) if wanted) if fits else None)
    return found


def umis_from_text(texts, last_field):
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
