"""The page: calibrate."""

from fastapi import APIRouter

router = APIRouter()
