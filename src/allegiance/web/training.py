"""The page: training."""

from fastapi import APIRouter

router = APIRouter()
