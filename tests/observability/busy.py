"""Makes a system do a bit of everything."""
from system import request


def keep_busy(system, number):
    """Good events of every type, a bad one, one twice, one id for two contents, a path that is none."""
    for kind in ("order", "product", "supplier"):
        system.post({"type": kind, "id": f"{kind}-{number}", "data": {"id": number}})
    for total in (1, 1, 2):
        system.post({"type": "order", "id": f"again-{number}", "data": {"id": 7, "total": total}})
    assert system.post({"type": "invoice", "data": {}}).status == 422
    request("GET", system.producer + "/nowhere")
