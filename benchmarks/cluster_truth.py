"""Simulate reads of known clonotypes, with errors of PCR and sequencing, for `cluster.py`."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from clonotrack.sequences import DECODE, I64, Ragged, decode, encode
from clonotrack.simulate.pcr import amplify, draw_polymerase_errors
from clonotrack.tables import REARRANGEMENTS

V_END = "GACACGGCTGTGTATTAC"
J_END = "GGCCAGGGAACCCTGGTCACC"
GERMLINE_J = ("ACTACTTTGACTACTGG", "TGATGCTTTTGATATCTGG", "ACTACTACTACGGTATGGACGTCTGG", "CTGGTACTTCGATCTCTGG")
CLONOTYPES = 13_000
READS_PER_MOLECULE = 10.0
NEIGHBOURS = 10  # at each distance and number of reads
NEAR_READS = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)


def regions(number: int, random: np.random.Generator) -> list[str]:
    """Draw distinct key regions."""
    drawn: dict[str, None] = {}
    while len(drawn) < number:
        inserted = decode(random.integers(0, 4, 8 + random.poisson(14), dtype=np.uint8))
        drawn["TGTGCGAGAGA" + inserted + GERMLINE_J[random.integers(len(GERMLINE_J))]] = None
    return list(drawn)


def substituted(region: str, errors: int, random: np.random.Generator) -> str:
    """Substitute a number of bases of a key region."""
    codes = encode(region)
    positions = random.choice(len(codes), errors, replace=False)
    codes[positions] = (codes[positions] + random.integers(1, 4, errors)) % 4
    return decode(codes)


def abundant(reads: int, random: np.random.Generator) -> tuple[pl.DataFrame, I64]:
    """Draw clonotypes of heavy-tailed abundance (`key_region`, `truth`), and the molecules of each."""
    abundance = random.pareto(1.2, CLONOTYPES) + 0.2
    abundance[3:] = np.minimum(abundance[3:], 0.02 * abundance[3:].sum())
    abundance[3:] *= 0.5 / abundance[3:].sum()
    abundance[:3] = 0.4, 0.05, 0.05
    molecules = np.maximum(np.rint(abundance * reads / READS_PER_MOLECULE), 1).astype(np.int64)
    frame = pl.DataFrame({"key_region": regions(CLONOTYPES, random), "truth": np.arange(CLONOTYPES)})
    return frame, molecules


def neighboured(reads: int, random: np.random.Generator) -> tuple[pl.DataFrame, I64]:
    """Draw large clonotypes with neighbours (`distance`, `wanted` reads), and the molecules of all."""
    rows: dict[str, tuple[int, int]] = {}
    for distance, large in enumerate(regions(3, random), 1):
        rows[large] = 0, reads
        for number in NEAR_READS:
            room = len(rows) + (NEIGHBOURS if number < 10_000 else 1)
            while len(rows) < room:
                rows.setdefault(substituted(large, distance, random), (distance, 17 * number // 10))
    frame = pl.DataFrame({"key_region": list(rows)}).with_row_index("truth")
    frame = frame.with_columns(
        pl.Series([v[i] for v in rows.values()]).alias(n) for i, n in enumerate(("distance", "wanted"))
    )
    frame = frame.cast({"truth": pl.Int64})
    return frame, np.rint(frame["wanted"].to_numpy() / READS_PER_MOLECULE).astype(np.int64)


def sequenced(frame: pl.DataFrame, molecules: I64, rate: float, random: np.random.Generator) -> pl.DataFrame:
    """Simulate REARRANGEMENTS of all reads, deduplicated; the column `junction_aa` has the true clonotype."""
    whole = Ragged.from_strings(V_END + region + J_END for region in frame["key_region"])
    copies = amplify(molecules, capture=1.0, reads_per_molecule=READS_PER_MOLECULE, dispersion=0.5, rng=random)
    lengths = whole.lengths[copies.template]
    edits = draw_polymerase_errors(lengths, copies.reads, rate=1e-5, cycles=30, rng=random)
    template = np.repeat(copies.template, copies.reads)
    reads = whole.take(template)
    position = reads.offsets[edits.read] + edits.position
    reads.codes[position] = (reads.codes[position] + edits.shift) % 4
    wrong = np.flatnonzero(random.random(len(reads.codes), dtype=np.float32) < 0.9 * rate)
    reads.codes[wrong] = (reads.codes[wrong] + random.integers(1, 4, len(wrong), dtype=np.uint8)) % 4
    return deduplicated(reads, template, 0.1 * rate, frame["key_region"].str.len_bytes().to_numpy(), random)


def deduplicated(
    reads: Ragged, template: I64, indels: float, lengths: I64, random: np.random.Generator
) -> pl.DataFrame:
    """Insert or delete a base in the key region of some reads, and deduplicate the reads."""
    text = DECODE[reads.codes].tobytes().decode()
    bounds = reads.offsets.tolist()
    sequences = [text[start:end] for start, end in pairwise(bounds)]
    for i in np.flatnonzero(random.random(len(sequences)) < indels * lengths[template]).tolist():
        at = len(V_END) + int(random.integers(1, lengths[template[i]] - 1))
        base = "" if random.random() < 0.5 else "ACGT"[random.integers(4)]
        sequences[i] = sequences[i][:at] + base + sequences[i][at + (base == "") :]
    frame = pl.DataFrame({"sequence": sequences, "truth": template})
    frame = frame.group_by("sequence", "truth").agg(duplicate_count=pl.len().cast(pl.Int64))
    return table(frame.with_columns(junction_aa=pl.col("truth").cast(pl.String)))


def table(frame: pl.DataFrame) -> pl.DataFrame:
    """Build REARRANGEMENTS from sequences that are a key region between `V_END` and `J_END`."""
    frame = frame.with_columns(
        sequence_id=pl.col("sequence"),
        key_region=pl.col("sequence").str.slice(
            len(V_END), pl.col("sequence").str.len_bytes() - len(V_END) - len(J_END)
        ),
        key_region_start=pl.lit(len(V_END) + 1),
        locus=pl.lit("IGH"),
        system=pl.lit("IGH"),
        v_call=pl.lit("IGHV1-2*02"),
        j_call=pl.lit("IGHJ4*02"),
    )
    missing = {name: kind for name, kind in REARRANGEMENTS.schema().items() if name not in frame.columns}
    return frame.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in missing.items())
