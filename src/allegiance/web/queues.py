"""The page: queues."""

from fastapi import APIRouter

router = APIRouter()
