-- Is a member still to be told of what came up to seq? Asked right before it is sent.
-- KEYS  conversation, mute (the same slot)
-- ARGV  user, seq
-- Returns "silent" (yes), or why not: "left", "read", "received", "blocked", "muted".
-- include lib/now.lua
local user, seq = ARGV[1], tonumber(ARGV[2])
local at = redis.call('HMGET', KEYS[1], 'read:' .. user, 'received:' .. user, 'blocked')
if not at[1] then return 'left' end
if tonumber(at[1]) >= seq then return 'read' end
if tonumber(at[2] or '0') >= seq then return 'received' end
if at[3] then return 'blocked' end
if tonumber(redis.call('HGET', KEYS[2], user) or '0') > now_ms() then return 'muted' end
return 'silent'
