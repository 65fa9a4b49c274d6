"""Write the files that `track.py` reads: markers, controls, and reads of known truth in several formats.

Reads have 250 nt: the ends of rearrangements of all seven loci with 0.3 % errors, on either strand. 1 % of them are of
20 markers, 0.1 % of nine controls. Qualities have four values, independent for each base, which is harder to decompress
than most files. A block of distinct reads is simulated and compressed once (gzip level 6). A file contains it as often
as needed, each time as one gzip member, so that a file of any size is written in seconds.
"""

from __future__ import annotations

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from clonotrack.config import Config
from clonotrack.germline.load import load_reference
from clonotrack.io.tables import read_table, write_table
from clonotrack.markers.allowed_edits import add_allowed_edits
from clonotrack.markers.target_region import target_region
from clonotrack.sequences import DECODE, U8, encode
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.tables import CONTROLS, LOCI, MARKERS, SAMPLES

LENGTH, AMPLICON = 250, 350
ERRORS = 0.003
N_MARKERS, N_CONTROLS, N_REGISTRY = 20, 9, 9_980
DISTINCT = 200_000
BGZF_BYTES = 65_280
SHORTEST_PART = 40
MODELLED = 700


def rearrangements(per_locus: int, seed: int, min_inserted: int = 0) -> list[Rearrangement]:
    """Draw rearrangements of all loci, in random order."""
    rng = np.random.default_rng(seed)
    reference = load_reference()
    made = [
        r
        for locus in LOCI
        for r in draw_rearrangements(draw_genotype(reference, locus, rng), per_locus, rng, min_inserted=min_inserted)
    ]
    return [made[i] for i in rng.permutation(len(made))]


def make(folder: Path, reads: int, forms: set[str]) -> int:
    """Write the files that do not exist; return how many reads contain a marker within its allowed edits."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = rearrangements(5, seed=1, min_inserted=8)[: N_MARKERS + N_CONTROLS]
    write_markers(folder / "markers.tsv", chosen[:N_MARKERS], 2)
    write_markers(folder / "registry.tsv", rearrangements(N_REGISTRY // len(LOCI) + 1, seed=4, min_inserted=4), 4)
    write_controls(folder / "controls.tsv", chosen[N_MARKERS:])
    distinct = min(DISTINCT, reads)
    times = -(-reads // distinct)
    most = read_table(folder / "markers.tsv", MARKERS)["max_edits"].to_list()
    ends, held = amplicons(chosen, distinct, most)
    block = fastq(ends[:, AMPLICON - LENGTH :], seed=5)
    if "gzip" in forms:
        write(folder / f"{reads}.fastq.gz", gzipped(block), times)
    if "bgzf" in forms:
        write(folder / f"{reads}.bgzf.fastq.gz", bgzipped(block), times)
    if "lanes" in forms:
        for lane in (1, 2):
            write(folder / f"{reads}.lane{lane}.fastq.gz", gzipped(block), times // 2 + (lane == 1 and times % 2))
        write_sheet(folder / "samples.tsv", [folder / f"{reads}.lane{lane}.fastq.gz" for lane in (1, 2)])
    if "pairs" in forms:
        for mate, codes in ((1, ends), (2, 3 - ends[:, ::-1])):
            text = fastq(codes[:, :LENGTH], seed=6, strands=False)
            write(folder / f"{reads}.R{mate}.fastq.gz", gzipped(text), -(-times // 2))
    return held * times


def amplicons(chosen: list[Rearrangement], count: int, most: list[int]) -> tuple[U8, int]:
    """Return ends of rearrangements with errors, and how many of them contain a marker within its allowed edits."""
    rng = np.random.default_rng(2)
    pool = ends_of(rearrangements(2_000, seed=3), rng)
    special = ends_of(chosen, rng)
    weights = np.array([0.01 / N_MARKERS] * N_MARKERS + [0.001 / N_CONTROLS] * N_CONTROLS)
    which = rng.choice(len(weights) + 1, count, p=[*weights, 1 - weights.sum()])
    polyclonal = which == len(weights)
    codes = pool[rng.integers(len(pool), size=count)]
    codes[~polyclonal] = special[which[~polyclonal]]
    wrong = rng.random(codes.shape, dtype=np.float32) < ERRORS
    codes[wrong] = (codes[wrong] + rng.integers(1, 4, int(wrong.sum()), dtype=np.uint8)) % 4
    held = 0
    for number in range(N_MARKERS):
        start, end = (bound - len(chosen[number].sequence) + AMPLICON for bound in part(chosen[number]))
        held += int((wrong[which == number, start:end].sum(axis=1) <= most[number]).sum())
    return codes, held


def ends_of(items: list[Rearrangement], rng: np.random.Generator) -> U8:
    """Return the last `AMPLICON` nt of each, shape (n, AMPLICON); shorter ones begin with random bases."""
    codes = rng.integers(0, 4, (len(items), AMPLICON), dtype=np.uint8)
    for row, item in zip(codes, items, strict=True):
        end = encode(item.sequence[-AMPLICON:])
        row[AMPLICON - len(end) :] = end
    return codes


def part(rearrangement: Rearrangement) -> tuple[int, int]:
    """Return the bounds of the clone-specific part that the stage `markers` chooses, 0-based half-open."""
    found = target_region(rearrangement.sequence, rearrangement.key_region, SHORTEST_PART)
    return found.start - 1, found.end


def fastq(codes: U8, seed: int, *, strands: bool = True) -> bytes:
    """Write FASTQ records of reads; with `strands`, half of them are reverse-complemented."""
    rng = np.random.default_rng(seed)
    if strands:
        reverse = rng.random(len(codes)) < 0.5
        codes = codes.copy()
        codes[reverse] = 3 - codes[reverse, ::-1]
    scores = rng.choice(np.frombuffer(b"F:,#", dtype=np.uint8), codes.shape, p=[0.9, 0.07, 0.029, 0.001])
    tile_positions = rng.integers(1_000, 35_000, (len(codes), 2)).tolist()
    lines = zip(tile_positions, DECODE[codes], scores, strict=True)
    return b"".join(
        b"@A01:77:HTRACK:1:%d:%d:%d 1:N:0:ACGTACGT\n%b\n+\n%b\n"
        % (1101 + i // 9999, x, y, bases.tobytes(), quality.tobytes())
        for i, ((x, y), bases, quality) in enumerate(lines)
    )


def gzipped(text: bytes) -> bytes:
    """Compress to one gzip member, level 6."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()


