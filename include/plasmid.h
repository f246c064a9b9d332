/*
 * plasmid for C99 (or later), also C++: small, fast-changing state, the same in every process.
 *
 * Each process makes a host, writes its own keys, and exchanges messages with the others over any
 * transport it has; every host converges to the same state. The library opens no socket, starts no
 * thread, installs no handler, keeps no global, and calls nothing back. It reads no environment
 * variable unless it has a defect (below). Two hosts that converge:
 *
 *   #include <plasmid.h>
 *   #include <stdio.h>
 *
 *   int main(void) {
 *     plasmid_host *a = NULL, *b = NULL;
 *     char message[1200], text[64];
 *     size_t len = 0;
 *
 *     plasmid_status status = plasmid_host_new("a", 1, NULL, &a);
 *     if (!status) status = plasmid_host_new("b", 1, NULL, &b);
 *     if (!status) status = plasmid_host_set(a, "color", 5, "red", 3, NULL);
 *     if (!status) status = plasmid_host_set(b, "shape", 5, "round", 5, NULL);
 *
 *     // One exchange. a: this is what I have; b: this is what you lack, and what I want; a: and
 *     // this is what you lack. If anything is left to say then, b says it; an empty message says
 *     // nothing. Any transport may lie between the calls.
 *     if (!status) status = plasmid_host_initiate(a, message, sizeof message, &len);
 *     if (!status) status = plasmid_host_receive(b, message, len, message, sizeof message, &len);
 *     if (!status) status = plasmid_host_receive(a, message, len, message, sizeof message, &len);
 *     if (!status) status = plasmid_host_receive(b, message, len, message, sizeof message, &len);
 *     if (!status) status = plasmid_host_receive(a, message, len, NULL, 0, &len);
 *
 *     if (!status) status = plasmid_host_get_from(a, "b", 1, "shape", 5, text, sizeof text, &len);
 *     if (!status) printf("a knows that b's shape is %.*s\n", (int)len, text);
 *     if (!status) status = plasmid_host_get_from(b, "a", 1, "color", 5, text, sizeof text, &len);
 *     if (!status) printf("b knows that a's color is %.*s\n", (int)len, text);
 *
 *     if (status) fprintf(stderr, "%s\n", plasmid_status_name(status));
 *     plasmid_host_free(a);
 *     plasmid_host_free(b);
 *     return status != PLASMID_OK;
 *   }
 *
 * These rules hold for every function:
 *
 * Ownership. What a `_new` gives is freed by the `_free` of its type, once, and so is what
 * plasmid_host_restore, plasmid_host_changes and plasmid_host_snapshot give; `_free(NULL)` does
 * nothing. Handles may be freed in any order: what was made from a host outlives it. Inputs are
 * read during the call and never kept. What an iterator (also plasmid_changes) lends is valid until
 * the next call on that iterator, and is not to be changed.
 *
 * Bytes. Ids, keys, values and messages are any bytes, passed as pointer and length; (NULL, 0) is
 * the empty string, NULL with a length is PLASMID_INVALID_ARGUMENT, as is a length above
 * PTRDIFF_MAX. No text needs or gets a final zero byte, except the static texts of plasmid_version
 * and plasmid_status_name.
 *
 * Buffers. The caller owns every output buffer: `out`, `out_cap` bytes large, of which `*out_len`
 * are written. One that is too short is PLASMID_BUFFER_TOO_SHORT, with the length needed in
 * `*out_len` and nothing consumed or changed; so (NULL, 0) asks for the length. For
 * plasmid_host_initiate and plasmid_host_receive the capacity is the budget of the message instead:
 * at least 512. The functions named `_transmit` write what fits and are called again for the rest.
 *
 * Failures. A function answers PLASMID_OK or another status. After another one nothing has changed
 * and no output is written, except `*out_len` as said above and where a function says more. No
 * pointer may be NULL unless its function says so; NULL is answered with PLASMID_INVALID_ARGUMENT.
 * The handle keeps the text of its last failure for plasmid_host_error and its like; when threads
 * share the handle, that may be another thread's failure. A failure of `_error` itself leaves no
 * text. Flags are 0 or 1.
 *
 * Threads. Any function may be called from any thread. On one host, calls that read go on side by
 * side, and one that changes something waits until it has the host alone. No call has it for as
 * long as an exchange takes: a large message is decoded, applied and answered in many short turns,
 * between which others read and write. They see whole updates and whole batches, and of one
 * participant never a later update without the earlier ones; and a thread reads what it wrote. What
 * a call takes at once is what it must: plasmid_host_changes its page, a compaction or
 * plasmid_host_tick all that goes. Iterators and snapshots show one moment, and nobody waits for
 * them. Calls on one config wait for each other. A stream, exchange, batch or iterator serves one
 * thread at a time and answers PLASMID_BUSY to a second. Nothing is undefined but a call on a
 * handle after, or during, its `_free`.
 *
 * Fork. After it only one of the two processes may go on using a host and what was made from it:
 * both copies have the same id, generation and nonce, so that nobody can tell the two apart, and
 * what both write never converges. Make a new host in the child, with another id if the parent goes
 * on. A child that takes the host over needs that no other thread was in a call on it at the fork.
 *
 * Defects. A panic inside the library does not leave it: the call answers PLASMID_INTERNAL, and so
 * does every later call on that handle and on the host it was working on, except `_error` and
 * `_free`. A line about it is written to standard error, and a backtrace too if the environment
 * variable RUST_BACKTRACE asks for one. When the system has no memory left the process is aborted,
 * as in every Rust program; the limits of plasmid_config bound what peers can make a host keep.
 */

#ifndef PLASMID_H
#define PLASMID_H

/* Generated from ffi/src: `UPDATE=1 cargo test -p plasmid-ffi` rewrites it. */

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && !defined(PLASMID_STATIC)
#define PLASMID_API __declspec(dllimport)
#elif defined(__GNUC__)
#define PLASMID_API __attribute__((visibility("default")))
#else
#define PLASMID_API
#endif

#if defined(__GNUC__)
#define PLASMID_NODISCARD __attribute__((warn_unused_result))
#else
#define PLASMID_NODISCARD
#endif

/**
 * The major version of this header.
 */
#define PLASMID_VERSION_MAJOR 0

/**
 * The minor version of this header. Before 1.0 a new minor version may change the ABI.
 */
#define PLASMID_VERSION_MINOR 1

/**
 * The patch version of this header.
 */
#define PLASMID_VERSION_PATCH 0

/**
 * The version as one number that grows: 0x010203 is 1.2.3.
 */
#define PLASMID_VERSION_NUMBER 256

/**
 * The version of the ABI that this header describes; it grows with the SONAME. A program that
 * loads the library at run time compares it with `plasmid_abi_version()`.
 */
#define PLASMID_ABI_VERSION 1

/**
 * The participants with the most pending updates go first when not all fit; ties at random.
 */
#define PLASMID_ORDERING_DEPTH 0

