-- A conversation as one member sees it; a chat-server that will hold that member's connection is
-- registered for its doorbell in the same step, so that nothing falls between.
-- KEYS  conversation, members, log, read, mute, nodes
-- ARGV  user, node ("" for none)
-- Returns {"ok", kind, name, seq, read, muted_until, members_count, peer, last record, role, created} with ""
-- for what there is not, or {"not_found"}.
local user = ARGV[1]
local role = redis.call('HGET', KEYS[2], user)
if not role then return {'not_found'} end
if ARGV[2] ~= '' then redis.call('SADD', KEYS[6], ARGV[2]) end

local meta = redis.call('HMGET', KEYS[1], 'kind', 'name', 'seq', 'created')
local peer = ''
if meta[1] == 'direct' then
  peer = user
  for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
    if name ~= user then peer = name end
  end
end
return {'ok', meta[1], meta[2] or '', meta[3], redis.call('HGET', KEYS[4], user) or '0',
  redis.call('HGET', KEYS[5], user) or '', redis.call('HLEN', KEYS[2]), peer,
  redis.call('LINDEX', KEYS[3], -1) or '', role, meta[4]}
