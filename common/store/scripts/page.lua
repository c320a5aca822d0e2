-- A page of a conversation's log, ascending: the newest records before a seq, or the oldest after one.
-- KEYS  conversation, members, log
-- ARGV  user ("" for a server's own reading, which needs no membership), "before" | "after", seq, limit
-- Returns {"ok", seq of the conversation, more (0|1), record …}, or {"not_found"}.
if ARGV[1] ~= '' and redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return {'not_found'} end
local last = tonumber(redis.call('HGET', KEYS[1], 'seq') or '0')
local gone = last - redis.call('LLEN', KEYS[3]) -- records that retention has dropped: 1..gone
local seq, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
local from, to
if ARGV[2] == 'before' then
  to = math.min(seq - 1, last)
  from = math.max(to - limit + 1, gone + 1)
else
  from = math.max(seq + 1, gone + 1)
  to = math.min(from + limit - 1, last)
end
if from > to then return {'ok', last, 0} end
local page = redis.call('LRANGE', KEYS[3], from - gone - 1, to - gone - 1)
local more = ARGV[2] == 'before' and from > gone + 1 or ARGV[2] == 'after' and to < last
table.insert(page, 1, more and 1 or 0)
table.insert(page, 1, last)
table.insert(page, 1, 'ok')
return page
