-- What is due: what is to be tried again goes back into its stream, what has expired ends.
-- KEYS  queue
-- ARGV  how many of either at most, what finish() keeps, "trim" or "": whether to drop what is done with, too, and "groups"
--       or "": whether to make sure that there are the streams' groups
-- Returns how many there were of what there were more of: with as many as were asked for, there may be more.
-- include lib/now.lua
-- include lib/notify.lua
local q, n = KEYS[1], tonumber(ARGV[1])
local keep = {ARGV[2], ARGV[3], ARGV[4]}
local now = now_ms()

-- Drops the entries that are done with: all before the first that somebody has in hand. (To XDEL each when it is done
-- costs as much as all else together.)
local function trim()
  for name in pairs(STREAMS) do
    local stream = stream_of(q, name)
    local pending = redis.pcall('XPENDING', stream, GROUP)
    if pending.err then -- no such group: nobody has taken anything yet
    elseif pending[1] > 0 then call('XTRIM', stream, 'MINID', pending[2])
    elseif name == 'flight' then call('XTRIM', stream, 'MAXLEN', 0)
    else
      local group = call('XINFO', 'GROUPS', stream)[1]
      for i = 1, #group, 2 do
        if group[i] == 'last-delivered-id' then
          local ms, n = string.match(group[i + 1], '^(%d+)-(%d+)$')
          call('XTRIM', stream, 'MINID', ms .. '-' .. string.format('%d', n + 1))
        end
      end
    end
  end
end

if ARGV[6] == 'groups' then -- a Redis that came back empty has none
  for name in pairs(STREAMS) do redis.pcall('XGROUP', 'CREATE', stream_of(q, name), GROUP, '0', 'MKSTREAM') end
end

local later = call('ZRANGEBYSCORE', q .. ':later', '-inf', now, 'LIMIT', 0, n)
for _, member in ipairs(later) do
  local id, device = string.match(member, '^(%S+) (%S+)$')
  local priority = call('HGET', q .. ':n:' .. id, 'priority')
  call('ZREM', q .. ':later', member)
  if priority then enqueue(q, priority, id, device) end
end

-- What waits where nobody looks, in the lane of a host that does not answer, expires too.
local late = call('ZRANGEBYSCORE', q .. ':expiry', '-inf', now, 'LIMIT', 0, n)
for _, id in ipairs(late) do
  call('ZREM', q .. ':expiry', id) -- first: when Redis is full it allows a script to begin with this
  if not has_ended(call('HGET', q .. ':n:' .. id, 'status')) and not finish_waiting(q, id, now, 'expired', keep) then
    call('ZADD', q .. ':expiry', now + 5000, id)
  end
end

if ARGV[5] == 'trim' then trim() end
return math.max(#later, #late)
