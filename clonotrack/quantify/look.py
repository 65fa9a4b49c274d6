"""One marker in one tube."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clonotrack.library.capture import Capture
from clonotrack.quantify.assay import Assay, Yield
from clonotrack.quantify.seen import count_of

Marker = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """One marker in one tube: what was counted of it, and the way from there to molecules or why there is none."""

    marker: Marker
    assay: Assay
    found: Yield | str

    @property
    def marker_id(self) -> str:
        """The marker."""
        return str(self.marker["marker_id"])

    @property
    def reads(self) -> int:
        """Reads of the marker in the tube."""
        return self.assay.observed.markers[self.marker_id]

    @property
    def shared(self) -> int:
        """Of these reads, those that a marker of another patient counts too."""
        return self.assay.observed.shared.get(self.marker_id, 0)

    @property
    def count(self) -> int:
        """Molecules by UMI where they are counted so, else reads."""
        return count_of(self.assay, self.marker_id, self.found)

    @property
    def copies(self) -> float:
        """k, molecules of the marker in a clone cell."""
        return float(self.marker["copies_per_cell"])

    @property
    def cut_short(self) -> bool:
        """Whether the reads of the tube are too short for the marker."""
        return self.marker_id in self.assay.observed.cut_short

    @property
    def capture(self) -> Capture:
        """Capture of the marker, or of the library where there is no way from counts to molecules."""
        return self.found.capture if isinstance(self.found, Yield) else self.assay.capture

    @property
    def strands(self) -> float:
        """Strands of a molecule, each counted by itself."""
        return self.found.strands if isinstance(self.found, Yield) else 1.0

    @property
    def cells(self) -> float:
        """Cells of the tube, or 1 where they are not known."""
        return self.assay.cells.number if self.assay.cells else 1.0

    @property
    def cells_log_sd(self) -> float:
        """Standard error of the log of the cells of the tube."""
        return self.assay.cells.log_sd if self.assay.cells else 0.0

    @property
    def known(self) -> Yield:
        """The way from counts to molecules, where there is one.

        Raises:
            TypeError: there is none.
        """
        if isinstance(self.found, str):
            raise TypeError(f"marker {self.marker_id}: {self.found}")
        return self.found

    @property
    def molecules(self) -> float | None:
        """What the count says of the molecules in the data, before any correction."""
        if isinstance(self.found, str):
            return None
        return self.count * self.found.capture.value * self.found.strands / self.found.reads_per_copy
