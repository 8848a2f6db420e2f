"""A small S3 in memory that keeps versions and says what was asked of it. Signatures are not checked:
MinIO does that.

    with FakeS3({"uploads": {"orders.json": {"v1": b"[]"}}}) as s3:     # version "": none is kept
        ... AWS_ENDPOINT_URL_S3=s3.url ...
        s3.gets       # [("orders.json", "v1"), …], of what lay there from the beginning
        s3.requests   # [Request(method, bucket, key, versionId that was asked for, status), …]

What is put gets a version where its bucket is one of `versioned`.
"""
import collections
import functools
import hashlib
import re
import urllib.parse
import uuid

from stand_in import Handler, StandIn

Request = collections.namedtuple("Request", "method bucket key version status")


@functools.lru_cache(8)
def etag_of(content):
    return hashlib.md5(content).hexdigest()


class _Handler(Handler):
    def asked(self):
        """Bucket, key and, if one is named, version."""
        url = urllib.parse.urlsplit(self.path)
        _, bucket, key = urllib.parse.unquote(url.path).split("/", 2)
        return bucket, key, dict(urllib.parse.parse_qsl(url.query)).get("versionId")

    def do_GET(self):
        s3 = self.server.owner
        bucket, key, named = self.asked()
        versions = s3.buckets.get(bucket, {}).get(key, {})
        version = named or next(reversed(versions), None)
        if version not in versions:
            return self.refuse(404, "NoSuchVersion" if named else "NoSuchKey")
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
        bucket, key, _ = self.asked()
        content = self.body()
        version = uuid.uuid4().hex[:31] if bucket in self.server.owner.versioned else ""
        versions = self.server.owner.buckets.setdefault(bucket, {}).setdefault(key, {})
        versions.pop(version, None)  # The newest is the last.
        versions[version] = content
        self.answer(200, b"", {"ETag": f'"{etag_of(content)}"'})

    def do_DELETE(self):
        bucket, key, _ = self.asked()
        self.server.owner.buckets.get(bucket, {}).pop(key, None)
        self.answer(204)

    def refuse(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode())

    def answer(self, status, body=b"", headers=None):
        self.server.owner.requests.append(Request(self.command, *self.asked(), status))
        super().answer(status, body, headers)


class FakeS3(StandIn):
    def __init__(self, buckets, versioned=(), **options):
        super().__init__(_Handler, **options)
        self.buckets, self.versioned, self.gets, self.requests = buckets, versioned, [], []
        self.original = {(bucket, key) for bucket, keys in buckets.items() for key in keys}

    def keys(self, bucket, prefix=""):
        return sorted(key for key in self.buckets.get(bucket, {}) if key.startswith(prefix))

    def newest(self, bucket, key):
        return list(self.buckets[bucket][key].values())[-1]
