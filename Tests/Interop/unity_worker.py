"""Calls Unity Catalog's official client for the interop tests, in the Python environment that has it (.deps/venv-unity).

Arguments: the base URL of the API, and a token ('' for none). Reads one JSON object a line, `{"api": CLASS, "call":
METHOD, "model": CLASS or null, "body": the model's fields, "arguments": by name}`; the client builds the request from
its own models and checks the answer against them. Answers `{"ok": the answer's fields}`, or `{"status": HTTP status,
"error": the body}`. The end of the input ends it.
"""

import asyncio
import json
import sys

import unitycatalog.client as client
from unitycatalog.client import models


def plain(answer):
    return answer.to_dict() if hasattr(answer, "to_dict") else answer


async def main(url, token):
    configuration = client.Configuration(host=url)
    async with client.ApiClient(configuration) as connection:
        if token:
            connection.set_default_header("Authorization", f"Bearer {token}")
        print(json.dumps({"ok": True}), flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            arguments = dict(request.get("arguments") or {})
            if request.get("model"):
                arguments[request["parameter"]] = getattr(models, request["model"]).from_dict(request["body"])
            try:
                call = getattr(getattr(client, request["api"])(connection), request["call"])
                answer = {"ok": plain(await call(**arguments))}
            except client.ApiException as error:
                answer = {"status": error.status, "error": error.body}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
