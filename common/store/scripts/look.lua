-- Who of a conversation has had a message for so long without a sign of any device, and has not been seen to? A page of
-- its members at a time; what the members on the page are not to be told of is settled here.
-- KEYS  conversation, members, log, mute, pushed (the same slot)
-- ARGV  ms that a message must be old, how many members, cursor and seq that is old enough (both "0" at first, then as
--       the page before had them)
-- Returns {"ok", now, time of the oldest message that is not old enough yet (0: none), cursor ("0": that was the last
-- page), seq that is old enough, seq up to which those who are named are to be told, kind, name, how many of the page
-- are muted, how many blocked, {record …}: of each sender the newest, newest first, {user, unread, seq that a device
-- has seen or that was told, …}}, or {"not_found"}.
-- include lib/now.lua
local call = redis.call
local SENDERS, RECORDS, BYTES, STEPS = 8, 16, 65536, 1000
local SEEN = ':seen' -- a field of `pushed` that no user can have: "SEQ TIME", what was there at an earlier look
local now, first = now_ms(), ARGV[3] == '0'
local old = now - ARGV[1]
local at = call('HMGET', KEYS[1], 'kind', 'name', 'seq', 'blocked')
if not at[1] then return {'not_found'} end
local last = tonumber(at[3])
local gone = last - call('LLEN', KEYS[3]) -- records that retention has dropped: 1..gone
local newest = last > gone and call('LINDEX', KEYS[3], -1)

local function record_at(seq) return seq == last and newest or call('LINDEX', KEYS[3], seq - last - 1) end
local function time_of(record) return tonumber(string.match(record, '"time":(%d+)') or '0') end
local function is_message(record) return string.byte(record) == 109 end -- m

-- Up to which seq is everything old enough? Times are those of the chat-servers' clocks, nearly ascending.
local due, next_ms = last, 0
if newest and time_of(newest) > old then
  local beyond = last
  due = math.max(gone, last - STEPS)
  while beyond - due > 1 do
    local middle = math.floor((due + beyond) / 2)
    if time_of(record_at(middle)) <= old then due = middle else beyond = middle end
  end
  due = math.max(due, math.min(tonumber(ARGV[4]), last))
  -- A clock that is ahead of this one delays a push by one look: what an earlier look has seen is old.
  if first and due < last then
    local seen_seq, seen_ms = string.match(call('HGET', KEYS[5], SEEN) or '0 0', '^(%d+) (%d+)$')
    if tonumber(seen_ms) <= old then
      due = math.max(due, math.min(tonumber(seen_seq), last))
      call('HSET', KEYS[5], SEEN, digits(last) .. ' ' .. digits(now))
    end
  end
  if due < last then next_ms = math.min(time_of(record_at(due + 1)), now) end
end

-- The newest message of those; what happens to members makes no push.
local message = due
while message > gone and due - message < STEPS and not is_message(record_at(message)) do message = message - 1 end

local scan = call('HSCAN', KEYS[2], ARGV[3], 'COUNT', ARGV[2])
local users = {}
for i = 1, #scan[2], 2 do users[#users + 1] = scan[2][i] end
local function fields(key, prefix, names) -- in pieces that unpack() can take
  local values, some = {}, {}
  for i, name in ipairs(names) do
    some[#some + 1] = prefix .. name
    if #some == 1000 or i == #names then
      for _, value in ipairs(call('HMGET', key, unpack(some))) do values[#values + 1] = value end
      some = {}
    end
  end
  return values
end

-- Who has not seen it, and then, who of those has not been seen to.
local behind, markers, silent = {}, {}, {}
if message > gone then
  local reads, receiveds = fields(KEYS[1], 'read:', users), fields(KEYS[1], 'received:', users)
  for i, user in ipairs(users) do
    local read = tonumber(reads[i] or last)
    local seen = math.max(read, tonumber(receiveds[i] or '0'))
    if seen < message then
      behind[#behind + 1] = user
      markers[#behind] = {read, seen}
    end
  end
  for i, pushed in ipairs(fields(KEYS[5], '', behind)) do
    pushed = tonumber(pushed or '0')
    if pushed < message then
      silent[#silent + 1] = {behind[i], math.max(last - markers[i][1], 0), math.max(markers[i][2], pushed)}
    end
  end
end
local answer = {'ok', now, next_ms, scan[1], due, 0, at[1], at[2] or '', 0, 0, {}, {}}
local UPTO, MUTED, BLOCKED, TEXTS, TOLD = 6, 9, 10, 11, 12
if #silent == 0 then return answer end

-- What they have not seen: the newest record of each sender, and with it the seq up to which they are told.
local from, records, senders, bytes, upto = last, {}, {}, 0, message
for _, one in ipairs(silent) do from = math.min(from, one[3] + 1) end
local function take(seq)
  local record = record_at(seq)
  if not is_message(record) then return end
  upto = math.max(upto, seq)
  local sender = string.match(record, '"from":"([^"]*)"')
  if senders[sender] or (#records > 0 and bytes + #record > BYTES) then return end
  senders[sender] = true
  bytes = bytes + #record
  records[#records + 1] = record
end
local most = at[1] == 'direct' and 1 or SENDERS -- there it is from the other one
for seq = last, math.max(from, gone + 1, last - RECORDS + 1), -1 do
  if #records < most then take(seq) end
end
if #records == 0 then take(message) end

local settled, may_be_muted = {}, call('EXISTS', KEYS[4]) == 1
for _, one in ipairs(silent) do
  local reason = at[4] and BLOCKED
  if may_be_muted and not reason and tonumber(call('HGET', KEYS[4], one[1]) or '0') > now then reason = MUTED end
  if reason then
    answer[reason] = answer[reason] + 1
    settled[#settled + 1] = one[1]
    settled[#settled + 1] = digits(upto)
    if #settled >= 1000 then
      call('HSET', KEYS[5], unpack(settled))
      settled = {}
    end
  else
    for _, value in ipairs(one) do table.insert(answer[TOLD], value) end
  end
end
if #settled > 0 then call('HSET', KEYS[5], unpack(settled)) end
answer[UPTO] = upto
if #answer[TOLD] > 0 then answer[TEXTS] = records end
return answer