/**
 * The oldest pending update of every participant goes first, then the second oldest, and so on.
 */
#define PLASMID_ORDERING_BREADTH 1

/**
 * What a host has is said in lines or in sums, whichever takes less.
 */
#define PLASMID_DIGESTS_SMALLEST 0

/**
 * It is said in lines only, and sums of others are not understood. An exchange costs bytes and
 * time for every participant.
 */
#define PLASMID_DIGESTS_PLAIN 1

/**
 * It is said in sums wherever they fit, also of few participants. It serves tests.
 */
#define PLASMID_DIGESTS_SKETCH 2

/**
 * Least budget of a message, in bytes.
 */
#define PLASMID_MIN_BUDGET 512

/**
 * Greatest length of a participant's id, in bytes.
 */
#define PLASMID_MAX_ID_BYTES 128

/**
 * For `plasmid_host_compact`: all that the participant has written so far.
 */
#define PLASMID_ALL UINT64_MAX

/**
 * For `plasmid_participants_new`: every participant that is known, whatever became of it.
 */
#define PLASMID_PARTICIPANT_ANY 0

/**
 * The participant is there, as far as is known: it neither left nor was evicted.
 */
#define PLASMID_PARTICIPANT_PRESENT 1

/**
 * The participant has left (`plasmid_host_leave`). It is remembered, its keys are gone.
 */
#define PLASMID_PARTICIPANT_LEFT 2

/**
 * The participant was evicted by another (`plasmid_host_evict`). It is remembered, its keys are
 * gone.
 */
#define PLASMID_PARTICIPANT_EVICTED 3

/**
 * The newest value of every key, in the order of the keys' bytes. Keys that were deleted are left
 * out.
 */
#define PLASMID_BY_KEY 0

/**
 * Every value and deletion that is kept, superseded ones included, oldest first. What was written
 * in one batch has one version, in the order of the keys' bytes.
 */
#define PLASMID_BY_VERSION 1

/**
 * A key was set.
 */
#define PLASMID_CHANGE_SET 1

/**
 * A key was deleted.
 */
#define PLASMID_CHANGE_DELETE 2

/**
 * A participant became known, or came back after it had left or was evicted; its keys follow, each
 * as a `PLASMID_CHANGE_SET`.
 */
#define PLASMID_CHANGE_JOIN 3

/**
 * A participant has left; its keys are gone. It may be one of which nothing was told before.
 */
#define PLASMID_CHANGE_LEAVE 4

/**
 * A participant was evicted; its keys are gone. It may be one of which nothing was told before.
 */
#define PLASMID_CHANGE_EVICT 5

/**
 * Forget all keys of the participant: those that it has now follow, each as a
 * `PLASMID_CHANGE_SET`. It has a new generation, or the cursor is too old to tell what was
 * deleted.
 */
#define PLASMID_CHANGE_REPLACE 6

/**
 * Another process was found to speak under this host's own id (`plasmid_host_conflicts`). The
 * participant is this host's own.
 */
#define PLASMID_CHANGE_CONFLICT 7

/**
 * Greatest length of a cursor, in bytes.
 */
#define PLASMID_MAX_CURSOR_BYTES 128

/**
 * Only the initiator learns in a round (default): it says what it has, the responder answers with
 * what it lacks.
 */
#define PLASMID_PULL 0

/**
 * Both learn from each other in a round.
 */
#define PLASMID_PUSH_PULL 1

/**
 * Several sets and deletes of a host's own keys, which become one change with one version: no
 * reader, here or anywhere, sees some of them without the others. It may outlive the host. A
 * second thread in a call on it is answered `PLASMID_BUSY`.
 */
typedef struct plasmid_batch plasmid_batch;

/**
 * Bytes that the library made and keeps until they are freed. Any thread may read them.
 */
typedef struct plasmid_bytes plasmid_bytes;

/**
 * What has changed at a host since a cursor, and the cursor to go on from. It may outlive the
 * host. A second thread in a call on it is answered `PLASMID_BUSY`.
 */
typedef struct plasmid_changes plasmid_changes;

/**
 * The options of hosts. One config may make any number of hosts; each copies what it needs, so the
 * config can be changed or freed right after `plasmid_host_new`. Any thread may use it.
 */
typedef struct plasmid_config plasmid_config;

/**
 * An iterator over entries that a host held when the iterator was made. It may outlive the host. A
 * second thread in a call on it is answered `PLASMID_BUSY`.
 */
typedef struct plasmid_entries plasmid_entries;

/**
 * The responder's end of one connection, which answers the `plasmid_stream` at the other. One
 * connection, one exchange. A second thread in a call on it is answered `PLASMID_BUSY`.
 */
typedef struct plasmid_exchange plasmid_exchange;

/**
 * One participant's view of all: its own map, which only it writes, and a copy of everyone else's.
 * Any thread may call it at any time. Calls that read go on side by side, and one that changes the
 * host waits until it has it alone; an exchange never has it for long, so that nobody waits for
 * one, and shows what it brings bit by bit. What was made from a host (streams, exchanges,
 * batches, iterators) outlives it: what they need of it stays until the last of them is freed.
 */
typedef struct plasmid_host plasmid_host;

/**
 * An iterator over the participants that a host knew when the iterator was made. It may outlive
 * the host. A second thread in a call on it is answered `PLASMID_BUSY`.
 */
typedef struct plasmid_participants plasmid_participants;

/**
 * The initiator's end of one connection: bytes that arrive go into `plasmid_stream_receive`, bytes
 * to send come out of `plasmid_stream_transmit`; the peer does the same with a `plasmid_exchange`.
 * One connection, one stream. A second thread in a call on it is answered `PLASMID_BUSY`.
 */
typedef struct plasmid_stream plasmid_stream;

/**
 * What a function answers: `PLASMID_OK` or one of the numbers below. Treat a number that you do
 * not know as a failure: later versions add some. A number never changes its meaning.
 */
typedef int32_t plasmid_status;

/**
 * Done.
 */
#define PLASMID_OK 0

/**
 * What was asked for is not there: no such key, an unknown participant, the end of an iteration.
 */
#define PLASMID_NOT_FOUND 1

/**
 * The output buffer is too short. `*out_len` is the capacity that is needed; nothing else was
 * written, nothing was consumed and nothing changed.
 */
#define PLASMID_BUFFER_TOO_SHORT 2

/**
 * An argument has no meaning: NULL where something is needed, an unknown option.
 */
#define PLASMID_INVALID_ARGUMENT 3

/**
 * The bytes are not messages of this protocol, no whole snapshot, or no sound state
 * (`plasmid_config_set_path`): the fault of the peer, the transport or the store. The host is as
 * it was; a stream or exchange that answers this is over, so close its connection. A file is left
 * as it is.
 */
#define PLASMID_MALFORMED 4

/**
 * Something is over a limit, which the error text names. Nothing changed.
 */
#define PLASMID_LIMIT 5

