"""Every hit of a search, past its page size: for Elasticsearch, and OpenSearch alike."""

PAGE = 5000


def each_hit(ask, indices, **search):
    """`ask(method, path, body)` gives an answer's JSON, and fails where there is none."""
    page = ask("POST", f"/{indices}/_search?scroll=5m", {"size": PAGE, "sort": ["_doc"], **search})
    while page["hits"]["hits"]:
        yield from page["hits"]["hits"]
        page = ask("POST", "/_search/scroll", {"scroll": "5m", "scroll_id": page["_scroll_id"]})
    ask("DELETE", "/_search/scroll", {"scroll_id": page["_scroll_id"]})
