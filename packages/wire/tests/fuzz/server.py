"""A real FastAPI that changes its application on request: one line of JSON on stdin, {"preamble": Python that
defines `app`, "sources": Python that adds routes}, is answered by one line on stdout: {"openapi": the document, "refused":
{index: why Python refused that source}} or {"error": text}. The first line out is {"port", "fastapi"}.
An exception of the application becomes a header of its 500, so that the other side can tell which failure it was."""

import json
import logging
import os
import socket
import sys
import threading
import traceback
import types

import fastapi
import uvicorn

current = {}


def decode(value):
    """The Python value that a tagged JSON value stands for; the tags are those of the recorded vectors."""
    import datetime as dt
    import decimal
    import ipaddress
    import uuid

    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag, content = next(iter(value.items()), ("", None))
    names = current["module"].__dict__
    if tag == "$float":
        return float(content)
    if tag == "$int":
        return int(content)
    if tag == "$datetime":
        return dt.datetime.fromisoformat(content)
    if tag == "$date":
        return dt.date.fromisoformat(content)
    if tag == "$time":
        return dt.time.fromisoformat(content)
    if tag == "$timedelta":
        return dt.timedelta(*content)
    if tag == "$uuid":
        return uuid.UUID(content)
    if tag == "$str":
        name, text = content
        return getattr(ipaddress, name)(text)
    if tag == "$decimal":
        return decimal.Decimal(content)
    if tag == "$enum":
        return names[content["class"]](content["value"])
    if tag == "$bytes":
        return bytes.fromhex(content)
    if tag == "$set":
        return set(decode(content))
    if tag == "$frozenset":
        return frozenset(decode(content))
    if tag == "$tuple":
        return tuple(decode(content))
    if tag == "$dict":
        return {decode(key): decode(member) for key, member in content}
    if tag == "$model":
        model = names[content["class"]]
        given = [(name, decode(member)) for name, member in content["fields"]]
        return model.model_construct(_fields_set=set(content["set"]), **dict(given))
    return {key: decode(member) for key, member in value.items()}


async def dispatch(scope, receive, send):
    """Hands the request to the current application; what it raises goes into a header."""
    messages = []

    async def hold(message):
        messages.append(message)

    try:
        await current["app"](scope, receive, hold)
    except Exception as error:  # noqa: BLE001 - every failure is an answer here
        name = f"{type(error).__name__}: {error}"[:300].encode("ascii", "backslashreplace").replace(b"\n", b" ")
        for message in messages:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-exception", name)]
    for message in messages:
        await send(message)


def load(preamble, sources):
    """A new module with the preamble and every source that Python can declare; the others' errors by their index."""
    module = types.ModuleType("fuzzed")
    sys.modules["fuzzed"] = module
    module.decode = decode
    refused = {}
    exec(compile(preamble, "fuzzed.py", "exec"), module.__dict__)
    for index, source in enumerate(sources):
        routes = len(module.app.router.routes)
        try:
            exec(compile(source, "fuzzed.py", "exec"), module.__dict__)
        except Exception as error:  # noqa: BLE001 - such a declaration is none
            refused[index] = f"{type(error).__name__}: {error}"[:300]
            del module.app.router.routes[routes:]
    document = module.app.openapi()
    current.update(module=module, app=module.app)
    return {"openapi": document, "refused": refused}


def listen_for_sources(server, out):
    for line in sys.stdin:
        try:
            answer = load(**json.loads(line))
        except BaseException:  # noqa: BLE001 - reported to the other side
            answer = {"error": traceback.format_exc(limit=-3)}
        out.write(json.dumps(answer) + "\n")
        out.flush()
    server.should_exit = True


def main():
    logging.disable(logging.CRITICAL)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        dispatch, lifespan="off", log_level="critical", access_log=False, timeout_keep_alive=600,
        h11_max_incomplete_event_size=1 << 20,
        # Whoever asks may be gone in the middle of a request.
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=listen_for_sources, args=(server, out), daemon=True).start()
    out.write(json.dumps({"port": listener.getsockname()[1], "fastapi": fastapi.__version__}) + "\n")
    out.flush()
    server.run(sockets=[listener])


main()
