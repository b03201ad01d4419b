"""A web server on localhost that stands in for the addresses of published data."""

import http.server


class Server(http.server.ThreadingHTTPServer):
    """Sends what ``files`` hold by path, cut off after ``cut`` bytes if set; ``asked`` lists path and range."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.cut, self.ranges, self.asked = {}, None, True, []

    def address(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content, asked = self.server.files.get(self.path.lstrip("/")), self.headers["Range"]
        self.server.asked.append((self.path.lstrip("/"), asked))
        if content is None:
            return self.send_error(404)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
        if start >= len(content) > 0:
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        return self.wfile.write(content[start:][: self.server.cut])

    def log_message(self, *arguments):
        pass
