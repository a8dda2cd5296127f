-- SPDX-License-Identifier: MIT
-- wrk's script: a fixed path, a random key under it, or the paths of a file; or writes. Ends with one line of JSON for
-- the script that runs it.
--
--     wrk ... -s load.lua http://HOST:PORT/PATH -- KEYS SEED METHOD
--
-- KEYS 0: every request is the same. KEYS n: PATH/1 to PATH/n at random, another sequence in each thread.
-- KEYS a file's name: its lines are the paths, asked in turn.
-- PATCH, KEYS n: PATH/1 to PATH/n at random, each time another email.
-- POST, KEYS 0: a row that no other thread, seed or request has. KEYS a file's name: its lines are the bodies, sent in
-- turn. A request is made before wrk starts its clock for it.

local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("number", threads)
end

local function write(method, args)
   local keys, format, count = tonumber(args[1]), wrk.format, 0
   local headers = { ["Content-Type"] = "application/json" }
   local mark = args[2] .. "-" .. number .. "-"

   if keys == nil then
      local bodies = {}

      for body in io.lines(args[1]) do
         bodies[#bodies + 1] = format(method, nil, headers, body)
      end
      return function()
         count = count % #bodies + 1
         return bodies[count]
      end
   end
   if method == "POST" then
      return function()
         count = count + 1
         return format(method, nil, headers, '{"username":"u' .. mark .. count .. '","email":"u' .. mark .. count
            .. '@example.com"}')
      end
   end
   math.randomseed(tonumber(args[2]) * 100 + number)
   return function()
      count = count + 1
      return format(method, wrk.path .. "/" .. math.random(keys), headers, '{"email":"m' .. mark .. count
         .. '@example.com"}')
   end
end

function init(args)
   local keys = tonumber(args[1])
   local requests = {}

   if args[3] ~= "GET" then
      request = write(args[3], args)
      return
   end
   if keys == nil then
      local last = 0

      for path in io.lines(args[1]) do
         requests[#requests + 1] = wrk.format("GET", path)
      end
      request = function()
         last = last % #requests + 1
         return requests[last]
      end
      return
   end
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
