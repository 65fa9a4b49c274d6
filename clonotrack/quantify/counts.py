"""HITS, tube by tube: what was counted of each marker, control and locus.

The day of each sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from clonotrack.assay.cells import COUNTED
from clonotrack.tables import TUBE

if TYPE_CHECKING:
    import polars as pl


REFUSED = ("too_short", "low_quality", "no_umi")
"""Totals of reads that were scanned and not used."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What was counted in one tube, by target; exact and edited reads together, ambiguous ones apart.

    Attributes:
        markers: reads of each marker that was looked for, whosever it is.
        umis: molecules by UMI of each marker, control and locus that has them; a marker that was looked for in a tube
            with UMIs and is missing here could not be counted.
        shared: of the reads of a marker, those that a marker of another patient counts too.
        losses: share of the reads of a marker that errors take beyond its edits.
        ambiguous: reads that fit a marker and something else as well; told, never added.
        owners: patient of each marker.
        cut_short: markers that the reads are too short for.
        controls, loci, totals: reads of each control, of each locus, and of each total.
    """

    sample_id: str
    library: str | None
    replicate: str | None
    subject_id: str | None
    role: str | None
    run_id: str | None
    markers: dict[str, int]
    umis: dict[str, int]
    shared: dict[str, int]
    losses: dict[str, float]
    ambiguous: dict[str, int]
    owners: dict[str, str | None]
    cut_short: frozenset[str]
    controls: dict[str, int]
    loci: dict[str, int]
    totals: dict[str, int]

    @property
    def name(self) -> str:
        """What tells this tube from the sample's others; empty where it is the only kind."""
        return ".".join(part for part in (self.library, self.replicate) if part)

    @property
    def usable(self) -> int:
        """Reads that passed the filters."""
        return self.totals.get("scanned", 0) - sum(self.totals.get(reason, 0) for reason in REFUSED)

    def tagged(self) -> Observed:
        """The tube of a library with UMIs: what has no read has no molecule."""
        unseen = {name: 0 for name, reads in {**self.markers, **self.controls}.items() if not reads}
        return replace(self, umis=unseen | self.umis)

    @property
    def reads_per_umi(self) -> float | None:
        """Mean reads of a molecule that was seen, over all that was told by UMI; None where no UMI was."""
        targets = {**self.markers, **self.controls, **self.loci}
        seen = sum(self.umis.get(name, 0) for name in targets)
        return sum(reads for name, reads in targets.items() if self.umis.get(name)) / seen if seen else None


def observe(hits: pl.DataFrame) -> list[Observed]:
    """The tubes of a HITS frame, in order of appearance; the order of the rows within a tube does not matter."""
    return [_observed(rows) for rows in hits.partition_by(TUBE, maintain_order=True)]


def _observed(rows: pl.DataFrame) -> Observed:
    first = rows.row(0, named=True)
    reads: dict[str, dict[str, int]] = {kind: {} for kind in ("marker", "ambiguous", "control", "locus", "total")}
    owners: dict[str, str | None] = {}
    umis: dict[str, int] = {}
    shared: dict[str, int] = {}
    losses: dict[str, float] = {}
    cut_short: set[str] = set()
    columns = ("target_id", "target_kind", "target_subject_id", "match_class", "reads", "umis")
    more = ("shared_reads", "matching_loss")
    for target, kind, owner, match, count, molecules, common, lost in rows.select(*columns, *more).iter_rows():
        if kind == "marker":
            owners[target] = owner
            losses[target] = max(losses.get(target, 0.0), lost or 0.0)
            reads["marker"].setdefault(target, 0)
        elif kind == "control":
            reads["control"].setdefault(target, 0)
        if kind in ("locus", "total") or match in COUNTED:
            reads[kind][target] = reads[kind].get(target, 0) + count
            if molecules is not None:
                umis[target] = umis.get(target, 0) + molecules
            if common:
                shared[target] = shared.get(target, 0) + common
        elif kind == "marker" and match == "ambiguous":
            reads["ambiguous"][target] = reads["ambiguous"].get(target, 0) + count
        elif kind == "marker" and match is None:
            cut_short.add(target)
    return Observed(
        **{name: first[name] for name in (*TUBE, "subject_id", "role", "run_id")},
        markers=reads["marker"],
        umis=umis,
        shared=shared,
        losses=losses,
        ambiguous=reads["ambiguous"],
        owners=owners,
        cut_short=frozenset(cut_short),
        controls=reads["control"],
        loci=reads["locus"],
        totals=reads["total"],
    )


def days(samples: pl.DataFrame) -> dict[str, float | None]:
    """Day of collection of each sample of the sheet, by sample_id.

    The sheet's `day`; else the days from the patient's first dated baseline, or the first dated sample where there
    is no such baseline, to `collection_date`, added to that sample's own `day` if it has one.
    """
    result: dict[str, float | None] = {}
    for rows in samples.unique("sample_id", maintain_order=True).partition_by("subject_id", maintain_order=True):
        origin = _origin(rows)
        for row in rows.iter_rows(named=True):
            result[row["sample_id"]] = _day(row, origin)
    return result


def _origin(rows: pl.DataFrame) -> tuple[date, float] | None:
    dated = rows.filter(pl.col("collection_date").is_not_null()).sort("collection_date")
    baselines = dated.filter(pl.col("role") == "baseline")
    chosen = baselines if baselines.height else dated
    if not chosen.height:
        return None
    first = chosen.row(0, named=True)
    return date.fromisoformat(first["collection_date"]), first["day"] or 0.0


def _day(row: dict[str, Any], origin: tuple[date, float] | None) -> float | None:
    if row["day"] is not None:
        return float(row["day"])
    if row["collection_date"] is None or origin is None:
        return None
    return float((date.fromisoformat(row["collection_date"]) - origin[0]).days) + origin[1]
