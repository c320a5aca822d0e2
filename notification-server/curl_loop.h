/* A curl multi on a libuv loop: its sockets and its timer. One for each set of connections that are to be kept apart. Part
 * of the courier, the only one who includes this. */
#ifndef CHATAPP_NOTIFICATION_CURL_LOOP_H
#define CHATAPP_NOTIFICATION_CURL_LOOP_H

#include <curl/curl.h>
#include <uv.h>

struct curl_loop;

/* A transfer has ended; `context` is the easy handle's CURLOPT_PRIVATE. It is to be removed. */
typedef void curl_loop_ended_fn(void *context, CURLcode code);

/* `connections_max`: that are kept when they are idle. */
struct curl_loop *curl_loop_open(uv_loop_t *loop, long connections_max, curl_loop_ended_fn *ended);
/* All easy handles have been removed. Frees once libuv has let go; *loop is NULL afterwards. */
void curl_loop_close(struct curl_loop **loop);
/* For CURLOPT_OPENSOCKETFUNCTION: a socket that the loop closes itself when curl is done with it. */
curl_socket_t curl_loop_socket(struct curl_loop *loop, const struct curl_sockaddr *address);
/* Starts it; `ended` is never called from within. */
void curl_loop_add(struct curl_loop *loop, CURL *easy);
void curl_loop_remove(struct curl_loop *loop, CURL *easy);

#endif
