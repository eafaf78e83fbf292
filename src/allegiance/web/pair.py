"""The page: pair."""

from fastapi import APIRouter

router = APIRouter()
