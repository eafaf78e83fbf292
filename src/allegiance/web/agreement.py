"""The page: agreement."""

from fastapi import APIRouter

router = APIRouter()
