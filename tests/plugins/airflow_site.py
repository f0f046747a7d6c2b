"""Airflow's own API server with the desk in it, in a process of its own: answers requests of the test as JSON lines.

Run as a program: reads `[user, method, path, form, carrier]` a line, writes `[status, text, headers]`. `user` is admin, viewer or "";
with Airflow's FAB provider one of the program's arguments, who logs in with `password_of`.
"""

import asyncio
import json
import sys

import httpx
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

from tests.plugins.installation import password_of


async def tokens_of(client: httpx.AsyncClient, users: list[str]) -> dict[str, str]:
    """What each user's browser carries after the log-in."""
    manager = get_auth_manager()
    if isinstance(manager, SimpleAuthManager):
        return {
            role: manager.generate_jwt(SimpleAuthManagerUser(username=role, role=role))
            for role in ("admin", "viewer")
        }
    tokens = {}
    for user in users:
        answer = await client.post("/auth/token", json={"username": user, "password": password_of(user)})
        tokens[user] = answer.raise_for_status().json()["access_token"]
    return tokens


async def main() -> None:
    app = create_app(apps="core")
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            tokens = await tokens_of(client, sys.argv[1:])
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
