-- SPDX-License-Identifier: MIT
-- wrk's script: reads and writes of the table `notes`, mixed at random, and pauses between them. Ends with one line of
-- JSON for the script that runs it.
--
--     wrk ... -s mix.lua http://HOST:PORT/ -- ROWS SEED RATE
--
-- ROWS: with the keys 1 to ROWS, which are read and changed; what is inserted has greater ones, and is deleted later.
-- SEED: no two runs have the same; no row of one meets those of another.
-- RATE: requests a second and thread, sent at even distances as long as a connection is free; 0: as many as can be.

local ffi = require("ffi")

ffi.cdef([[
   struct myrest_moment { long seconds, nanoseconds; };
   int clock_gettime(int clock, struct myrest_moment *);
]])

local LATE_MS = 200 -- what could not be sent in time by so much is not sent after all
local PER_RUN, BEHIND = 1000000, 500
local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   local rows, seed, rate = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
   local json = { ["Content-Type"] = "application/json" }
   local first, inserted, deleted = rows + 1 + (seed * 16 + number) * PER_RUN, 0, 0

   math.randomseed(seed * 1000 + number)
   if rate > 0 then
      local moment, due = ffi.new("struct myrest_moment"), 0

      function delay()
         ffi.C.clock_gettime(1, moment)
         local now = tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1000000

         due = math.max(due + 1000 / rate, now - LATE_MS)
         return math.max(math.floor(due - now + 0.5), 0)
      end
   end

   local function key()
      return math.random(1, rows)
   end

   local function insert_or_delete()
      if inserted - deleted > BEHIND then
         deleted = deleted + 1
         return wrk.format("DELETE", "/notes?id=eq." .. first + deleted - 1)
      end
      inserted = inserted + 1
      return wrk.format("POST", "/notes", json, '{"id":' .. first + inserted - 1 .. ',"v":1,"body":"inserted"}')
   end

   function request()
      local chance = math.random()

      if chance < 0.50 then
         return wrk.format("GET", "/notes/" .. key())
      elseif chance < 0.60 then
         return wrk.format("GET", "/notes?order=id&limit=20&offset=" .. key() % 1000)
      elseif chance < 0.70 then
         return wrk.format("GET", "/notes?v=eq." .. math.random(0, 99) .. "&order=id&limit=5&select=id,v")
      elseif chance < 0.75 then
         return wrk.format("GET", "/notes?id=lt." .. key() .. "&order=id.desc&limit=10", { ["Accept"] = "text/csv" })
      elseif chance < 0.80 then
         return wrk.format("GET", "/notes?limit=1&id=lt.100", { ["Prefer"] = "count=exact" })
      elseif chance < 0.90 then
         return wrk.format("PATCH", "/notes/" .. key(), json, '{"v":' .. math.random(0, 99) .. "}")
      elseif chance < 0.93 then
         return wrk.format("POST", "/notes?on_conflict=id", { ["Content-Type"] = "application/json",
            ["Prefer"] = "resolution=merge-duplicates,return=representation" },
            '{"id":' .. key() .. ',"v":5,"body":"merged"}')
      end
      return insert_or_delete()
   end
end

function done(summary, latency)
   local errors = summary.errors

   print(string.format('{"seconds":%.6f,"requests":%d,"mean_us":%.0f,"p50_us":%d,"p99_us":%d,"max_us":%d,'
      .. '"refused":%d,"cut":%d}', summary.duration / 1e6, summary.requests, latency.mean, latency:percentile(50),
      latency:percentile(99), latency.max, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout))
end
