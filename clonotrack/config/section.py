"""Base class of all sections of the settings, and types of settings that several sections share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Locus = Literal["IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD"]
Level = Annotated[float, Field(gt=0, le=1)]


class Section(BaseModel):
    """Base class of settings: an unknown setting, an infinite number, or a change of a value raises an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
