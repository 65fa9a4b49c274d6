"""Collect the counts of each tube from HITS: reads and UMIs of each marker, control and locus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clonotrack.assay.controls import COUNTED_CLASSES
from clonotrack.tables import TUBE

if TYPE_CHECKING:
    import polars as pl


REJECTED_READS = ("too_short", "low_quality", "no_umi")
"""Names of the totals in HITS that count reads which did not pass the filters."""


@dataclass(frozen=True, slots=True)
class TubeCounts:
    """Counts of one tube by target (marker, control or locus).

    Reads that match a target exactly and reads with allowed edits are added up. Dictionaries have the target's id as
    the key.

    Attributes:
        sample_id: sample of the tube.
        library: name of the library; None if the sample sheet names none.
        replicate: name of the tube within sample and library; None if there is one tube.
        subject_id: patient; None for a control.
        role: role of the sample, as on the sample sheet; None if HITS do not state it.
        run_id: sequencing run; None if HITS do not state it.
        marker_reads: reads of each marker that was tracked in the tube, of any patient.
        umis: molecules by UMI of each marker, control and locus. In a library with UMIs, a target is missing if its
            molecules could not be counted.
        shared_reads: reads of a marker that are also hits of a marker of another patient.
        matching_losses: share of a marker's reads, 0 to 1, with more errors than its allowed edits.
        ambiguous_reads: reads that match a marker and another sequence equally well. They are not in `marker_reads`.
        marker_subjects: patient of each marker.
        too_short_for: markers for which the reads of the tube are too short.
        control_reads: reads of each control.
        locus_reads: reads of each locus.
        totals: reads by the name of a total in HITS, such as `scanned` or `too_short`.
    """

    sample_id: str
    library: str | None
    replicate: str | None
    subject_id: str | None
    role: str | None
    run_id: str | None
    marker_reads: dict[str, int]
    umis: dict[str, int]
    shared_reads: dict[str, int]
    matching_losses: dict[str, float]
    ambiguous_reads: dict[str, int]
    marker_subjects: dict[str, str | None]
    too_short_for: frozenset[str]
    control_reads: dict[str, int]
    locus_reads: dict[str, int]
    totals: dict[str, int]

    @property
    def label(self) -> str:
        """Name of the tube within its sample: library and replicate; empty if neither is given."""
        return ".".join(part for part in (self.library, self.replicate) if part)

    @property
    def usable_reads(self) -> int:
        """Reads that passed the filters."""
        return self.totals.get("scanned", 0) - sum(self.totals.get(reason, 0) for reason in REJECTED_READS)

    def with_zero_umis(self) -> TubeCounts:
        """Return the counts with 0 molecules for each target without reads; for libraries with UMIs."""
        reads = {**self.marker_reads, **self.control_reads}
        zeros = {name: 0 for name, count in reads.items() if not count}
        return replace(self, umis=zeros | self.umis)

    @property
    def reads_per_umi(self) -> float | None:
        """Mean reads of a molecule that was counted by UMI, over all targets; None if no UMI was counted."""
        targets = {**self.marker_reads, **self.control_reads, **self.locus_reads}
        molecules = sum(self.umis.get(name, 0) for name in targets)
        reads = sum(count for name, count in targets.items() if self.umis.get(name))
        return reads / molecules if molecules else None


def counts_by_tube(hits: pl.DataFrame) -> list[TubeCounts]:
    """Add up the reads and UMIs of HITS by tube and target.

    Returns:
        One `TubeCounts` for each tube, in the order of the tubes' first rows. It sums the match classes of a target.
    """
    return [_tube_counts(rows) for rows in hits.partition_by(TUBE, maintain_order=True)]


def _tube_counts(rows: pl.DataFrame) -> TubeCounts:
    first = rows.row(0, named=True)
    reads: dict[str, dict[str, int]] = {kind: {} for kind in ("marker", "ambiguous", "control", "locus", "total")}
    marker_subjects: dict[str, str | None] = {}
    umis: dict[str, int] = {}
    shared_reads: dict[str, int] = {}
    losses: dict[str, float] = {}
    too_short_for: set[str] = set()
    columns = ("target_id", "target_kind", "target_subject_id", "match_class", "reads", "umis")
    more = ("shared_reads", "matching_loss")
    for target, kind, subject, match, count, molecules, shared, loss in rows.select(*columns, *more).iter_rows():
        if kind == "marker":
            marker_subjects[target] = subject
            losses[target] = max(losses.get(target, 0.0), loss or 0.0)
            reads["marker"].setdefault(target, 0)
        elif kind == "control":
            reads["control"].setdefault(target, 0)
        if kind in ("locus", "total") or match in COUNTED_CLASSES:
            reads[kind][target] = reads[kind].get(target, 0) + count
            if molecules is not None:
                umis[target] = umis.get(target, 0) + molecules
            if shared:
                shared_reads[target] = shared_reads.get(target, 0) + shared
        elif kind == "marker" and match == "ambiguous":
            reads["ambiguous"][target] = reads["ambiguous"].get(target, 0) + count
        elif kind == "marker" and match is None:
            too_short_for.add(target)
    return TubeCounts(
        **{name: first[name] for name in (*TUBE, "subject_id", "role", "run_id")},
        marker_reads=reads["marker"],
        umis=umis,
        shared_reads=shared_reads,
        matching_losses=losses,
        ambiguous_reads=reads["ambiguous"],
        marker_subjects=marker_subjects,
        too_short_for=frozenset(too_short_for),
        control_reads=reads["control"],
        locus_reads=reads["locus"],
        totals=reads["total"],
    )
