"""The page: transcripts."""

from fastapi import APIRouter

router = APIRouter()
