-- SPDX-License-Identifier: MIT
-- wrk's script: a fixed path, or a random key under it; ends with one line of JSON for ./run.
--
--     wrk ... -s load.lua http://HOST:PORT/PATH -- KEYS SEED
--
-- KEYS 0: every request is the same. KEYS n: PATH/1 to PATH/n at random, another sequence in each thread.

local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("number", threads)
end

function init(args)
   local keys = tonumber(args[1])
   local requests = {}

   if keys == 0 then
      return -- without request() wrk makes the bytes once
   end
   for key = 1, keys do
      requests[key] = wrk.format("GET", wrk.path .. "/" .. key)
   end
   math.randomseed(tonumber(args[2]) * 100 + number)
   request = function()
      return requests[math.random(keys)]
   end
end

function done(summary, latency)
   local errors = summary.errors
   local lost = errors.connect + errors.read + errors.write + errors.timeout

   io.write(string.format(
      '\n{"requests": %d, "duration_us": %d, "bytes": %d, "p50_us": %d, "p99_us": %d, "max_us": %d, '
         .. '"not_2xx": %d, "lost": %d}\n',
      summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
      latency.max, errors.status, lost))
end
