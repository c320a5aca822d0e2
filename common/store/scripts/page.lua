-- A page of a conversation's log, ascending: the newest records before a seq, or the oldest after one. Read in pieces,
-- so that a page of long records ends early (with `more`) instead of holding up everybody.
-- KEYS  conversation, log
-- ARGV  user ("" for a server's own reading, which needs no membership), "before" | "after", seq, limit, bytes at most
-- Returns {"ok", seq of the conversation, more (0|1), record …}, or {"not_found"}.
local at = redis.call('HMGET', KEYS[1], 'seq', 'read:' .. ARGV[1])
if ARGV[1] ~= '' and not at[2] then return {'not_found'} end
local last = tonumber(at[1] or '0')
local gone = last - redis.call('LLEN', KEYS[2]) -- records that retention has dropped: 1..gone
local seq, limit, bytes = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local backwards = ARGV[2] == 'before'
local from, to
if backwards then
  to = math.min(seq - 1, last)
  from = math.max(to - limit + 1, gone + 1)
else
  from = math.max(seq + 1, gone + 1)
  to = math.min(from + limit - 1, last)
end
if from > to then return {'ok', last, 0} end

local PIECE = 50
local page = {} -- in the order of reading
local at = backwards and to or from
while at >= from and at <= to and bytes > 0 do
  local low = backwards and math.max(at - PIECE + 1, from) or at
  local high = backwards and at or math.min(at + PIECE - 1, to)
  local piece = redis.call('LRANGE', KEYS[2], low - gone - 1, high - gone - 1)
  for i = 1, #piece do
    local record = piece[backwards and #piece - i + 1 or i]
    if bytes <= 0 then break end
    bytes = bytes - #record
    if bytes >= 0 or #page == 0 then page[#page + 1] = record end
  end
  at = backwards and low - 1 or high + 1
end

local more
if backwards then more = to - #page > gone else more = from + #page - 1 < last end
local reply = {'ok', last, more and 1 or 0}
for i = 1, #page do reply[#reply + 1] = page[backwards and #page - i + 1 or i] end
return reply
