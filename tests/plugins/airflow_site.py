"""Airflow's own API server with the desk in it, in a process of its own: answers requests of the test as JSON lines.

Run as a program: reads `[user, method, path, form]` a line, writes `[status, text, headers]`. `user` is admin, viewer or "".
"""

import asyncio
import json
import sys

import httpx
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser


async def main() -> None:
    app = create_app(apps="core")
    async with app.router.lifespan_context(app):
        tokens = {
            role: get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=role, role=role))
            for role in ("admin", "viewer")
        }
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for line in sys.stdin:
                user, method, path, form, carrier = json.loads(line)
                token = tokens.get(user, "no token")
                headers = {
                    "bearer": {"authorization": f"Bearer {token}"},
                    "cookie": {"cookie": f"_token={token}"},
                    "": {},
                }[carrier]
                answer = await client.request(method, path, data=form, headers=headers)
                print("@@" + json.dumps([answer.status_code, answer.text, dict(answer.headers)]), flush=True)


asyncio.run(main())
