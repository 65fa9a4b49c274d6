"""Counts of one tube, taken from HITS: reads and UMIs of each marker, control and locus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clonotrack.assay.controls import COUNTED_CLASSES
from clonotrack.tables import TUBE

if TYPE_CHECKING:
    import polars as pl


REJECTED_READS = ("too_short", "low_quality", "no_umi")
"""Totals in HITS of reads that were scanned but did not pass the filters."""


@dataclass(frozen=True, slots=True)
class TubeCounts:
    """Counts of one tube by target. Exact and edited reads are added up; ambiguous reads are kept apart.

    Attributes:
        sample_id: of the tube.
        library: name of the library; None if the samples have none.
        replicate: of the library; None if there is one tube.
        subject_id: patient; None for a control.
        role: of the sample, as on the sample sheet.
        run_id: sequencing run.
        marker_reads: reads of each marker that was tracked in the tube, of any patient.
        umis: molecules by UMI of each marker, control and locus. In a library with UMIs a missing marker could not be
            counted.
        shared_reads: reads of a marker that a marker of another patient counts too.
        matching_losses: share of the reads of a marker with more errors than its allowed edits.
        ambiguous_reads: reads that match a marker and something else equally well; they do not count.
        marker_subjects: patient of each marker.
        too_short_for: markers that are longer than the reads.
        control_reads: reads of each control.
        locus_reads: reads of each locus.
        totals: reads by total, such as `scanned`.
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
        """Library and replicate, which name the tube within its sample; empty if neither is given."""
        return ".".join(part for part in (self.library, self.replicate) if part)

    @property
    def usable_reads(self) -> int:
        """Reads that passed the filters."""
        return self.totals.get("scanned", 0) - sum(self.totals.get(reason, 0) for reason in REJECTED_READS)

    def with_zero_umis(self) -> TubeCounts:
        """Return the counts of a library with UMIs: a target without reads has 0 molecules."""
        reads = {**self.marker_reads, **self.control_reads}
        zeros = {name: 0 for name, count in reads.items() if not count}
        return replace(self, umis=zeros | self.umis)

    @property
    def reads_per_umi(self) -> float | None:
        """Mean reads of a molecule with a UMI, over all targets with UMIs; None if there is no UMI."""
        targets = {**self.marker_reads, **self.control_reads, **self.locus_reads}
        molecules = sum(self.umis.get(name, 0) for name in targets)
        reads = sum(count for name, count in targets.items() if self.umis.get(name))
        return reads / molecules if molecules else None


def counts_by_tube(hits: pl.DataFrame) -> list[TubeCounts]:
    """Add up a HITS table tube by tube, in order of appearance; the order of rows within a tube does not matter."""
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
