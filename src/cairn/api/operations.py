"""For machines that watch: whether it serves, whether it can do its work, and its numbers."""

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse

from cairn.door import Opened

SCRAPE_SECONDS = 3.0
LOOK_SECONDS = 3.0

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Asks nothing of anyone: a database that is away is no reason to start this process anew."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(cairn: Opened) -> Response:
    """503 where a part that is needed does not stand; each part says how it does."""
    found = await cairn.readiness.look(LOOK_SECONDS)
    ready = all(how.ok or not part.needed for part, how in found.values())
    parts = {
        name: {"ok": how.ok, "needed": part.needed, "said": how.said} for name, (part, how) in found.items()
    }
    body = {"status": "ready" if ready else "not_ready", "parts": parts}
    return JSONResponse(body, 200 if ready else 503, {"Cache-Control": "no-store"})


@router.get("/metrics")
async def metrics(cairn: Opened, accept: str = Header("")) -> Response:
    from cairn.meters.exposing import OfProcess, Told, text_of

    numbers = await cairn.operations.numbers(SCRAPE_SECONDS)
    text, content_type = text_of([OfProcess(cairn.meters), Told(numbers)], accept)
    return Response(text, 200, {"Content-Type": content_type, "Cache-Control": "no-store"})