/**
 * Another thread is in a call on this stream, exchange, batch or iterator. Nothing happened; call
 * again.
 */
#define PLASMID_BUSY 6

/**
 * The message, snapshot or file belongs to another cluster, or the file to another participant.
 * Nothing changed.
 */
#define PLASMID_FOREIGN 7

/**
 * Another process is certain to live under this participant's id, so nothing is written until
 * `plasmid_host_renew`. Two processes that share an id are a fault of their configuration: end the
 * other first, or it is the next that answers this. So does a host with a file in the process that
 * a fork made, of which the file is not. Nothing changed.
 */
#define PLASMID_CONFLICT 8

/**
 * A defect of the library (a panic) was caught, or the system gave no random bytes. After a
 * panic the handle answers this for ever; its error text can still be read, and it is to be freed.
 */
#define PLASMID_INTERNAL 9

/**
 * The file that keeps the host failed: it could not be opened, or a change could not be made
 * durable. In the latter case the host writes nothing any more, for good, reading goes on, and
 * whether that last change is there is known when the file is opened again, by a new host. The
 * error text has the words of the system.
 */
#define PLASMID_STORE 10

/**
 * The participant has left (`plasmid_host_leave`), so nothing is written until
 * `plasmid_host_renew`. Nothing changed.
 */
#define PLASMID_LEFT 11

/**
 * The bytes are no cursor of this host, in this life of it, or one that is so old that nobody can
 * tell who is gone since. Forget all that was told, and begin anew with an empty cursor.
 */
#define PLASMID_CURSOR 12

/**
 * The host was closed (`plasmid_host_close`): it neither changes nor takes part in exchanges any
 * more. Nothing changed.
 */
#define PLASMID_CLOSED 14

/**
 * Another process has the file, or another host of this process. Nothing changed.
 */
#define PLASMID_IN_USE 15

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The name of a status, such as `"PLASMID_NOT_FOUND"`; `"unknown status"` for a number that this
 * version does not know. The text is static and ends in a zero byte.
 */
PLASMID_API const char *plasmid_status_name(plasmid_status status);

/**
 * The version of the library that runs, such as `"0.1.0"`. The text is static and ends in a zero
 * byte.
 */
PLASMID_API const char *plasmid_version(void);

/**
 * The version of the ABI of the library that runs; `PLASMID_ABI_VERSION` is what the program was
 * compiled for.
 */
PLASMID_API uint32_t plasmid_abi_version(void);

/**
 * Make a config with every option at its default.
 *
 * `*config` is to be freed with `plasmid_config_free`.
 */
PLASMID_API PLASMID_NODISCARD plasmid_status plasmid_config_new(plasmid_config **config);

/**
 * Free a config; NULL is fine.
 */
PLASMID_API void plasmid_config_free(plasmid_config *config);

