-- wrk's script: POST /produce with orders whose ids are unique, one a request or a batch of N.
--   wrk … -s produce.lua URL -- RUN BATCH [N]
-- With N they are CloudEvents with a traceparent each, and every Nth is marked as sampled.
-- Prints one JSON object with what was answered and how long it took.
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local run, batch, followed, sent, headers

function init(arguments)
    run, batch, followed, sent = arguments[1], tonumber(arguments[2]), tonumber(arguments[3]), 0
    headers = {["Content-Type"] = batch > 1 and "application/x-ndjson" or "application/json"}
end

local pattern = '{"type":"order","id":"%s-%d-%d","data":{"id":%d,"customer_id":"customer-%d",'
    .. '"product_id":"product-%d","quantity":%d,"total":%d.50,"currency":"EUR","status":"open",'
    .. '"priority":"normal","date":"2026-11-25T10:00:00Z","comment":"leave it at the back door"}}'

local function event()
    sent = sent + 1
    local text = string.format(pattern, run, number, sent, sent, sent % 5000, sent % 997,
                               sent % 9 + 1, sent % 1000)
    if not followed then return text end
    return string.format('{"specversion":"1.0","source":"/bench",'
                         .. '"traceparent":"00-%016x%016x-00000000000000ff-0%d",%s',
                         number + 1, sent, sent % followed == 0 and 1 or 0, text:sub(2))
end

function request()
    local body
    if batch == 1 then
        body = event()
    else
        local lines = {}
        for i = 1, batch do lines[i] = event() end
        body = table.concat(lines, "\n")
    end
    return wrk.format("POST", nil, headers, body)
end

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '{"requests":%d,"refused":%d,"broken":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f}',
        summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
