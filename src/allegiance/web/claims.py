"""The page: claims."""

from fastapi import APIRouter

router = APIRouter()