/**
 * Copy out the text of the last failure on this config, or of the last `plasmid_host_new` or
 * `plasmid_host_restore` that was given it: one English sentence without a final zero byte, empty
 * if nothing has failed.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_error(const plasmid_config *config,
                                    void *out,
                                    size_t out_cap,
                                    size_t *out_len);

/**
 * Which updates go first when not all fit in a message: `PLASMID_ORDERING_DEPTH` (default) or
 * `PLASMID_ORDERING_BREADTH`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_ordering(plasmid_config *config,
                                           uint32_t ordering);

/**
 * How a host says what it has: `PLASMID_DIGESTS_SMALLEST` (default), `PLASMID_DIGESTS_PLAIN` or
 * `PLASMID_DIGESTS_SKETCH`. Hosts that differ in this understand each other.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_digests(plasmid_config *config,
                                          uint32_t digests);

/**
 * 1: compress streams (Zstandard), if the other end does so too. 0 (default): do not. It pays
 * where bytes are dear: it takes several times as long as all else that is done with them.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_compress(plasmid_config *config,
                                           uint32_t compress);

/**
 * 1 (default): keep and send superseded values and deletions too, until their owner compacts. 0:
 * keep and send only what is newest of each key, one's own and everyone else's.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_history(plasmid_config *config,
                                          uint32_t history);

/**
 * The seed of all randomness in the host: the same seed and the same calls give the same bytes.
 * Default: drawn from the system for each host.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_seed(plasmid_config *config,
                                       uint64_t seed);

/**
 * A number that no other process with this id and generation has: it tells one's own message come
 * back from a twin. Default: drawn from the system for each host, which is what programs want; set
 * it only where runs must repeat byte for byte.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_nonce(plasmid_config *config,
                                        uint64_t nonce);

/**
 * The generation of the participant, below 2^63. It must grow each time the participant starts
 * without its earlier state, or with one that is relaxed: a newer generation replaces the older
 * one everywhere. Default: the milliseconds since 1970 times 2^16, plus 16 random bits.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_generation(plasmid_config *config,
                                             uint64_t generation);

/**
 * The name of the cluster, any bytes; default empty. Messages of another cluster are refused with
 * `PLASMID_FOREIGN`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_cluster(plasmid_config *config,
                                          const void *name,
                                          size_t name_len);

/**
 * 1 (default): the host compacts its own map by itself, when superseded values and deletions take
 * more than half of it, and by age (`plasmid_config_set_tombstone_age_ms`). It waits for the peers
 * to have seen what goes, but not for ever. 0: only `plasmid_host_compact` does, and without it
 * the map grows with every change.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_auto_compact(plasmid_config *config,
                                               uint32_t auto_compact);

/**
 * After how many milliseconds `plasmid_host_tick` compacts the host's own deletions away, if the
 * host compacts by itself: default 3,600,000, an hour; 0 never. A host that was away for longer
 * learns of them all the same, it only takes it a few bytes more for each key that is left.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_tombstone_age_ms(plasmid_config *config,
                                                   uint64_t age_ms);

/**
 * After how many milliseconds of silence `plasmid_host_tick` evicts a participant, as
 * `plasmid_host_evict` does; default 0, which is never. One that lives after all comes back by
 * itself. Tick far more often than that, at every host: those with a clock pass signs of life on,
 * and a longer pause than a quarter of it counts as sleep, after which the silence begins anew.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_evict_after_ms(plasmid_config *config,
                                                 uint64_t silence_ms);

/**
 * How far above this host's clock, in milliseconds, the generation of another participant may lie
 * before it is refused: default 31,536,000,000, a year; 0 refuses none. Nothing outranks an absurd
 * generation, so it would be there for ever. It holds from the first `plasmid_host_tick` on, and
 * means something only where generations are made of the time, as they are by default.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_generation_ahead_ms(plasmid_config *config,
                                                      uint64_t ahead_ms);

/**
 * Greatest length of a key, in bytes: 1 to 65,535, default 1,024. Keys are compared and searched,
 * so they stay small.
 *
 * As for all limits, `plasmid_host_new` tells of one that is out of range, and not this function.
 * One's own change over a limit is refused with `PLASMID_LIMIT`. What a peer sends is applied up
 * to the first update over a limit; the rest of that participant is left out and counted
 * (`plasmid_host_skipped`). Give all hosts of a cluster the same limits: peers do not know each
 * other's, and send again and again what was left out.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_key_bytes(plasmid_config *config,
                                            uint64_t limit);

/**
 * Greatest length of a value, in bytes: 0 to 256 MiB, default 1 MiB. What is written at once, a
 * batch too, is bounded by `plasmid_config_set_message_bytes` as well.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_value_bytes(plasmid_config *config,
                                              uint64_t limit);

/**
 * Greatest length of a message, received or made, and of what is written at once, a batch too, in
 * bytes: 512 to 256 MiB, default 16 MiB. It bounds the memory that one peer can claim. A longer
 * message is refused whole, so give all hosts of a cluster the same.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_message_bytes(plasmid_config *config,
                                                uint64_t limit);

/**
 * Greatest number of participants known at once, the host's own included: 1 to 2^32 - 1, default
 * 65,536. It bounds what made-up ids can claim; the digest of so many is about 1.5 MB, still one
 * message.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_participants(plasmid_config *config,
                                               uint64_t limit);

/**
 * Greatest number of keys held of one participant, one's own included: 1 to 2^31 - 1, default
 * 131,072. It bounds the index over the keys, which takes a few MiB for so many.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_keys_per_participant(plasmid_config *config,
                                                       uint64_t limit);

/**
 * Greatest size of the updates kept of one participant, history and one's own included, in bytes:
 * 1 to 1 GiB, default 256 MiB. It keeps one participant from taking the room of all. A host that
 * compacts by itself does so before it refuses a change; deletions of what is kept are let in
 * beyond the limit. The index takes about 8 bytes more for each update, and 10 for each key.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_participant_bytes(plasmid_config *config,
                                                    uint64_t limit);

/**
 * Greatest size of what is kept of all other participants together, ids included, in bytes: any
 * number, default 1 GiB; 0 keeps nothing of others. It bounds the memory that all peers together
 * can claim. One's own map does not count, so that no peer can use up the room for one's own
 * changes.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_state_bytes(plasmid_config *config,
                                              uint64_t limit);

/**
 * Greatest number of left and evicted participants that are remembered, beside those that are
 * there: 0 to 2^32 - 1, default 16,384. As long as one is remembered nobody can bring it back.
 * Over the limit the one with the lowest generation is forgotten, and counted
 * (`plasmid_host_forgotten`).
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_departed(plasmid_config *config,
                                           uint64_t limit);

/**
 * Greatest size of all updates together of which only a part has arrived, in bytes: any number,
 * default 64 MiB. An update larger than the budget comes in pieces over several exchanges; one
 * that finds no room here is counted (`plasmid_host_skipped`) and comes again.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_fragment_bytes(plasmid_config *config,
                                                 uint64_t limit);

/**
 * Greatest number of deletions of one participant that are remembered for `plasmid_host_changes`
 * after they were compacted away: 0 to 2^32 - 1, default 1,024. An older cursor is shown
 * `PLASMID_CHANGE_REPLACE` and what is left instead.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_remembered_deletes(plasmid_config *config,
                                                     uint64_t limit);

/**
 * How far back the cursors of `plasmid_host_changes` reach: 0 to 2^32 - 1, default 65,536. A
 * participant that has changed counts once for each time that somebody asks, however much of it
 * has changed. An older cursor is shown `PLASMID_CHANGE_REPLACE` and what is there instead. As
 * many participants that were forgotten (`plasmid_host_forgotten`) are told as gone; a cursor
 * older than that is answered `PLASMID_CURSOR`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_change_records(plasmid_config *config,
                                                 uint64_t limit);

/**
 * Make the host of participant `id`, 1 to `PLASMID_MAX_ID_BYTES` bytes of any kind, unique in the
 * cluster. `config` may be NULL: every option then has its default. If it names a file
 * (`plasmid_config_set_path`) it is the host that the file keeps.
 *
 * `*host` is to be freed with `plasmid_host_free`. `PLASMID_LIMIT`: the id, the generation or a
 * limit of the config is out of range. What is wrong with a file: `PLASMID_IN_USE`, another host
 * has it; `PLASMID_STORE`, the system refuses; `PLASMID_FOREIGN`, it is that of another
 * participant or cluster; `PLASMID_MALFORMED`, it is no state, or damaged, or of a newer version.
 * It is left as it is then. `plasmid_config_error` says more.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_new(const void *id,
                                size_t id_len,
                                const plasmid_config *config,
                                plasmid_host **host);

/**
 * Free a host; NULL is fine. No other call on it may be under way. If a file keeps it, it is laid
 * down as by `plasmid_host_close`, once all that was made from it is freed, too.
 */
PLASMID_API void plasmid_host_free(plasmid_host *host);

