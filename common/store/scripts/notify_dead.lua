-- A page of the dead letters, the latest first.
-- KEYS  queue
-- ARGV  time and id of the one before the page ("" and "" for the first page), how many
-- Returns {1 when there are more, id, {field, value …}, …}.
-- include lib/notify.lua
local q, limit = KEYS[1], tonumber(ARGV[3])
local from = 0
if ARGV[2] ~= '' then
  local rank = call('ZREVRANK', q .. ':dead', ARGV[2])
  from = rank and rank + 1 or call('ZCOUNT', q .. ':dead', '(' .. ARGV[1], '+inf')
end
local page, ids = {0}, call('ZREVRANGE', q .. ':dead', from, from + limit)
for i, id in ipairs(ids) do
  if i > limit then
    page[1] = 1
    break
  end
  local hash = call('HGETALL', q .. ':n:' .. id)
  if #hash > 0 then
    page[#page + 1] = id
    page[#page + 1] = hash
  else
    call('ZREM', q .. ':dead', id)
  end
end
return page
