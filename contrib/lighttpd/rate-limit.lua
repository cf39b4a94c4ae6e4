-- SPDX-License-Identifier: MIT
-- lighttpd, mod_magnet: at most so many requests of one address within so many seconds. An order
-- takes 10 to 40 requests; a client at work stays below.
local most, seconds = 400, 30

-- lighttpd keeps the state of Lua between requests, but not a script's own variables.
local state = package.loaded.acmeproxy_rate_limit
local now = os.time()
if not state or now >= state.until_ then
    state = { until_ = now + seconds, count = {} }
    package.loaded.acmeproxy_rate_limit = state
end
local address = lighty.env["request.remote-addr"] or lighty.env["request.remote-ip"] or ""
local count = (state.count[address] or 0) + 1
state.count[address] = count
if count > most then
    lighty.header["Retry-After"] = tostring(state.until_ - now)
    return 429
end
return nil
