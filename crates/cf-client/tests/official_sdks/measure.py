"""A server that misbehaves, case by case, and how a program handles it.

    measure.py PROGRAM ARGUMENT... -- [CASE...]

The program gets an operation and a base URL, and prints the outcome.
"""

import email.utils
import json
import re
import socket
import subprocess
import sys
import threading
import time

PATIENCE = 45  # seconds


class Server:
    """Answers request number n, from 0, with what `handler(n, self)` gives: bytes, or a function that
    takes the connection, which is closed afterwards."""

    def __init__(self, handler):
        self.handler = handler
        self.requests = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/client/v4"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        left = b""
        try:
            while True:
                while b"\r\n\r\n" not in left:
                    data = connection.recv(65536)
                    if not data:
                        return
                    left += data
                head, left = left.split(b"\r\n\r\n", 1)
                length = re.search(rb"content-length: (\d+)", head, re.I)
                length = int(length.group(1)) if length else 0
                while len(left) < length:
                    left += connection.recv(65536)
                left = left[length:]
                self.requests.append((time.time(), head.decode()))
                answer = self.handler(len(self.requests) - 1, self)
                if callable(answer):
                    answer(connection)
                    connection.close()
                    return
                connection.sendall(answer)
        except OSError:
            pass


def reply(status, body, **headers):
    body = (body if isinstance(body, str) else json.dumps(body)).encode()
    headers = {"content_type": "application/json", "content_length": len(body), **headers}
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"HTTP/1.1 {status} Whatever\r\n{''.join(lines)}\r\n".encode() + body


def success(result, **more):
    return reply(200, {"success": True, "errors": [], "messages": [], "result": result, **more})


def failure(status, errors=()):
    return reply(status, {"success": False, "errors": list(errors), "result": None})


def cut(connection):
    connection.shutdown(socket.SHUT_RDWR)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n"


def truncated(connection):
    connection.sendall(HEAD + b'{"success":true,"result":{"id"')


def drip(connection):
    connection.sendall(HEAD)
    for _ in range(24):
        connection.sendall(b" ")
        time.sleep(0.5)


ZONE = {"id": "1", "name": "example.com"}
SLOW = {"code": 971, "message": "slow down"}
NO = {"code": 7, "message": "no"}
HTML = {"content_type": "text/html"}
elsewhere = Server(lambda n, _: success(ZONE))


def turned_away(retry_after):
    def answer(n, _):
        refusal = {"success": False, "errors": [SLOW]}
        return success(ZONE) if n else reply(429, refusal, retry_after=retry_after())

    return answer


def pages(*replies):
    return lambda n, _: replies[min(n, len(replies) - 1)]


def in_four_seconds():
    return email.utils.formatdate(time.time() + 4, usegmt=True)


def shrinking(n, _):
    items = [{"id": f"{n}a", "name": "a"}, {"id": f"{n}b", "name": "b"}] if n < 3 else []
    count = 6 if n == 0 else 1
    info = {"page": n + 1, "per_page": 2, "total_count": count, "total_pages": (count + 1) // 2}
    return success(items, result_info=info)


CASES = {
    "post_cut": ("create", lambda n, _: cut),
    "post_500": ("create", lambda n, _: failure(500)),
    "post_502": ("create", lambda n, _: reply(502, "<html>bad gateway</html>", **HTML)),
    "post_409": ("create", lambda n, _: failure(409)),
    "post_302": ("create", lambda n, server: success(ZONE) if n else reply(302, "", location=server.url + "/moved")),
    "retry_seconds": ("get", turned_away(lambda: "3")),
    "retry_date": ("get", turned_away(in_four_seconds)),
    "retry_90": ("get", turned_away(lambda: "90")),
    "nothing_left": ("get_twice", lambda n, _: reply(200, {"success": True, "result": ZONE}, ratelimit='"default";r=0;t=3')),
    "success_false": ("get", lambda n, _: failure(200, [NO])),
    "post_success_false": ("create", lambda n, _: failure(200, [NO])),
    "html_200": ("get", lambda n, _: reply(200, "<html>log in</html>", **HTML)),
    "empty_200": ("get", lambda n, _: reply(200, "")),
    "not_json_200": ("get", lambda n, _: reply(200, "oops")),
    "truncated": ("get", lambda n, _: truncated),
    "drip": ("get_within_2_s", lambda n, _: drip),
    "deep": ("get", lambda n, _: reply(200, '{"success":true,"result":{"id":"1","d":' + "[" * 9000 + "]" * 9000 + "}}")),
    "wrong_type": ("get", lambda n, _: success({"id": 7, "name": ["x"]})),
    "errors_strings": ("get", lambda n, _: failure(400, ["bad thing"])),
    "redirect_with_key": ("get_with_key", lambda n, _: reply(307, "", location=elsewhere.url.replace("127.0.0.1", "localhost"))),
    # 40 requests are enough to show that there is no end.
    "ignores_page": ("zones", lambda n, _: success([ZONE] if n < 40 else [], result_info={"page": 1, "per_page": 1, "count": 1})),
    "cursor_repeats": ("keys", lambda n, _: success([{"name": "a"}] if n < 40 else [], result_info={"cursor": "1"})),
    "empty_page_with_cursor": ("keys", pages(
        success([{"name": "a"}], result_info={"cursor": "1"}),
        success([], result_info={"cursor": "2"}),
        success([{"name": "c"}], result_info={"cursor": ""}),
    )),
    "single_page_of_three": ("queues", lambda n, _: success([{"queue_name": f"{n}"}], result_info={"page": n + 1, "per_page": 1, "total_count": 3, "total_pages": 3})),
    "total_shrinks": ("zones", shrinking),
}


def main():
    split = sys.argv.index("--")
    program, wanted = sys.argv[1:split], sys.argv[split + 1 :]
    for name, (operation, handler) in CASES.items():
        if wanted and name not in wanted:
            continue
        server, started = Server(handler), time.time()
        elsewhere.requests.clear()
        try:
            command = [*program, operation, server.url]
            output = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout.strip()
        except subprocess.TimeoutExpired:
            output = f"still at it after {PATIENCE} s"
        times = [at for at, _ in server.requests]
        methods = [head.split()[0] for _, head in server.requests]
        waits = [round(later - earlier, 1) for earlier, later in zip(times, times[1:])]
        print(f"{name}: {len(methods)} requests {methods[:4]}, waits {waits[:4]}, {time.time() - started:.1f} s")
        for _, head in elsewhere.requests:
            print(f"  another host was sent the key: {'x-auth-key' in head.lower()}")
        print(f"  {output[:160]}", flush=True)


main()