/**
 * Copy out the text of the last failure on this host: one English sentence without a final zero
 * byte, empty if nothing has failed. Every answer but `PLASMID_OK` leaves one.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_error(const plasmid_host *host,
                                  void *out,
                                  size_t out_cap,
                                  size_t *out_len);

/**
 * Begin an exchange: write the first message, for any peer, of at most `out_cap` bytes.
 *
 * The capacity is the budget of the message: give 1,200 for a datagram,
 * `plasmid_host_message_bytes` for a connection. Give the bytes to the peer's
 * `plasmid_host_receive`, its answer to one's own, and so on until an answer is empty: four
 * messages at most. A message may be lost, repeated or late.
 *
 * An update larger than the budget of the answers goes in pieces, over several exchanges, and
 * later updates of the same participant wait for it; other participants go on.
 * `PLASMID_BUFFER_TOO_SHORT`: a budget below `PLASMID_MIN_BUDGET`, which `*out_len` then is.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_initiate(plasmid_host *host,
                                     void *out,
                                     size_t out_cap,
                                     size_t *out_len);

/**
 * Apply a peer's message and write the answer, of at most `out_cap` bytes: the capacity is the
 * budget, as in `plasmid_host_initiate`. `out` may overlap `data` in any way.
 *
 * An answer that is not empty is to be delivered: the peer learns nothing of what this host has
 * but from it. If it is lost no state is lost with it: the next exchange brings what was in it.
 *
 * `*out_len` 0: there is nothing to say and the exchange is over; an empty `data` says nothing,
 * too. A host without news answers all the same the first few times, to say that it has all. With
 * `out_cap` 0, and `out` NULL or not, the message is applied and nothing is said.
 * `PLASMID_BUFFER_TOO_SHORT`: a budget from 1 to 511. `PLASMID_MALFORMED`, `PLASMID_FOREIGN`,
 * `PLASMID_LIMIT` (longer than the message limit): the message is not for us. After any failure
 * nothing of the message was applied.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_receive(plasmid_host *host,
                                    const void *data,
                                    size_t data_len,
                                    void *out,
                                    size_t out_cap,
                                    size_t *out_len);

/**
 * The file that keeps a host: any bytes but 0 where the system takes such, elsewhere UTF-8; empty
 * (default): none, the host is in memory. A relative path counts from the current directory of the
 * `plasmid_host_new` that is given the config.
 *
 * `plasmid_host_new` then gives the host that the file holds, in the same generation, with its
 * copies of others as they were a few seconds before the end, with deadlines and time; if there is
 * no file it makes both. What such a host writes is durable before the call returns, and nobody
 * sees it before that, neither readers here nor peers. Threads that write at once share what a
 * disk takes, and nobody who reads or exchanges waits for it. The config's generation counts only
 * where the host is new, or was relaxed and not closed, or is made from a snapshot.
 *
 * The file is one host's at a time, kept apart by a lock on `PATH.plasmid-lock` beside it, and is
 * replaced at times, and whenever it is opened, by one that was `PATH.plasmid-new`; so it is to be
 * in a directory of a file system that can lock and rename and has room for both. A path that ends
 * like one of these is refused. A host that was given an older copy of the file takes a new
 * generation when it meets somebody who knows more. A snapshot (`plasmid_host_snapshot`) in the
 * place of the file is taken, and becomes a state. A forked process may read the host, and not
 * change it or exchange with it.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_path(plasmid_config *config,
                                       const void *path,
                                       size_t path_len);

/**
 * 1: a host with a file (`plasmid_config_set_path`) shows what it writes at once, and
 * `plasmid_host_tick` makes it durable: tick once a second. No other call waits for a disk, unless
 * very much is written between two ticks. What came after the last tick may be lost with the
 * process or the power, and after any end but `plasmid_host_close` or `plasmid_host_free` the host
 * is in a new generation, so that nobody takes the old state for the new one. A change that is
 * answered with `PLASMID_STORE` may have been made, and is shown then. 0 (default): nothing
 * acknowledged is ever lost. The same file may be opened either way, from one time to the next.
 * Without a path it means nothing.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_config_set_relaxed(plasmid_config *config,
                                          uint32_t relaxed);

/**
 * Lay a host down: all of it is kept by its file, if it has one, which is then free for the next
 * host. From here on all that changes the host or exchanges with it answers `PLASMID_CLOSED`, also
 * through what was made from it; reading goes on. Closing it again does nothing.
 *
 * A host that nobody closes is laid down when it and all that was made from it are freed; what
 * fails then is told to nobody. `PLASMID_STORE`: not all could be made durable; it is closed all
 * the same. Of a host that is not relaxed nothing acknowledged is lost even then.
 * `PLASMID_CONFLICT`: the file is that of the process before a fork.
 */
PLASMID_API PLASMID_NODISCARD plasmid_status plasmid_host_close(plasmid_host *host);

/**
 * Set one's own `key` to `value`. Setting the same value again is a change like any other.
 *
 * `*version` is the version of this change, one above the last; NULL if it is not wanted.
 * `PLASMID_LIMIT`: the key is empty, or something is over a limit. `PLASMID_CONFLICT`,
 * `PLASMID_LEFT`: nothing is written before `plasmid_host_renew`. After any failure nothing has
 * changed.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_set(plasmid_host *host,
                                const void *key,
                                size_t key_len,
                                const void *value,
                                size_t value_len,
                                uint64_t *version);

/**
 * Set one's own `key` to `value` as `plasmid_host_set` does, for `ttl_ms` milliseconds: the first
 * `plasmid_host_tick` at or after that time deletes the key, as `plasmid_host_delete` does, and so
 * for everyone. Only the owner's clock counts. A later change of the key cancels it. Before the
 * first `plasmid_host_tick` of this host, restored or opened again or new, the time counts from
 * that one.
 *
 * `*version` is the version of this change; NULL if it is not wanted. It fails as
 * `plasmid_host_set` does.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_set_expiring(plasmid_host *host,
                                         const void *key,
                                         size_t key_len,
                                         const void *value,
                                         size_t value_len,
                                         uint64_t ttl_ms,
                                         uint64_t *version);

/**
 * Delete one's own `key`, for everyone. Deleting a key that is not there changes nothing and is no
 * failure.
 *
 * `*version` is the version of this change, or of the newest one if nothing changed; NULL if it is
 * not wanted. It fails as `plasmid_host_set` does.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_delete(plasmid_host *host,
                                   const void *key,
                                   size_t key_len,
                                   uint64_t *version);

/**
 * Forget one's own superseded values and deletions up to version `up_to`, here and everywhere:
 * `PLASMID_ALL` for all of them. What the keys hold now stays. A host does this by itself unless
 * `plasmid_config_set_auto_compact` says otherwise.
 *
 * What was written in one batch is kept whole for as long as one of its keys still has its value,
 * and with it the deletion of any other. So `up_to` stops before the first such deletion;
 * `PLASMID_ALL` writes anew what those batches still say, and then forgets them. That and the
 * compaction itself are changes like any other, each with a version.
 *
 * `*version` is the version up to which all is compacted afterwards (`plasmid_host_gc_version`),
 * which never falls; NULL if it is not wanted. Where there is nothing to forget, nothing changes.
 * `PLASMID_LIMIT`: an `up_to` above the newest version, and not `PLASMID_ALL`. `PLASMID_CONFLICT`,
 * `PLASMID_LEFT`: as for `plasmid_host_set`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_compact(plasmid_host *host,
                                    uint64_t up_to,
                                    uint64_t *version);

/**
 * Leave: the host's own map becomes empty, and everyone learns that this participant is gone. Go
 * on exchanging until a peer has heard of it: until its `plasmid_host_acked_version` is at least
 * `*version`. Nothing more is written, `PLASMID_LEFT` says so, until `plasmid_host_renew`.
 *
 * `*version` is the version of the leave; NULL if it is not wanted. Leaving again changes nothing,
 * and gives the same.
 * `PLASMID_CONFLICT`, `PLASMID_LIMIT`: as for `plasmid_host_set`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_leave(plasmid_host *host,
                                  uint64_t *version);

/**
 * Take a new generation, above every one that was seen of this participant. It ends
 * `PLASMID_CONFLICT`, for when the other process is gone, and `PLASMID_LEFT`, to come back. The
 * keys stay, of which there are none after a leave, and the numbers of the versions go on.
 *
 * `*generation` is the new generation; NULL if it is not wanted. `PLASMID_LIMIT`: there is none
 * left above.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_renew(plasmid_host *host,
                                  uint64_t *generation);

/**
 * Remove another participant, and its keys, at every host: it is gone for good. One that lives
 * after all comes back by itself, in a new generation, unless it has left.
 *
 * `*version` is the version of this change of one's own map, or of the newest one if the
 * participant was evicted already; NULL if it is not wanted. `PLASMID_NOT_FOUND`: the participant
 * is unknown. `PLASMID_INVALID_ARGUMENT`: it is this host's own. `PLASMID_CONFLICT`,
 * `PLASMID_LEFT`, `PLASMID_LIMIT`: as for `plasmid_host_set`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_evict(plasmid_host *host,
                                  const void *participant,
                                  size_t participant_len,
                                  uint64_t *version);

/**
 * Tell the host the time, in milliseconds since 1970: once a second, or before each exchange. The
 * host has no other clock; if it is set back, what passes from then on counts. Keys expire here,
 * old deletions are compacted away, and silent participants are evicted if they are to be
 * (`plasmid_config_set_evict_after_ms`). A host that is never told the time does without all that.
 *
 * A clock that begins with the machine will not do: for a host that lives in 1970 all others come
 * from the future, and are refused (`plasmid_config_set_generation_ahead_ms`).
 */
