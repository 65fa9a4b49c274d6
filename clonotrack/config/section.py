"""The base class of all sections of the settings, and types that several sections use."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Locus = Literal["IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD"]
Level = Annotated[float, Field(gt=0, le=1)]


class Section(BaseModel):
    """Base class of settings: unknown names, infinite numbers and later changes are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
