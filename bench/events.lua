-- wrk sends orders of 286 bytes: one a request, or BATCH of them as an array. Every thread has its
-- own pool of requests, so that making them costs nothing while it is measured. Ids are left to the
-- Producer, which makes a new one each time. The last line that is printed is the result as JSON.
local batch = tonumber(os.getenv("BATCH") or "1")
local requests, at = {}, 0

local function order(n)
    local head = string.format(
        '{"type":"order","data":{"id":%d,"customer_id":%d,"total":%d.50,"status":"open","note":"',
        n, n % 997, n % 5000)
    return head .. string.rep("x", 286 - #head - 3) .. '"}}'
end

local threads = 0
function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

function init()
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    for pool = 1, 64 do
        local orders = {}
        for i = 1, batch do orders[i] = order(number * 1000000 + pool * 10000 + i) end
        local body = table.concat(orders, ",")
        requests[pool] = wrk.format(nil, nil, nil, batch > 1 and "[" .. body .. "]" or body)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests":%d,"seconds":%.3f,"refused":%d,"failed":%d,"p50":%.3f,"p99":%.3f}\n',
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
