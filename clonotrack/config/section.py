"""What every section of the settings is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Locus = Literal["IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD"]
Level = Annotated[float, Field(gt=0, le=1)]


class Section(BaseModel):
    """Settings that refuse what they do not know, and do not change once they are read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