PLASMID_API PLASMID_NODISCARD plasmid_status plasmid_host_tick(plasmid_host *host, uint64_t now_ms);

/**
 * Make an empty batch for `host`. Nothing changes before `plasmid_batch_commit`; the host may be
 * used meanwhile.
 *
 * `*batch` is to be freed with `plasmid_batch_free`, before or after the host.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_batch_new(plasmid_host *host,
                                 plasmid_batch **batch);

/**
 * Free a batch, and with it what was not committed; NULL is fine. No other call on it may be under
 * way.
 */
PLASMID_API void plasmid_batch_free(plasmid_batch *batch);

/**
 * Copy out the text of the last failure on this batch, as `plasmid_host_error` does.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_batch_error(const plasmid_batch *batch,
                                   void *out,
                                   size_t out_cap,
                                   size_t *out_len);

/**
 * Have the batch set `key` to `value`; of several calls with one key the last counts. Limits are
 * checked by `plasmid_batch_commit`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_batch_set(plasmid_batch *batch,
                                 const void *key,
                                 size_t key_len,
                                 const void *value,
                                 size_t value_len);

/**
 * Have the batch delete `key`; of several calls with one key the last counts. A key that is not
 * there when the batch is committed is left out.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_batch_delete(plasmid_batch *batch,
                                    const void *key,
                                    size_t key_len);

/**
 * Make all of the batch one change of the host's map. The batch is then empty, and may be used
 * again.
 *
 * `*version` is the version of the change, or of the newest one if there was nothing to change;
 * NULL if it is not wanted. It fails as `plasmid_host_set` does, for the batch as a whole: then
 * nothing has changed, and the batch is as it was. The text is the batch's, not the host's.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_batch_commit(plasmid_batch *batch,
                                    uint64_t *version);

/**
 * Copy out the value of one's own `key`.
 *
 * `PLASMID_NOT_FOUND`: no such key, or it was deleted. `PLASMID_BUFFER_TOO_SHORT`: the value has
 * `*out_len` bytes.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_get(const plasmid_host *host,
                                const void *key,
                                size_t key_len,
                                void *out,
                                size_t out_cap,
                                size_t *out_len);

/**
 * Copy out the value of a participant's `key`; one's own id reads one's own map.
 *
 * `PLASMID_NOT_FOUND`: the participant is unknown, or has no such key.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_get_from(const plasmid_host *host,
                                     const void *participant,
                                     size_t participant_len,
                                     const void *key,
                                     size_t key_len,
                                     void *out,
                                     size_t out_cap,
                                     size_t *out_len);

/**
 * The version of a participant's newest change that is held here, 0 if it was evicted; one's own
 * id is fine, too.
 *
 * `PLASMID_NOT_FOUND`: the participant is unknown.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_max_version(const plasmid_host *host,
                                        const void *participant,
                                        size_t participant_len,
                                        uint64_t *version);

/**
 * How many keys of a participant are held here; those that were deleted do not count.
 *
 * `PLASMID_NOT_FOUND`: the participant is unknown.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_len(const plasmid_host *host,
                                const void *participant,
                                size_t participant_len,
                                size_t *len);

/**
 * Copy out the id of this host's participant.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_id(const plasmid_host *host,
                               void *out,
                               size_t out_cap,
                               size_t *out_len);

/**
 * The generation of this host's participant. It is what the host was made with until the host
 * takes a higher one: to outrank a trace of its earlier life or an eviction, or by
 * `plasmid_host_renew`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_generation(const plasmid_host *host,
                                       uint64_t *generation);

/**
 * The length of the greatest message that this host makes or takes, in bytes: what
 * `plasmid_config_set_message_bytes` set. It is the best capacity to give `plasmid_host_initiate`
 * and `plasmid_host_receive` over a connection; more is never used.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_message_bytes(const plasmid_host *host,
                                          uint64_t *bytes);

/**
 * The capacity in bytes that `plasmid_host_receive` would have needed so that the largest update
 * goes out whole for which the last answer had no room; 0 when none waits. With less it goes in
 * pieces, over several exchanges, and later updates of the same participant wait for it.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_room_needed(const plasmid_host *host,
                                        size_t *bytes);

/**
 * How many messages were evidence that another process speaks under this participant's id. A few
 * come from an earlier life of one's own; more and more mean that two processes share one id,
 * which is a fault of their configuration and what writes then say with `PLASMID_CONFLICT`. 0 is
 * no proof that there is no other: after a fork parent and child have the same generation and
 * nonce, too, and cannot be told apart.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_conflicts(const plasmid_host *host,
                                      uint64_t *count);

/**
 * How many participants' parts of received messages were not wholly applied, because of a gap
 * before them, a limit of this host or a generation too far above its clock. A later exchange
 * brings what is missing, except over a limit.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_skipped(const plasmid_host *host,
                                    uint64_t *count);

/**
 * How many participants that had left or were evicted were forgotten because more of them were
 * known than `plasmid_config_set_departed` allows.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_forgotten(const plasmid_host *host,
                                      uint64_t *count);

/**
 * Whether a participant is there: `*status` is `PLASMID_PARTICIPANT_PRESENT`,
 * `PLASMID_PARTICIPANT_LEFT` or `PLASMID_PARTICIPANT_EVICTED`. Treat a number that you do not know
 * as gone. One's own is evicted only if it had left before.
 *
 * `PLASMID_NOT_FOUND`: the participant is unknown.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_status(const plasmid_host *host,
                                   const void *participant,
                                   size_t participant_len,
                                   uint32_t *status);

/**
 * How many milliseconds ago a participant gave its last sign of life, to this host or to another
 * that passed it on; 0 for one's own. Only hosts whose clock moves (`plasmid_host_tick`) tell of
 * it.
 *
 * `PLASMID_NOT_FOUND`: the participant is unknown or gone, or there was no sign yet, or this host
 * was never told the time.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_last_heard(const plasmid_host *host,
                                       const void *participant,
                                       size_t participant_len,
                                       uint64_t *ms);

/**
 * How old this host's copy of a participant may be: how many milliseconds ago it was last known to
 * hold all that the participant had written; 0 for one's own.
 *
 * `PLASMID_NOT_FOUND`: the participant is unknown or gone, or the copy was never known to be
 * whole, or this host was never told the time.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_staleness(const plasmid_host *host,
                                      const void *participant,
                                      size_t participant_len,
                                      uint64_t *ms);

/**
 * How far a peer is known to be with this host's map, in its present generation, as the peer said
 * itself in an exchange with this host, whoever of the two began it: once `*version` is not below
 * what `plasmid_host_set` gave, the peer has that change. It takes one exchange more than the one
 * that brought the change.
 *
 * `PLASMID_NOT_FOUND`: the peer is unknown, or has not yet said how far it is.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_acked_version(const plasmid_host *host,
                                          const void *peer,
                                          size_t peer_len,
                                          uint64_t *version);

/**
 * The generation of a participant as it is known here; one's own id is fine, too.
 *
 * `PLASMID_NOT_FOUND`: the participant is unknown.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_generation_of(const plasmid_host *host,
                                          const void *participant,
                                          size_t participant_len,
                                          uint64_t *generation);

/**
 * Up to which version a participant's superseded values and deletions are compacted away here; 0
 * if none are. One's own id is fine, too.
 *
 * `PLASMID_NOT_FOUND`: the participant is unknown.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_gc_version(const plasmid_host *host,
                                       const void *participant,
                                       size_t participant_len,
                                       uint64_t *version);

/**
 * Iterate over the participants that `host` knows now, its own included, in the order of the ids'
 * bytes; later changes do not show. A participant that never wrote is known to nobody else: set
 * one key to be seen.
 *
 * `status` says which: `PLASMID_PARTICIPANT_PRESENT` those that are there, which is what most
 * programs want, `PLASMID_PARTICIPANT_LEFT` or `PLASMID_PARTICIPANT_EVICTED` those that are gone,
 * `PLASMID_PARTICIPANT_ANY` all.
 *
 * `*participants` is to be freed with `plasmid_participants_free`. `PLASMID_INVALID_ARGUMENT`:
 * there is no such status.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_participants_new(const plasmid_host *host,
                                        uint32_t status,
                                        plasmid_participants **participants);

/**
 * Lend the next participant's id, until the next call on this iterator. `PLASMID_NOT_FOUND`: there
 * are no more.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_participants_next(plasmid_participants *participants,
                                         const uint8_t **id,
                                         size_t *id_len);

/**
 * Free an iterator over participants; NULL is fine.
 */
