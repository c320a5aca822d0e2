-- Retention: drops the oldest records of a log, not too many at once. Seqs stay what they were: the log's first record is
-- then not 1 (page.lua).
-- KEYS  log
-- ARGV  records to keep (0: any number), time in ms (0: none; older records go), most records to drop
-- Returns {how many were dropped, 1 when there may be more to drop}.
local keep, before = tonumber(ARGV[1]), tonumber(ARGV[2])
local length = redis.call('LLEN', KEYS[1])
local most = math.min(tonumber(ARGV[3]), length)
local n = keep > 0 and math.min(math.max(length - keep, 0), most) or 0

local PIECE = 100
local old = before > 0
while old and n < most do
  local piece = redis.call('LRANGE', KEYS[1], n, math.min(n + PIECE, most) - 1)
  for i = 1, #piece do
    local time = tonumber(string.match(piece[i], '"time":(%d+)') or '0') -- the first is ours (store/record.h)
    old = time < before
    if not old then break end
    n = n + 1
  end
end

if n > 0 then redis.call('LTRIM', KEYS[1], n, -1) end
return {n, n == most and n < length and 1 or 0}
