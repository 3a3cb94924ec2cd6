"""An OpenAI-compatible endpoint on loopback that counts what it is asked."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LATENCY = 0.01


class Endpoint(ThreadingHTTPServer):
    """Answers sums of two numbers, right or wrong by the seed of the request; always the same to the same."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[str] = Counter()
        self.money = 10**9
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *_: Any) -> None:
        """Whoever asked was killed."""

    def takes(self, body: dict[str, Any]) -> bool:
        """Whether the account still pays for a request, which is then counted."""
        with self.lock:
            self.money -= 1
            if self.money >= 0:
                self.asked[json.dumps(body, sort_keys=True)] += 1
            return self.money >= 0

    @property
    def again(self) -> int:
        """Answered requests that had been answered before."""
        return sum(count - 1 for count in self.asked.values())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        paid = self.server.takes(body)
        time.sleep(LATENCY)
        reply = _reply(body) if paid else {"error": {"message": "Insufficient Balance"}}
        payload = json.dumps(reply).encode()
        self.send_response(200 if paid else 402)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


def _reply(body: dict[str, Any]) -> dict[str, Any]:
    question = body["messages"][-1]["content"]
    total = sum(int(word) for word in question.rstrip(".").split() if word.isdigit())
    seed = int(body.get("seed") or 0)
    choices = []
    for index in range(int(body.get("n") or 1)):
        value = total + (seed + index) % 3 % 2
        text = f"<think>{' '.join(question.split()[1:])} makes {value}.</think>\\boxed{{{value}}}"
        message = {"role": "assistant", "content": text}
        choices.append({"index": index, "message": message, "finish_reason": "stop"})
    return {"choices": choices, "usage": {"prompt_tokens": 9, "completion_tokens": 12 * len(choices)}}
