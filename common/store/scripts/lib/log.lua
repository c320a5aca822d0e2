-- Appends a record to a conversation's log under the next seq, and returns both (store/record.h).
local function append(conversation, log, kind, tail)
  local seq = redis.call('HINCRBY', conversation, 'seq', 1)
  local record = kind .. string.format('%d', seq) .. tail
  redis.call('RPUSH', log, record)
  return seq, record
end

local function member_tail(action, user, by, role, time)
  return ',"action":"' .. action .. '","user":"' .. user .. '","by":"' .. by ..
    '","role":"' .. role .. '","time":' .. time .. '}'
end
