"""The page: reader."""

from fastapi import APIRouter

router = APIRouter()
