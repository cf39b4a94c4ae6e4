-- SPDX-License-Identifier: MIT
-- A script for wrk: a number of requests instead of a time. Then it prints "SECONDS FAILED" and
-- ends wrk; when an answer is lost, wrk goes on to its own end and says nothing of the kind.
--
--   wrk -t1 -s fire.lua URL -- number COUNT NONCES    GETs; their nonces are written to that file
--   wrk -t1 -s fire.lua URL -- bodies FILE            POSTs, each with the next line of that file;
--                                                     the last 16 only keep connections busy

local ffi = require("ffi")
ffi.cdef [[
typedef struct { long seconds, nanoseconds; } instant;
int clock_gettime(int clock, instant *now);
]]

local bodies, nonces
local number, sent, answered, failed, first = 0, 0, 0, 0, nil

local function now()
    local instant = ffi.new("instant")
    ffi.C.clock_gettime(1, instant)
    return tonumber(instant.seconds) + tonumber(instant.nanoseconds) / 1e9
end

function init(arguments)
    if arguments[1] == "bodies" then
        bodies = {}
        for line in io.lines(arguments[2]) do
            bodies[#bodies + 1] = wrk.format("POST", nil, { ["Content-Type"] = "application/jose+json" }, line)
        end
        number = #bodies - 16
    else
        number = tonumber(arguments[2])
        nonces = io.open(arguments[3], "w")
    end
end

function request()
    first = first or now()
    sent = sent + 1
    return bodies and (bodies[sent] or bodies[#bodies]) or wrk.format("GET")
end

function response(status, headers)
    answered = answered + 1
    if answered <= number and (status < 200 or status > 299) then
        failed = failed + 1
    end
    if nonces and headers["Replay-Nonce"] then
        nonces:write(headers["Replay-Nonce"], "\n")
    end
    if answered == number then
        io.write(string.format("%.6f %d\n", now() - first, failed))
        io.flush()
        if nonces then
            nonces:close()
        end
        os.exit(0)
    end
end
