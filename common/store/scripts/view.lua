-- A conversation as one member sees it; a chat-server that will hold that member's connection is
-- registered for its doorbell in the same step, so that nothing falls between.
-- KEYS  conversation, members, log, mute
-- ARGV  user, node ("" for none)
-- Returns {"ok", kind, name, seq, read, muted_until, members_count, peer, last record, role, created} with ""
-- for what there is not, or {"not_found"}.
-- include lib/nodes.lua
local user, node = ARGV[1], ARGV[2]
local role = redis.call('HGET', KEYS[2], user)
if not role then return {'not_found'} end

local at = redis.call('HMGET', KEYS[1], 'kind', 'name', 'seq', 'created', 'read:' .. user, 'nodes')
if node ~= '' then register(KEYS[1], at[6], node) end
local peer = ''
if at[1] == 'direct' then
  peer = user
  for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
    if name ~= user then peer = name end
  end
end
return {'ok', at[1], at[2] or '', at[3], at[5] or '0', redis.call('HGET', KEYS[4], user) or '',
  redis.call('HLEN', KEYS[2]), peer, redis.call('LINDEX', KEYS[3], -1) or '', role, at[4]}