PLASMID_API void plasmid_participants_free(plasmid_participants *participants);

/**
 * Iterate over a participant's entries as they are now, in one of two orders: `PLASMID_BY_KEY` or
 * `PLASMID_BY_VERSION`. Later changes do not show.
 *
 * `*entries` is to be freed with `plasmid_entries_free`. `PLASMID_NOT_FOUND`: the participant is
 * unknown.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_entries_new(const plasmid_host *host,
                                   const void *participant,
                                   size_t participant_len,
                                   uint32_t order,
                                   plasmid_entries **entries);

/**
 * Iterate over all values and deletions of one key of a participant that are kept now, newest
 * first; there are none if nothing is kept of the key. Later changes do not show.
 *
 * `*entries` is to be freed with `plasmid_entries_free`. `PLASMID_NOT_FOUND`: the participant is
 * unknown.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_history_new(const plasmid_host *host,
                                   const void *participant,
                                   size_t participant_len,
                                   const void *key,
                                   size_t key_len,
                                   plasmid_entries **entries);

/**
 * Lend the next entry's key and value, until the next call on this iterator, and give its version.
 * `*value` NULL: the key was deleted; an empty value is not NULL. `PLASMID_NOT_FOUND`: there are
 * no more.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_entries_next(plasmid_entries *entries,
                                    const uint8_t **key,
                                    size_t *key_len,
                                    const uint8_t **value,
                                    size_t *value_len,
                                    uint64_t *version);

/**
 * Free an iterator over entries; NULL is fine.
 */
PLASMID_API void plasmid_entries_free(plasmid_entries *entries);

/**
 * Ask what has changed since `cursor`, which `plasmid_changes_cursor` gave: the newest value of
 * every key that was set, deletions, and participants that joined, left or were evicted, one's own
 * included. With an empty cursor it begins with everything that is held: a `PLASMID_CHANGE_JOIN`
 * for each participant that is there, then its keys, and who is known to be gone. Apply all in the
 * order in which it is told, keep the cursor of the page, and ask again: at once while
 * `plasmid_changes_more` says so, otherwise when something may have happened, such as after an
 * exchange.
 *
 * Nothing is kept for readers, of whom there may be any number. A cursor may be used as often and
 * as late as one likes, with the host that gave it and as long as that lives: one that is too old
 * gets `PLASMID_CHANGE_REPLACE`. What changes while pages are read may be told twice.
 *
 * `limit` is how many changes are wanted at once, such as 1,024; 0 is taken as 1, and what was
 * written in one batch comes together, even over the limit. `prefix` chooses the keys that begin
 * with it; what happens to participants is told whatever it is. `participant` chooses what
 * concerns that one. Both may be empty and are then no condition. A cursor does not know them:
 * what they left out is not told later.
 *
 * `*changes` is to be freed with `plasmid_changes_free`. `PLASMID_CURSOR`: the bytes are no cursor
 * of this host, or of an earlier life of it (one restored has a new one), or so old that nobody
 * can tell who is gone since. Forget all that was told, and begin anew with an empty cursor.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_changes(const plasmid_host *host,
                                    const void *cursor,
                                    size_t cursor_len,
                                    size_t limit,
                                    const void *prefix,
                                    size_t prefix_len,
                                    const void *participant,
                                    size_t participant_len,
                                    plasmid_changes **changes);

/**
 * Give the next change, and lend its bytes until the next call on `changes`. Any output may be
 * NULL if it is not wanted.
 *
 * `*kind` is a `PLASMID_CHANGE_…`; pass over a number that you do not know. `*key` is NULL unless
 * a key was set or deleted, and `*value` unless one was set; an empty value is not NULL.
 * `*version` is that of the change of the key, and otherwise how far the participant has come, 0
 * where that is not known any more; `*generation` is the participant's. `PLASMID_NOT_FOUND`: there
 * are no more on this page; `plasmid_changes_more` says whether to ask for the next one at once.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_changes_next(plasmid_changes *changes,
                                    uint32_t *kind,
                                    const uint8_t **participant,
                                    size_t *participant_len,
                                    const uint8_t **key,
                                    size_t *key_len,
                                    const uint8_t **value,
                                    size_t *value_len,
                                    uint64_t *version,
                                    uint64_t *generation);

/**
 * Copy out the cursor with which the next `plasmid_host_changes` goes on after these changes,
 * whether they were read or not: at most `PLASMID_MAX_CURSOR_BYTES`. Keep it once they are dealt
 * with.
 *
 * `PLASMID_BUFFER_TOO_SHORT`: the cursor has `*out_len` bytes.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_changes_cursor(const plasmid_changes *changes,
                                      void *out,
                                      size_t out_cap,
                                      size_t *out_len);

/**
 * Whether there is more already: `*flag` is then 1, otherwise 0. `limit` left something out, or
 * something has changed since the first page of these; that may be nothing that is asked for.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_changes_more(const plasmid_changes *changes,
                                    uint32_t *flag);

/**
 * Free changes; NULL is fine.
 */