def bgzipped(text: bytes) -> bytes:
    """Compress to BGZF, level 6."""
    with ThreadPoolExecutor() as pool:
        return b"".join(pool.map(_member, (text[i : i + BGZF_BYTES] for i in range(0, len(text), BGZF_BYTES))))


def _member(block: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    data = packer.compress(block) + packer.flush()
    header = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(data) + 25)
    return header + data + struct.pack("<II", zlib.crc32(block), len(block))


def write(path: Path, packed: bytes, times: int) -> None:
    """Write a compressed block several times."""
    with path.open("wb") as handle:
        for _ in range(times):
            handle.write(packed)


def write_markers(path: Path, made: list[Rearrangement], per_patient: int) -> None:
    """Write MARKERS like the stage `markers`; an existing file is kept.

    The recombination model is evaluated for the first `MODELLED` markers. The others take the values of the one of the
    same locus with the most similar number of inserted nt, because all of 10,000 would take minutes.
    """
    if path.exists():
        return
    rows = []
    for number, rearrangement in enumerate(made):
        start, end = part(rearrangement)
        rows.append(
            {
                "marker_id": f"{path.stem}{number}",
                "subject_id": f"{path.stem}-p{number // per_patient}",
                "locus": rearrangement.locus,
                "system": rearrangement.system,
                "junction": rearrangement.junction,
                "sequence": rearrangement.sequence,
                "target_start": start + 1,
                "target_end": end,
                "copies_per_cell": 1.0,
                "selected": True,
            }
        )
    frame = _frame(rows, MARKERS.schema())
    described = add_allowed_edits(frame.head(MODELLED), load_reference(), Config().track)
    modelled = list(
        zip(made, described.select("max_edits", "edits_reason", "background_rate").iter_rows(named=True), strict=False)
    )
    nearest = [
        min((r for r in modelled if r[0].locus == one.locus), key=lambda r: abs(r[0].inserted - one.inserted))[1]
        for one in made
    ]
    write_table(frame.with_columns(pl.DataFrame(nearest)), MARKERS, path)


def write_controls(path: Path, made: list[Rearrangement]) -> None:
    """Write CONTROLS with calibrators."""
    rows = [
        {"control_id": f"c{i}", "kind": "calibrator", "locus": r.locus, "sequence": r.sequence, "copies": 40.0}
        for i, r in enumerate(made)
    ]
    write_table(_frame(rows, CONTROLS.schema()), CONTROLS, path)


def write_sheet(path: Path, files: list[Path]) -> None:
    """Write a sample sheet with one sample and a row for each lane."""
    columns = {"subject_id": "markers-p0", "sample_id": "s", "role": "followup", "library": "default"}
    markers = str(path.with_name("markers.tsv"))
    rows: list[dict[str, object]] = [{**columns, "reads_1": str(file), "markers": markers} for file in files]
    write_table(_frame(rows, SAMPLES.schema()), SAMPLES, path)


def _frame(rows: list[dict[str, object]], columns: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], schema=columns)
