"""The page: chain."""
from fastapi import APIRouter
router = APIRouter()