PLASMID_API void plasmid_changes_free(plasmid_changes *changes);

/**
 * Write down the whole host: its own map, its copies of all others, deadlines and the time. What
 * is learnt anew soon is left out, such as signs of life. Keep it where it survives the process,
 * whole and not changed, and give it to `plasmid_host_restore`.
 *
 * `*bytes` is to be read with `plasmid_bytes_data` and freed with `plasmid_bytes_free`.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_snapshot(const plasmid_host *host,
                                     plasmid_bytes **bytes);

/**
 * Make a host of the bytes that `plasmid_host_snapshot` gave. Its id and its keys are those of the
 * snapshot, its options those of `config`, which may be NULL: every option then has its default.
 * It takes a generation above that of the snapshot, and not below that of the config; one that had
 * left is back, without keys. Cursors of `plasmid_host_changes` from before are not its cursors.
 * Two hosts made of one snapshot are twins, as any two of one id are.
 *
 * `*host` is to be freed with `plasmid_host_free`. `PLASMID_MALFORMED`: the bytes are no snapshot,
 * or not whole. `PLASMID_FOREIGN`: it is one of another cluster. `PLASMID_LIMIT`: an option of the
 * config is out of range; what the snapshot holds is taken whatever the limits are, which are for
 * what comes after. `PLASMID_INVALID_ARGUMENT`: the config names a file; put the bytes there
 * instead. `plasmid_config_error` says more.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_host_restore(const void *data,
                                    size_t data_len,
                                    const plasmid_config *config,
                                    plasmid_host **host);

/**
 * Lend the bytes, until they are freed.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_bytes_data(const plasmid_bytes *bytes,
                                  const uint8_t **data,
                                  size_t *data_len);

/**
 * Free bytes; NULL is fine.
 */
PLASMID_API void plasmid_bytes_free(plasmid_bytes *bytes);

/**
 * Make the initiator's end of a connection. `end` 1: one round, which needs no
 * `plasmid_stream_gossip`, and then the stream is finished. `end` 0: a round for each
 * `plasmid_stream_gossip`, until the connection is closed.
 *
 * `*stream` is to be freed with `plasmid_stream_free`, before or after the host.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_stream_new(const plasmid_host *host,
                                  uint32_t end,
                                  plasmid_stream **stream);

/**
 * Free a stream; NULL is fine. No other call on it may be under way.
 */
PLASMID_API void plasmid_stream_free(plasmid_stream *stream);

/**
 * Copy out the text of the last failure on this stream, as `plasmid_host_error` does.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_stream_error(const plasmid_stream *stream,
                                    void *out,
                                    size_t out_cap,
                                    size_t *out_len);

/**
 * Who learns in a round: `PLASMID_PULL` (default) or `PLASMID_PUSH_PULL`. To be called first.
 *
 * `PLASMID_INVALID_ARGUMENT`: there is no such mode, or the stream was already asked to gossip,
 * receive or transmit.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_stream_set_mode(plasmid_stream *stream,
                                       uint32_t mode);

/**
 * Ask for a round. It begins with the next `plasmid_stream_transmit`, or when the round under way
 * is over. A stream made with `end` 1 does its one round unasked, and this changes nothing.
 */
PLASMID_API PLASMID_NODISCARD plasmid_status plasmid_stream_gossip(plasmid_stream *stream);

/**
 * Take in bytes that arrived, split anywhere.
 *
 * `PLASMID_MALFORMED`, `PLASMID_FOREIGN`, `PLASMID_LIMIT`: the peer is at fault. What was whole
 * before the fault is applied, nothing of the message at fault is. The stream is over, and the
 * connection is to be closed. Only this function repeats the failure, at every later call:
 * `plasmid_stream_transmit` answers `PLASMID_OK` and 0 bytes, and `plasmid_stream_gossip` and
 * `plasmid_stream_is_finished` answer `PLASMID_OK`, which then means nothing.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_stream_receive(plasmid_stream *stream,
                                      const void *data,
                                      size_t data_len);

/**
 * Write the next bytes to send, as many as there are and fit, and consume them: what is left of
 * one round and the beginning of the next go together. `*out_len` 0: there are none now. Any
 * capacity will do; call again while the buffer comes back full.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_stream_transmit(plasmid_stream *stream,
                                       void *out,
                                       size_t out_cap,
                                       size_t *out_len);

/**
 * Whether the one round of a stream made with `end` 1 is over and all was transmitted: `*flag` is
 * then 1, otherwise 0.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_stream_is_finished(const plasmid_stream *stream,
                                          uint32_t *flag);

/**
 * How many rounds were answered. A round counts as soon as its answer was taken in, even while the
 * last message of a push-pull round is not transmitted yet.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_stream_rounds(const plasmid_stream *stream,
                                     uint64_t *rounds);

/**
 * Make the responder's end of a connection. `end` 1: one round, and then the exchange is finished.
 * `end` 0: any number of rounds, until the connection is closed.
 *
 * `*exchange` is to be freed with `plasmid_exchange_free`, before or after the host.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_exchange_new(const plasmid_host *host,
                                    uint32_t end,
                                    plasmid_exchange **exchange);

/**
 * Free an exchange; NULL is fine. No other call on it may be under way.
 */
PLASMID_API void plasmid_exchange_free(plasmid_exchange *exchange);

/**
 * Copy out the text of the last failure on this exchange, as `plasmid_host_error` does.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_exchange_error(const plasmid_exchange *exchange,
                                      void *out,
                                      size_t out_cap,
                                      size_t *out_len);

/**
 * Take in bytes that arrived, split anywhere. It fails as `plasmid_stream_receive` does, and after
 * that `plasmid_exchange_transmit` answers `PLASMID_OK` and 0 bytes.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_exchange_receive(plasmid_exchange *exchange,
                                        const void *data,
                                        size_t data_len);

/**
 * Write the next bytes to send, as `plasmid_stream_transmit` does.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_exchange_transmit(plasmid_exchange *exchange,
                                         void *out,
                                         size_t out_cap,
                                         size_t *out_len);

/**
 * Whether the one round of an exchange made with `end` 1 is over and all was transmitted: `*flag`
 * is then 1, otherwise 0.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_exchange_is_finished(const plasmid_exchange *exchange,
                                            uint32_t *flag);

/**
 * How many rounds are over. A round counts as soon as its last message was taken in; one whose
 * last message is the answer, as soon as the answer is there, even if it is not transmitted yet.
 */
PLASMID_API
PLASMID_NODISCARD
plasmid_status plasmid_exchange_rounds(const plasmid_exchange *exchange,
                                       uint64_t *rounds);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PLASMID_H */
