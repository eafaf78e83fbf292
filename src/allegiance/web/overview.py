"""The page: overview."""

from fastapi import APIRouter

router = APIRouter()
