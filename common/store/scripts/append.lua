-- One message, once. The hot path: one call stores it, numbers it and rings the other servers. Every redis.call costs
-- one to three microseconds here, so there is none that a new message could do without.
-- KEYS  conversation, log, ids (a period's number is appended to it)
-- ARGV  user, id, time, content (store/record.h), node of the caller, number of the time's period, its length in ms
-- Returns the seq, or {"duplicate", seq, time}, {"id_reused"}, {"not_found"}, {"blocked"} (what was stored before the
-- block is still a duplicate).
-- include lib/nodes.lua
local call, user, id, time, content = redis.call, ARGV[1], ARGV[2], ARGV[3], ARGV[4]

-- All that is to be known of the conversation, in one go. Who has no marker is no member.
local marker = 'read:' .. user
local at = call('HMGET', KEYS[1], 'seq', marker, 'nodes', 'blocked', 'ids', 'ids_before')
if not at[2] then return {'not_found'} end

local head = ',"id":"' .. id .. '","from":"' .. user .. '","time":'
local field = user .. ' ' .. id

-- Sent before: the same content is the same message.
local function repeated(seen)
  local first = call('LINDEX', KEYS[2], 0)
  local first_seq = first and tonumber(string.match(first, '^%a(%d+)'))
  local at = first and tonumber(seen) - first_seq -- below 0: LINDEX would count from the end
  local record = at and at >= 0 and call('LINDEX', KEYS[2], at)
  if not record then return {'duplicate', tonumber(seen), 0} end -- retention has dropped it
  local stored_time, stored = string.match(record, '^(%d+)(.*)$', 2 + #seen + #head)
  if stored ~= content then return {'id_reused'} end
  return {'duplicate', tonumber(seen), tonumber(stored_time)}
end

-- Ids are remembered for one to two periods: in the newest one's hash, and looked up in the one before. The senders'
-- clocks differ: it never goes back, nor ahead of this Redis' clock by more than one.
local newest, before, fresh = at[5], at[6], false
if newest ~= ARGV[6] and tonumber(newest or '-1') < tonumber(ARGV[6]) then
  local now = math.floor(call('TIME')[1] * 1000 / ARGV[7])
  local period = string.format('%d', math.min(ARGV[6], now + 1))
  fresh = tonumber(period) > tonumber(newest or '-1')
  if fresh then
    before = newest == string.format('%d', period - 1) and newest or ''
    newest = period
  end
end
if before and before ~= '' then
  local seen = call('HGET', KEYS[3] .. before, field)
  if seen then return repeated(seen) end
end

if at[4] then
  local seen = call('HGET', KEYS[3] .. newest, field)
  return seen and repeated(seen) or {'blocked'}
end

local seq = at[1] + 1
local seq_text = string.format('%d', seq)
local ids = KEYS[3] .. newest
if call('HSETNX', ids, field, seq_text) == 0 then return repeated(call('HGET', ids, field)) end
if fresh then
  call('HSET', KEYS[1], 'ids', newest, 'ids_before', before)
  call('PEXPIRE', ids, ARGV[7] * 3)
end

local record = 'm' .. seq_text .. head .. time .. content
call('HSET', KEYS[1], 'seq', seq_text, marker, seq_text) -- who writes has read
call('RPUSH', KEYS[2], record)
ring(KEYS[1], at[3], ARGV[5], function() return 'L ' .. string.match(KEYS[1], '{(.*)}') .. ' ' .. record end)
return seq
