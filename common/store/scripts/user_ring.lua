-- Rings the chat-servers where a user is connected.
-- KEYS  nodes of the user
-- ARGV  bell (store/bell.h)
-- include lib/ring.lua
ring(KEYS[1], '', ARGV[1])
return {'ok'}
