/* Every Redis key and channel, spelled once. What stands in braces is the hash tag: all keys of one user,
 * and all keys of one conversation, live in one slot of a Redis Cluster; every script touches one slot.
 *
 *   user NAME                              conversation ID
 *   u:{NAME}                hash           c:{ID}            hash, see below
 *   u:{NAME}:sessions       set of sids    c:{ID}:members    hash: user → owner | admin | member
 *   u:{NAME}:session:SID    hash, expires  c:{ID}:log        list of records (store/record.h), seq ascending
 *   u:{NAME}:conversations  zset: id by    c:{ID}:mute       hash: user → time in ms
 *                           time of joining c:{ID}:ids:N     hash: "user id" → seq, one a period of time
 *   u:{NAME}:nodes          set: chat-     c:{ID}:pushed     hash: user → seq up to which pushes were seen to (look.lua)
 *                           servers where
 *                           NAME is
 *   u:{NAME}:devices        hash: id → record (store/device.h)
 *   u:{NAME}:places         zset: where its owner signed in lately, as hashes, by time
 *   u:{NAME}:contacts       hash: other user → what is between the two (store/contact.h)
 *   u:{NAME}:presence       hash: presence-server → what NAME is there (presence-server/news.h); seen: when NAME was
 *                           last here, in ms
 *   u:{NAME}:hidden         hash: contact who blocks NAME → when they seemed to leave, in ms
 *
 *   Everything that the message path needs of a conversation is in the one hash, so that a script reads it with one call
 *   and writes it with another: kind, name, created, seq; ids, ids_before (append.lua); blocked (direct_block.lua);
 *   nodes (lib/nodes.lua); of each member read:USER, always, and received:USER, once there is anything: seqs that only
 *   move forward. Who has no read:USER is no member.
 *
 *   users       zset, all scores 0: the directory, by name      epoch   changes when the store lost data
 *   erasing     set: accounts whose erasure has begun           jwks    the public keys
 *   ended       stream: sessions that ended, read by every      limit:{KIND:WHO}  rate limits, expire
 *               server that holds connections (doorbell: channel `ended`)
 *   device:{ID}  the owner of a device: a user's name           push    hash: what the notification-servers say:
 *                                                                       channels, vapid, vapid_public
 *   node:NODE   channel of one chat-server (store/bell.h)
 *   presence    channel of all presence-servers (store/presence_bell.h, presence-server/news.h)
 *   presence:NODE           channel of one of them
 *   presence:nodes          hash: presence-server → its last beat in ms, and " left" once it has drained
 *
 *   servers:{KIND}        zset: live servers' ids, by the time in ms when each is given up (registry/registry.h)
 *   servers:{KIND}:about  hash: id → its record (registry/instance.h)
 *
 *   Conversations that pushes may come from (store/due.h):
 *   push:{due}                      zset: conversation by the time of its mark
 *   push:{due}:until                hash: conversation → until when messages may come without another mark
 *
 *   The queue of notifications, all in one slot (scripts/lib/notify.lua); a member "ID DEVICE" is one device of one
 *   notification:
 *   notify:{q}:n:ID                 hash: the notification and what came of it, expires some time after its end
 *   notify:{q}:high, normal, low    streams with the consumer group `deliver`: t (what one for all devices says), or n (an
 *                                   id) and d (a device)
 *   notify:{q}:flight               the same, of what was taken out of a lane: one device each
 *   notify:{q}:later                zset: "ID DEVICE" by when it is to be tried again
 *   notify:{q}:lanes, lane:HOST     set of hosts; zset of "ID DEVICE" that wait for this one, by time and priority
 *   notify:{q}:expiry, unfinished   zset: ids by when they expire; how many have not ended
 *   notify:{q}:ended                set: ids that have ended, though nobody has taken them from their stream yet
 *   notify:{q}:collapse             hash: "user collapse" → the newest id
 *   notify:{q}:dead                 zset: dead letters by time
 *   notify:{q}:once:SERVICE KEY     what an Idempotency-Key led to, expires
 */
#ifndef CHATAPP_STORE_KEYS_H
#define CHATAPP_STORE_KEYS_H

#define KEY_USER "u:{"
#define KEY_CONVERSATION "c:{"
#define KEY_PLAIN "}"
#define KEY_SESSIONS "}:sessions"
#define KEY_SESSION "}:session:" /* and the session's id */
#define KEY_CONVERSATIONS "}:conversations"
#define KEY_NODES "}:nodes"
#define KEY_PLACES "}:places"
#define KEY_CONTACTS "}:contacts"
#define KEY_DEVICES "}:devices"
#define KEY_PRESENCE "}:presence"
#define KEY_HIDDEN "}:hidden"
#define KEY_MEMBERS "}:members"
#define KEY_LOG "}:log"
#define KEY_MUTE "}:mute"
#define KEY_PUSHED "}:pushed"
#define KEY_IDS "}:ids:" /* and the period's number, appended by the script */
#define KEY_LIMIT "limit:{"
#define KEY_DEVICE "device:{"

#define KEY_SERVERS "servers:{"
#define KEY_ABOUT "}:about"

#define KEY_USERS "users"
#define KEY_ERASING "erasing"
#define KEY_ENDED "ended"
#define KEY_EPOCH "epoch"
#define KEY_JWKS "jwks"
#define KEY_PUSH "push"
#define KEY_PRESENCE_NODES "presence:nodes"
#define KEY_DUE "push:{due}"
#define KEY_DUE_UNTIL KEY_DUE ":until"
#define KEY_NOTIFY "notify:{q}"
#define KEY_NOTIFY_N KEY_NOTIFY ":n:"       /* and an id */
#define KEY_NOTIFY_ONCE KEY_NOTIFY ":once:" /* and a service and a key */
#define KEY_NOTIFY_LANE KEY_NOTIFY ":lane:" /* and a host */
#define KEY_NOTIFY_LANES KEY_NOTIFY ":lanes"
#define KEY_NOTIFY_ENDED KEY_NOTIFY ":ended"

#define CHANNEL_NODE "node:"
#define CHANNEL_ENDED "ended"
#define CHANNEL_PRESENCE "presence"
#define CHANNEL_PRESENCE_NODE "presence:"

#endif
