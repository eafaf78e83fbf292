"""An OpenAI-compatible server on loopback, whose replies a function decides."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def chat_server(
    reply: Callable[[dict], tuple[int, str] | tuple[int, str, str]],
    tokens: tuple[int, int] = (1, 1),
) -> Iterator[tuple[str, list[dict]]]:
    """Serve chat completions; gives the base address and the list of requests, which grows.

    ``reply`` takes the request's JSON and gives a status, the text of the reply (or of the error) and, where it is
    not ``stop``, why the reply ended;
    ``tokens`` says how many every one is said to read and write.
    """
    asked: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(request)
            status, text, *finish = reply(request)
            message = {"role": "assistant", "content": text}
            body = (
                {
                    "id": f"r{len(asked)}", "object": "chat.completion", "created": 0, "model": request["model"],
                    "choices": [{"index": 0, "message": message, "finish_reason": finish[0] if finish else "stop"}],
                    "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
                }
                if status == 200
                else {"error": {"message": text, "type": "invalid_request_error"}}
            )  # fmt: skip
            data = json.dumps(body).encode()
            with suppress(ConnectionError):  # the other side may be gone by now
                self.answer(status, data)

        def answer(self, status, data):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
