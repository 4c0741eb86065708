"""Evaluate models on photographs at native resolution, both overall and by source."""

from colorkeras.evaluation.photographs.automatic import BASELINE, MEAN_CHROMA, TRUTH, References
from colorkeras.evaluation.photographs.encoder_features import load_encoder
from colorkeras.evaluation.photographs.photograph_source import PhotographSource
from colorkeras.evaluation.photographs.photographs_report import (
    PhotographsReport,
    evaluate_photographs,
)
from colorkeras.evaluation.photographs.photographs_tables import tables
from colorkeras.evaluation.photographs.pooled_errors import ALL

__all__ = [
    "ALL",
    "BASELINE",
    "MEAN_CHROMA",
    "TRUTH",
    "PhotographSource",
    "PhotographsReport",
    "References",
    "evaluate_photographs",
    "load_encoder",
    "tables",
]
