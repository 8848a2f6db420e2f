"""A small S3 in memory that keeps versions and says what was asked of it. Signatures are not checked:
MinIO does that.

    with FakeS3({"uploads": {"orders.json": {"v1": b"[]"}}}) as s3:     # version "": none is kept
        ... AWS_ENDPOINT_URL_S3=s3.url ...
        s3.gets       # [("orders.json", "v1"), …], of what lay there from the beginning
"""
import hashlib
import http.server
import re
import threading
import urllib.parse


def etag_of(content):
    return hashlib.md5(content).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        s3 = self.server.s3
        url = urllib.parse.urlsplit(self.path)
        _, bucket, key = urllib.parse.unquote(url.path).split("/", 2)
        query = dict(urllib.parse.parse_qsl(url.query))
        versions = s3.buckets.get(bucket, {}).get(key, {})
        version = query.get("versionId", next(reversed(versions), None))
        if version not in versions:
            return self.refuse(404, "NoSuchVersion" if "versionId" in query else "NoSuchKey")
        content = versions[version]
        wanted = self.headers.get("If-Match", "").strip('"')
        if wanted and wanted != etag_of(content):
            return self.refuse(412, "PreconditionFailed")
        status, piece = 200, content
        if span := re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            status, piece = 206, content[int(span[1]):int(span[2]) + 1]
        if self.command == "GET" and (bucket, key) in s3.original:
            s3.gets.append((key, version))
        headers = {"ETag": f'"{etag_of(content)}"'}
        if version:
            headers["x-amz-version-id"] = version
        self.answer(status, piece, headers)

    do_HEAD = do_GET

    def do_PUT(self):
        _, bucket, key = urllib.parse.unquote(self.path).split("/", 2)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.s3.buckets.setdefault(bucket, {})[key] = {"": content}
        self.answer(200, b"", {"ETag": f'"{etag_of(content)}"'})

    def do_DELETE(self):
        _, bucket, key = urllib.parse.unquote(self.path).split("/", 2)
        self.server.s3.buckets.get(bucket, {}).pop(key, None)
        self.answer(204)

    def refuse(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode())

    def answer(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class FakeS3:
    def __init__(self, buckets):
        self.buckets, self.gets = buckets, []
        self.original = {(bucket, key) for bucket, keys in buckets.items() for key in keys}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.daemon_threads, self.server.s3 = True, self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
