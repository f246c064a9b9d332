// plasmid for C++17: the functions of plasmid.h as classes that own what they hold.
//
// Handles move and do not copy. Ids, keys, values and messages go in as anything that is bytes next
// to each other: text, std::string, std::vector<std::uint8_t>, std::array, std::span. Messages come
// out as plasmid::Bytes, and so do cursors and snapshots; ids, keys and values as std::string,
// which may hold any bytes. What is asked for and not there is std::nullopt or an empty vector;
// every other failure is thrown as plasmid::Error, whose status() tells which, and then nothing has
// changed. `delete` is no name for a function in C++, so that verb is delete_key. Threads: as
// plasmid.h says, which holds the full description of each function; moving an object while another
// thread uses it is not allowed. Fork: after it only one of the two processes may go on using a
// host and what was made from it, for nobody can tell the two apart; make a new host in the child.
// Of a host with a file that is always the parent.

#ifndef PLASMID_HPP
#define PLASMID_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "plasmid.h"

namespace plasmid {

/// A message, or part of a byte stream.
using Bytes = std::vector<std::uint8_t>;

/// Bytes lent for one call. It is a parameter type: made from what is at hand, not kept. One made
/// from a temporary std::string is good for the call that it is made for; in a variable it would
/// outlive the string.
class View {
 public:
  /// `size` bytes at `data`, which may be null if there are none.
  constexpr View(const void* data, std::size_t size) noexcept : data_(data), size_(size) {}

  /// Text that ends in a zero byte, such as a literal. A null pointer is the empty text.
  View(const char* text) noexcept
      : data_(text), size_(text == nullptr ? 0 : std::strlen(text)) {}

  /// A literal 0, NULL or nullptr would otherwise be taken for such text.
  View(std::nullptr_t) = delete;

  /// Any container of bytes that lie next to each other.
  template <typename C,
            typename T = std::remove_pointer_t<decltype(std::data(std::declval<const C&>()))>,
            typename = std::enable_if_t<sizeof(T) == 1 && std::is_trivially_copyable_v<T> &&
                                        !std::is_array_v<C>>>
  View(const C& bytes) noexcept : data_(std::data(bytes)), size_(std::size(bytes)) {}

  /// The first byte; there is none to read when size() is 0.
  constexpr const void* data() const noexcept { return data_; }

  /// How many bytes there are.
  constexpr std::size_t size() const noexcept { return size_; }

 private:
  const void* data_;
  std::size_t size_;
};

/// A failure: what() says it in a sentence, status() is its number in plasmid.h. When threads share
/// an object and fail at once, the sentence may be that of another thread's failure.
class Error : public std::runtime_error {
 public:
  /// `text` is what what() says.
  Error(plasmid_status status, const std::string& text)
      : std::runtime_error(text), status_(status) {}

  /// The number in plasmid.h, such as PLASMID_LIMIT.
  plasmid_status status() const noexcept { return status_; }

 private:
  plasmid_status status_;
};

/// Which updates go first when not all fit in a message.
enum class Ordering : std::uint32_t {
  /// The participants with the most pending updates first; ties at random.
  depth = PLASMID_ORDERING_DEPTH,
  /// The oldest pending update of every participant first, then the second oldest, and so on.
  breadth = PLASMID_ORDERING_BREADTH
};

/// How a host says what it has.
enum class Digests : std::uint32_t {
  /// In lines or in sums, whichever takes less.
  smallest = PLASMID_DIGESTS_SMALLEST,
  /// In lines only, and sums of others are not understood.
  plain = PLASMID_DIGESTS_PLAIN,
  /// In sums wherever they fit. It serves tests.
  sketch = PLASMID_DIGESTS_SKETCH
};

/// Who learns in a round over a stream.
enum class Mode : std::uint32_t {
  /// Only the initiator.
  pull = PLASMID_PULL,
  /// Both.
  push_pull = PLASMID_PUSH_PULL
};

/// Which entries are asked for, and in what order they come.
enum class Order : std::uint32_t {
  /// The newest value of every key, in the order of the keys' bytes.
  by_key = PLASMID_BY_KEY,
  /// Every value that is kept, superseded ones included, oldest first.
  by_version = PLASMID_BY_VERSION
};

/// Whether a participant is there. Treat a value that is none of these as gone: later versions may
/// add some.
enum class Status : std::uint32_t {
  /// It is there, as far as is known.
  present = PLASMID_PARTICIPANT_PRESENT,
  /// It has left by itself.
  left = PLASMID_PARTICIPANT_LEFT,
  /// Another has evicted it.
  evicted = PLASMID_PARTICIPANT_EVICTED
};

/// What a Change tells. Pass over a value that is none of these: later versions may add some.
enum class ChangeKind : std::uint32_t {
  /// A key was set.
  set = PLASMID_CHANGE_SET,
  /// A key was deleted.
  delete_key = PLASMID_CHANGE_DELETE,
  /// A participant became known, or came back after it had left or was evicted; its keys follow,
  /// each as ChangeKind::set.
  join = PLASMID_CHANGE_JOIN,
  /// A participant has left; its keys are gone.
  leave = PLASMID_CHANGE_LEAVE,
  /// A participant was evicted; its keys are gone.
  evict = PLASMID_CHANGE_EVICT,
  /// Forget all keys of the participant: those that it has now follow, each as ChangeKind::set.
  replace = PLASMID_CHANGE_REPLACE,
  /// Another process was found to speak under this host's own id.
  conflict = PLASMID_CHANGE_CONFLICT
};

/// One value of one key, or its deletion.
struct Entry {
  /// The key, any bytes.
  std::string key;
  /// The value, any bytes; it may be empty. None: the key was deleted, which Host::entries by key
  /// leaves out.
  std::optional<std::string> value;
  /// The version of the participant's change: 1, 2, 3 and so on over all its keys.
  std::uint64_t version;
};

/// One change, from Host::changes.
struct Change {
  /// What happened; it decides what `key`, `value` and `version` mean.
  ChangeKind kind;
  /// The id of the participant that it happened to.
  std::string participant;
  /// The key that was set or deleted; otherwise empty.
  std::string key;
  /// The value that a key was set to; otherwise empty.
  std::string value;
  /// The version of the change of a key; otherwise how far the participant has come.
  std::uint64_t version;
  /// The generation of the participant.
  std::uint64_t generation;
};

/// What has changed since a cursor: `for (const auto& change : host.changes(cursor))`.
struct Changes {
  /// The changes, in the order in which to apply them.
  std::vector<Change> list;
  /// Give it to the next Host::changes, which goes on after these.
  Bytes cursor;
  /// Whether there is more already: the limit left something out, or something has changed since.
  bool more;

  /// The first change.
  [[nodiscard]] std::vector<Change>::const_iterator begin() const noexcept { return list.begin(); }

  /// The end of the changes.
  [[nodiscard]] std::vector<Change>::const_iterator end() const noexcept { return list.end(); }
};

namespace detail {

/// Frees a handle by its function in plasmid.h.
template <typename Handle, void (*release)(Handle*)>
struct Deleter {
  /// Free it.
  void operator()(Handle* handle) const noexcept { release(handle); }
};

/// A handle that is freed with its owner.
template <typename Handle, void (*release)(Handle*)>
using Owned = std::unique_ptr<Handle, Deleter<Handle, release>>;

/// Call `fill(out, capacity, &length)` with a buffer that is large enough.
template <typename Buffer, typename Fill>
plasmid_status read(Buffer& bytes, Fill fill) {
  bytes.resize(256);
  std::size_t length = 0;
  plasmid_status status = PLASMID_OK;
  while ((status = fill(bytes.data(), bytes.size(), &length)) == PLASMID_BUFFER_TOO_SHORT) {
    bytes.resize(length);
  }
  bytes.resize(status == PLASMID_OK ? length : 0);
  return status;
}

/// Throw what a call on `handle` answered, unless that is PLASMID_OK.
template <typename Handle>
void check(plasmid_status status, const Handle* handle,
           plasmid_status (*error)(const Handle*, void*, std::size_t, std::size_t*)) {
  if (status == PLASMID_OK) return;
  if (handle == nullptr) throw Error(status, "this object was moved from");
  std::string text;
  const auto told = read(text, [&](void* out, std::size_t capacity, std::size_t* length) {
    return error(handle, out, capacity, length);
  });
  throw Error(status, told == PLASMID_OK && !text.empty() ? text : plasmid_status_name(status));
}

/// Throw what a call without an error text answered, unless that is PLASMID_OK.
inline void check(plasmid_status status) {
  if (status != PLASMID_OK) throw Error(status, plasmid_status_name(status));
}

/// What both ends of a connection can do.
template <typename Handle, void (*release)(Handle*),
          plasmid_status (*receive_)(Handle*, const void*, std::size_t),
          plasmid_status (*transmit_)(Handle*, void*, std::size_t, std::size_t*),
          plasmid_status (*is_finished_)(const Handle*, std::uint32_t*),
          plasmid_status (*rounds_)(const Handle*, std::uint64_t*),
          plasmid_status (*error_)(const Handle*, void*, std::size_t, std::size_t*)>
class End {
 public:
  /// Take in bytes that arrived, split anywhere. After an Error the connection is to be closed:
  /// what was whole before the fault is applied, nothing of the message at fault is, and every
  /// later receive() throws the same.
  void receive(View data) { check(receive_(handle(), data.data(), data.size())); }

  /// The bytes to send now, `max` at most; empty if there are none.
  [[nodiscard]] Bytes transmit(std::size_t max = SIZE_MAX) {
    constexpr std::size_t chunk = 65536;
    Bytes bytes;
    std::size_t length = chunk;
    while (length == chunk && bytes.size() < max) {
      const std::size_t start = bytes.size();
      bytes.resize(start + (max - start < chunk ? max - start : chunk));
      const auto status = transmit_(handle(), bytes.data() + start, bytes.size() - start, &length);
      bytes.resize(start + (status == PLASMID_OK ? length : 0));
      check(status);
    }
    return bytes;
  }

  /// Whether the one round of an end made with `end` true is over and all was transmitted.
  [[nodiscard]] bool finished() const {
    std::uint32_t flag = 0;
    check(is_finished_(handle(), &flag));
    return flag != 0;
  }

  /// How many rounds are over: their last message was taken in, or made if it is one's own answer
  /// that ends the round. A Stream counts a round that was answered, even if the last message of a
  /// push-pull round is not transmitted yet.
  [[nodiscard]] std::uint64_t rounds() const {
    std::uint64_t rounds = 0;
    check(rounds_(handle(), &rounds));
    return rounds;
  }

  /// The handle, for the functions of plasmid.h; it stays ours.
  [[nodiscard]] Handle* handle() const noexcept { return handle_.get(); }

 protected:
  explicit End(Handle* handle) noexcept : handle_(handle) {}

  void check(plasmid_status status) const { detail::check(status, handle(), error_); }

 private:
  Owned<Handle, release> handle_;
};

/// What a Stream shares with an Exchange.
using StreamEnd =
    End<plasmid_stream, plasmid_stream_free, plasmid_stream_receive, plasmid_stream_transmit,
        plasmid_stream_is_finished, plasmid_stream_rounds, plasmid_stream_error>;
/// What an Exchange shares with a Stream.
using ExchangeEnd = End<plasmid_exchange, plasmid_exchange_free, plasmid_exchange_receive,
                        plasmid_exchange_transmit, plasmid_exchange_is_finished,
                        plasmid_exchange_rounds, plasmid_exchange_error>;

}  // namespace detail

/// The initiator's end of a connection, from Host::create_stream. It may outlive its host.
class Stream : public detail::StreamEnd {
 public:
  /// Ask for a round, on a stream made with `end` false.
  void gossip() { check(plasmid_stream_gossip(handle())); }

 private:
  friend class Host;
  explicit Stream(plasmid_stream* handle) noexcept : End(handle) {}
};

/// The responder's end of a connection, from Host::exchange. It may outlive its host.
class Exchange : public detail::ExchangeEnd {
 private:
  friend class Host;
  explicit Exchange(plasmid_exchange* handle) noexcept : End(handle) {}
};

/// Several sets and deletes of a host's own keys that become one change, of which no reader sees a
/// part: `host.batch().set("x", "1").delete_key("y").commit();` It may outlive its host. What was
/// not committed is dropped with it.
class Batch {
 public:
  /// Set a key; of several calls with one key the last counts. Limits are checked by commit().
  Batch& set(View key, View value) {
    check(plasmid_batch_set(handle(), key.data(), key.size(), value.data(), value.size()));
    return *this;
  }

  /// Delete a key; of several calls with one key the last counts.
  Batch& delete_key(View key) {
    check(plasmid_batch_delete(handle(), key.data(), key.size()));
    return *this;
  }

  /// Make all of it one change; the version of that, or of the newest one if there was nothing to
  /// change. The batch is then empty, and may be used again. It fails as Host::set does, and then
  /// the batch is as it was.
  std::uint64_t commit() {
    std::uint64_t version = 0;
    check(plasmid_batch_commit(handle(), &version));
    return version;
  }

  /// The handle, for the functions of plasmid.h; it stays ours.
  [[nodiscard]] plasmid_batch* handle() const noexcept { return handle_.get(); }

 private:
  friend class Host;
  explicit Batch(plasmid_batch* handle) noexcept : handle_(handle) {}

  void check(plasmid_status status) const {
    detail::check<plasmid_batch>(status, handle(), plasmid_batch_error);
  }

  detail::Owned<plasmid_batch, plasmid_batch_free> handle_;
};

/// The options of hosts; a setter returns the config, so that they chain, also on a temporary:
/// `auto config = plasmid::Config().set_history(false).set_seed(1);`
/// One config may make any number of hosts, each of which copies what it needs.
class Config {
 public:
  /// Every option at its default.
  Config() {
    plasmid_config* config = nullptr;
    detail::check(plasmid_config_new(&config));
    handle_.reset(config);
  }

  /// Which updates go first when not all fit in a message; default Ordering::depth.
  Config& set_ordering(Ordering ordering) & {
    return check(plasmid_config_set_ordering(handle(), static_cast<std::uint32_t>(ordering)));
  }
  [[nodiscard]] Config set_ordering(Ordering ordering) && {
    return std::move(set_ordering(ordering));
  }
  /// How a host says what it has; default Digests::smallest. Hosts that differ in this understand
  /// each other.
  Config& set_digests(Digests digests) & {
    return check(plasmid_config_set_digests(handle(), static_cast<std::uint32_t>(digests)));
  }
  [[nodiscard]] Config set_digests(Digests digests) && { return std::move(set_digests(digests)); }

  /// The name of the cluster, any bytes; default empty. Messages of another cluster are refused
  /// with PLASMID_FOREIGN.
  Config& set_cluster(View name) & {
    return check(plasmid_config_set_cluster(handle(), name.data(), name.size()));
  }
  [[nodiscard]] Config set_cluster(View name) && { return std::move(set_cluster(name)); }

  /// The file that keeps a host: the constructor of Host gives the host that it holds, and makes
  /// both if there is none. What is written is durable before the call returns, and shown only
  /// then. Default empty: the host is in memory. Any bytes but 0 where the system takes such,
  /// elsewhere UTF-8. The directory is to be one of a file system that can lock and rename.
  Config& set_path(View path) & {
    return check(plasmid_config_set_path(handle(), path.data(), path.size()));
  }
  [[nodiscard]] Config set_path(View path) && { return std::move(set_path(path)); }

// Each setter twice: a named config is changed in place, a temporary one is passed on by value.
#define PLASMID_SETTER(name, Type)                                                               \
  Config& name(Type value) & { return check(plasmid_config_##name(handle(), value)); }           \
  [[nodiscard]] Config name(Type value) && { return std::move(name(value)); }

  /// True (default): keep and send superseded values and deletions too, until their owner compacts.
  /// False: only what is newest of each key.
  PLASMID_SETTER(set_history, bool)

  /// True: a host with a file shows what it writes at once, and Host::tick makes it durable; after
  /// any end but Host::close or the destructor it is in a new generation. False (default): nothing
  /// acknowledged is ever lost.
  PLASMID_SETTER(set_relaxed, bool)

  /// True: compress streams, if the other end does so too. False (default): do not.
  PLASMID_SETTER(set_compress, bool)

  /// True (default): the host compacts its own map by itself. False: only Host::compact does.
  PLASMID_SETTER(set_auto_compact, bool)

  /// After how many milliseconds Host::tick compacts the host's own deletions away, if the host
  /// compacts by itself; default an hour, 0 never.
  PLASMID_SETTER(set_tombstone_age_ms, std::uint64_t)

  /// After how many milliseconds of silence Host::tick evicts a participant; default 0, never. Tick
  /// far more often than that.
  PLASMID_SETTER(set_evict_after_ms, std::uint64_t)

  /// How far above this host's clock, in milliseconds, the generation of another participant may
  /// lie before it is refused; default a year, 0 refuses none.
  PLASMID_SETTER(set_generation_ahead_ms, std::uint64_t)

  /// The seed of all randomness in the host. Default: drawn from the system for each host.
  PLASMID_SETTER(set_seed, std::uint64_t)

  /// A number that no other process with this id and generation has. Default: drawn from the system
  /// for each host; set it only where runs must repeat byte for byte.
  PLASMID_SETTER(set_nonce, std::uint64_t)

  /// The generation of the participant, below 2^63; it must grow each time the participant starts
  /// without its earlier state, or with one that is relaxed. Default: from the clock, in
  /// milliseconds, and 16 random bits.
  PLASMID_SETTER(set_generation, std::uint64_t)

  // Limits: why each is what it is, and what becomes of what is over it, is said in plasmid.h. One
  // that is out of range is told by the constructor of Host, with PLASMID_LIMIT. Give all hosts of
  // a cluster the same.

  /// Greatest length of a key, in bytes: 1 to 65,535, default 1,024.
  PLASMID_SETTER(set_key_bytes, std::uint64_t)

  /// Greatest length of a value, in bytes: 0 to 256 MiB, default 1 MiB.
  PLASMID_SETTER(set_value_bytes, std::uint64_t)

  /// Greatest length of a message, received or made, and of what is written at once, in bytes: 512
  /// to 256 MiB, default 16 MiB.
  PLASMID_SETTER(set_message_bytes, std::uint64_t)

  /// Greatest number of participants known at once, the host's own included: 1 to 2^32 - 1, default
  /// 65,536.
  PLASMID_SETTER(set_participants, std::uint64_t)

  /// Greatest number of keys held of one participant: 1 to 2^31 - 1, default 131,072.
  PLASMID_SETTER(set_keys_per_participant, std::uint64_t)

  /// Greatest size of the updates kept of one participant, history included, in bytes: 1 to 1 GiB,
  /// default 256 MiB.
  PLASMID_SETTER(set_participant_bytes, std::uint64_t)

  /// Greatest size of what is kept of all other participants together, in bytes: any number,
  /// default 1 GiB. One's own map does not count; 0 keeps nothing of others.
  PLASMID_SETTER(set_state_bytes, std::uint64_t)

  /// Greatest number of left and evicted participants that are remembered, beside those that are
  /// there: 0 to 2^32 - 1, default 16,384.
  PLASMID_SETTER(set_departed, std::uint64_t)

  /// Greatest size of all updates together of which only a part has arrived, in bytes: any number,
  /// default 64 MiB.
  PLASMID_SETTER(set_fragment_bytes, std::uint64_t)

  /// Greatest number of deletions of one participant that are remembered for Host::changes after
  /// they were compacted away: 0 to 2^32 - 1, default 1,024.
  PLASMID_SETTER(set_remembered_deletes, std::uint64_t)

  /// How far back the cursors of Host::changes reach: 0 to 2^32 - 1, default 65,536.
  PLASMID_SETTER(set_change_records, std::uint64_t)
#undef PLASMID_SETTER

  /// The handle, for the functions of plasmid.h; it stays ours.
  [[nodiscard]] plasmid_config* handle() const noexcept { return handle_.get(); }

 private:
  Config& check(plasmid_status status) {
    detail::check<plasmid_config>(status, handle(), plasmid_config_error);
    return *this;
  }

  detail::Owned<plasmid_config, plasmid_config_free> handle_;
};

/// One participant's view of all: its own map, which only it writes, and a copy of everyone else's.
class Host {
 public:
  /// The host of participant `id`, 1 to 128 bytes of any kind, unique in the cluster, with every
  /// option at its default.
  explicit Host(View id) : Host(id, Config()) {}

  /// The same with options. PLASMID_LIMIT: the id, the generation or a limit is out of range. Of a
  /// file (Config::set_path) there is also PLASMID_IN_USE: another host has it; PLASMID_STORE: the
  /// system refuses; PLASMID_FOREIGN: it is that of another participant or cluster;
  /// PLASMID_MALFORMED: it is no state, or damaged, or of a newer version. It is left as it is.
  Host(View id, const Config& config) : Host(plasmid_host_new, id, config) {}

  /// A host of what snapshot() gave, with the options of `config`. Its id and keys are those of the
  /// snapshot; it takes a generation above the snapshot's, and not below the config's.
  /// PLASMID_MALFORMED: the bytes are no snapshot, or not whole. PLASMID_FOREIGN: it is one of
  /// another cluster. PLASMID_LIMIT: an option is out of range. PLASMID_INVALID_ARGUMENT: the
  /// config names a file; put the bytes there instead.
  [[nodiscard]] static Host restore(View data, const Config& config = Config()) {
    return Host(plasmid_host_restore, data, config);
  }

  /// Lay the host down: all of it is kept by its file, if it has one, which is then free for the
  /// next host. From here on all that changes it or exchanges with it fails with PLASMID_CLOSED,
  /// also through what was made from it; reading goes on. Closing it again does nothing. The
  /// destructor does the same, once all that was made from the host is gone, too, and tells nobody
  /// what fails. PLASMID_STORE: not all could be made durable; it is closed all the same.
  void close() { check(plasmid_host_close(handle())); }

  /// The whole host as bytes, for restore().
  [[nodiscard]] Bytes snapshot() const {
    plasmid_bytes* made = nullptr;
    check(plasmid_host_snapshot(handle(), &made));
    const detail::Owned<plasmid_bytes, plasmid_bytes_free> bytes(made);
    const std::uint8_t* start = nullptr;
    std::size_t length = 0;
    detail::check(plasmid_bytes_data(made, &start, &length));
    return Bytes(start, start + length);
  }

  /// Set one's own key; the version of this change. PLASMID_LIMIT: the key is empty, or something
  /// is over a limit. PLASMID_CONFLICT: another process certainly has this id. PLASMID_LEFT: the
  /// participant has left. All that writes fails so, and of the last two renew() is the end. Of a
  /// host with a file there are also PLASMID_STORE: it failed, and nothing is written any more, for
  /// good; and PLASMID_CLOSED.
  std::uint64_t set(View key, View value) {
    std::uint64_t version = 0;
    check(plasmid_host_set(handle(), key.data(), key.size(), value.data(), value.size(), &version));
    return version;
  }

  /// Set one's own key for `ttl_ms` milliseconds: the first tick() at or after that deletes it, for
  /// everyone. A later change of the key cancels it.
  std::uint64_t set_expiring(View key, View value, std::uint64_t ttl_ms) {
    std::uint64_t version = 0;
    check(plasmid_host_set_expiring(handle(), key.data(), key.size(), value.data(), value.size(),
                                    ttl_ms, &version));
    return version;
  }

  /// Delete one's own key, for everyone; the version of this change, or of the newest one if there
  /// is no such key.
  std::uint64_t delete_key(View key) {
    std::uint64_t version = 0;
    check(plasmid_host_delete(handle(), key.data(), key.size(), &version));
    return version;
  }

  /// A batch of sets and deletes that will be one change.
  [[nodiscard]] Batch batch() {
    plasmid_batch* made = nullptr;
    check(plasmid_batch_new(handle(), &made));
    return Batch(made);
  }

  /// Forget one's own superseded values and deletions up to a version, here and everywhere; all of
  /// them if none is given. The version up to which all is compacted afterwards: it may be lower
  /// than the one given, where a batch is still needed. PLASMID_LIMIT: the version is above the
  /// newest.
  std::uint64_t compact(std::optional<std::uint64_t> up_to = std::nullopt) {
    std::uint64_t version = 0;
    check(plasmid_host_compact(handle(), up_to.value_or(PLASMID_ALL), &version));
    return version;
  }

  /// Leave: one's own map becomes empty, and everyone learns that this participant is gone; the
  /// version of that. Go on exchanging until the acked_version() of a peer is at least that.
  /// Nothing is written any more until renew().
  std::uint64_t leave() {
    std::uint64_t version = 0;
    check(plasmid_host_leave(handle(), &version));
    return version;
  }

  /// Take a new generation, which is returned: it ends PLASMID_CONFLICT and PLASMID_LEFT. The keys
  /// stay, of which there are none after a leave, and versions go on.
  std::uint64_t renew() {
    std::uint64_t generation = 0;
    check(plasmid_host_renew(handle(), &generation));
    return generation;
  }

  /// Remove another participant at every host; the version of this change of one's own map, or of
  /// the newest one if it was evicted already. PLASMID_NOT_FOUND: it is unknown.
  /// PLASMID_INVALID_ARGUMENT: it is this host's own.
  std::uint64_t evict(View participant) {
    std::uint64_t version = 0;
    check(plasmid_host_evict(handle(), participant.data(), participant.size(), &version));
    return version;
  }

  /// Tell the host the time, in milliseconds since 1970: keys expire, old deletions are compacted
  /// away, silent participants are evicted if they are to be; and a file is kept in order, for
  /// which the call may wait for a disk.
  void tick(std::uint64_t now_ms) { check(plasmid_host_tick(handle(), now_ms)); }

  /// The value of one's own key.
  [[nodiscard]] std::optional<std::string> get(View key) const {
    return text([&](void* out, std::size_t capacity, std::size_t* length) {
      return plasmid_host_get(handle(), key.data(), key.size(), out, capacity, length);
    });
  }

  /// The value of a participant's key.
  [[nodiscard]] std::optional<std::string> get_from(View participant, View key) const {
    return text([&](void* out, std::size_t capacity, std::size_t* length) {
      return plasmid_host_get_from(handle(), participant.data(), participant.size(), key.data(),
                                   key.size(), out, capacity, length);
    });
  }

  /// Begin an exchange: the first message, of at most `budget` bytes. A budget above
  /// message_bytes(), such as the default, is that.
  [[nodiscard]] Bytes initiate(std::size_t budget = SIZE_MAX) {
    return message(budget, [&](void* out, std::size_t capacity, std::size_t* length) {
      return plasmid_host_initiate(handle(), out, capacity, length);
    });
  }

  /// Apply a peer's message; the answer, empty if there is nothing to say. One that is not empty
  /// is to be delivered, or the peer learns nothing from it. The budget is as in initiate(); 0:
  /// say nothing. PLASMID_MALFORMED, PLASMID_FOREIGN, PLASMID_LIMIT: the message is not for us.
  Bytes receive(View data, std::size_t budget = SIZE_MAX) {
    return message(budget, [&](void* out, std::size_t capacity, std::size_t* length) {
      return plasmid_host_receive(handle(), data.data(), data.size(), out, capacity, length);
    });
  }

  /// The initiator's end of a connection.
  [[nodiscard]] Stream create_stream(bool end = true, Mode mode = Mode::pull) {
    plasmid_stream* made = nullptr;
    check(plasmid_stream_new(handle(), end ? 1 : 0, &made));
    Stream stream(made);
    stream.check(plasmid_stream_set_mode(made, static_cast<std::uint32_t>(mode)));
    return stream;
  }

  /// The responder's end of a connection.
  [[nodiscard]] Exchange exchange(bool end = true) {
    plasmid_exchange* made = nullptr;
    check(plasmid_exchange_new(handle(), end ? 1 : 0, &made));
    return Exchange(made);
  }

  /// The ids of the participants known that are there, or of those that are gone, or of all with
  /// std::nullopt; one's own is among them; in the order of their bytes. One that never wrote is
  /// known to nobody else.
  [[nodiscard]] std::vector<std::string> participants(
      std::optional<Status> which = Status::present) const {
    plasmid_participants* made = nullptr;
    const auto wanted = which ? static_cast<std::uint32_t>(*which) : PLASMID_PARTICIPANT_ANY;
    check(plasmid_participants_new(handle(), wanted, &made));
    const detail::Owned<plasmid_participants, plasmid_participants_free> iterator(made);
    std::vector<std::string> ids;
    const std::uint8_t* id = nullptr;
    std::size_t length = 0;
    plasmid_status status = PLASMID_OK;
    while ((status = plasmid_participants_next(made, &id, &length)) == PLASMID_OK) {
      ids.push_back(string(id, length));
    }
    if (status != PLASMID_NOT_FOUND) detail::check(status);
    return ids;
  }

  /// A participant's entries; none if it is unknown.
  [[nodiscard]] std::vector<Entry> entries(View participant, Order order = Order::by_key) const {
    plasmid_entries* made = nullptr;
    return collect(made, plasmid_entries_new(handle(), participant.data(), participant.size(),
                                             static_cast<std::uint32_t>(order), &made));
  }

  /// All kept values and deletions of a participant's key, newest first.
  [[nodiscard]] std::vector<Entry> history(View participant, View key) const {
    plasmid_entries* made = nullptr;
    return collect(made, plasmid_history_new(handle(), participant.data(), participant.size(),
                                             key.data(), key.size(), &made));
  }

  /// What has changed since `cursor`, which an earlier call gave; with an empty one, everything
  /// that is held. At most `limit` changes, and more only to keep a batch whole; of keys that begin
  /// with `prefix`, and of one participant, unless those are empty. PLASMID_CURSOR: it is no cursor
  /// of this life of this host, or far too old. Forget all, and begin anew with an empty one.
  [[nodiscard]] Changes changes(View cursor = View("", 0), std::size_t limit = 1024,
                                View prefix = View("", 0), View participant = View("", 0)) const {
    plasmid_changes* made = nullptr;
    check(plasmid_host_changes(handle(), cursor.data(), cursor.size(), limit, prefix.data(),
                               prefix.size(), participant.data(), participant.size(), &made));
    const detail::Owned<plasmid_changes, plasmid_changes_free> page(made);
    Changes changes{{}, {}, false};
    std::uint32_t kind = 0;
    const std::uint8_t *id = nullptr, *key = nullptr, *value = nullptr;
    std::size_t id_length = 0, key_length = 0, value_length = 0;
    std::uint64_t version = 0, generation = 0;
    plasmid_status status = PLASMID_OK;
    while ((status = plasmid_changes_next(made, &kind, &id, &id_length, &key, &key_length, &value,
                                          &value_length, &version, &generation)) == PLASMID_OK) {
      changes.list.push_back({static_cast<ChangeKind>(kind), string(id, id_length),
                              string(key, key_length), string(value, value_length), version,
                              generation});
    }
    if (status != PLASMID_NOT_FOUND) detail::check(status);
    detail::check(detail::read(changes.cursor, [&](void* out, std::size_t capacity,
                                                   std::size_t* length) {
      return plasmid_changes_cursor(made, out, capacity, length);
    }));
    detail::check(plasmid_changes_more(made, &kind));
    changes.more = kind != 0;
    return changes;
  }

  /// The version of a participant's newest change held here; none if it is unknown.
  [[nodiscard]] std::optional<std::uint64_t> max_version(View participant) const {
    return number(plasmid_host_max_version, participant);
  }

  /// Up to which version a participant's superseded values and deletions are compacted away here, 0
  /// if none are; none if it is unknown.
  [[nodiscard]] std::optional<std::uint64_t> gc_version(View participant) const {
    return number(plasmid_host_gc_version, participant);
  }

  /// The generation of a participant; none if it is unknown.
  [[nodiscard]] std::optional<std::uint64_t> generation_of(View participant) const {
    return number(plasmid_host_generation_of, participant);
  }

  /// Whether a participant is there; none if it is unknown.
  [[nodiscard]] std::optional<Status> status(View participant) const {
    const auto status = number<std::uint32_t>(plasmid_host_status, participant);
    return status ? std::optional(static_cast<Status>(*status)) : std::nullopt;
  }

  /// How many milliseconds ago a participant gave its last sign of life; none if there was none
  /// that is known here, or if this host was never told the time.
  [[nodiscard]] std::optional<std::uint64_t> last_heard(View participant) const {
    return number(plasmid_host_last_heard, participant);
  }

  /// How many milliseconds ago this host's copy of a participant was last known to be whole; none
  /// if it never was, or if this host was never told the time.
  [[nodiscard]] std::optional<std::uint64_t> staleness(View participant) const {
    return number(plasmid_host_staleness, participant);
  }

  /// How far a peer is known to be with this host's map; none if it has not said yet.
  [[nodiscard]] std::optional<std::uint64_t> acked_version(View peer) const {
    return number(plasmid_host_acked_version, peer);
  }

  /// How many keys of a participant are held here, without those deleted; 0 if it is unknown.
  [[nodiscard]] std::size_t len(View participant) const {
    std::size_t length = 0;
    const auto status = plasmid_host_len(handle(), participant.data(), participant.size(), &length);
    if (status != PLASMID_NOT_FOUND) check(status);
    return length;
  }

  /// The id of this host's participant.
  [[nodiscard]] std::string id() const {
    std::string id;
    check(detail::read(id, [&](void* out, std::size_t capacity, std::size_t* length) {
      return plasmid_host_id(handle(), out, capacity, length);
    }));
    return id;
  }

  /// The generation of this host's participant.
  [[nodiscard]] std::uint64_t generation() const { return number(plasmid_host_generation); }

  /// How many messages were evidence that another process speaks under this participant's id: more
  /// and more are a fault of their configuration, 0 is no proof that there is no other.
  [[nodiscard]] std::uint64_t conflicts() const { return number(plasmid_host_conflicts); }

  /// How many participants' parts of received messages were not wholly applied, because of a gap
  /// before them or a limit of this host. A later exchange brings them, except over a limit.
  [[nodiscard]] std::uint64_t skipped() const { return number(plasmid_host_skipped); }

  /// How many participants that had left or were evicted were forgotten, because of
  /// Config::set_departed.
  [[nodiscard]] std::uint64_t forgotten() const { return number(plasmid_host_forgotten); }

  /// The length of the greatest message that this host makes or takes, in bytes.
  [[nodiscard]] std::size_t message_bytes() const {
    return static_cast<std::size_t>(number(plasmid_host_message_bytes));
  }

  /// The budget in bytes with which the largest update goes out whole for which the last answer had
  /// no room; 0 when none waits. With less it goes in pieces.
  [[nodiscard]] std::size_t room_needed() const {
    std::size_t bytes = 0;
    check(plasmid_host_room_needed(handle(), &bytes));
    return bytes;
  }

  /// The handle, for the functions of plasmid.h; it stays ours.
  [[nodiscard]] plasmid_host* handle() const noexcept { return handle_.get(); }

 private:
  /// A host made of bytes and options, by one of the two functions that do so.
  Host(plasmid_status (*make)(const void*, std::size_t, const plasmid_config*, plasmid_host**),
       View bytes, const Config& config) {
    plasmid_host* host = nullptr;
    // Without a handle the config was moved from, which is not a wish for the defaults.
    const auto status = config.handle() == nullptr
                            ? PLASMID_INVALID_ARGUMENT
                            : make(bytes.data(), bytes.size(), config.handle(), &host);
    detail::check<plasmid_config>(status, config.handle(), plasmid_config_error);
    handle_.reset(host);
  }

  void check(plasmid_status status) const {
    detail::check<plasmid_host>(status, handle(), plasmid_host_error);
  }

  static std::string string(const std::uint8_t* start, std::size_t length) {
    return std::string(start, start + length);
  }

  std::uint64_t number(plasmid_status (*read)(const plasmid_host*, std::uint64_t*)) const {
    std::uint64_t number = 0;
    check(read(handle(), &number));
    return number;
  }

  template <typename Number = std::uint64_t>
  std::optional<Number> number(plasmid_status (*read)(const plasmid_host*, const void*, std::size_t,
                                                      Number*),
                               View participant) const {
    Number number = 0;
    const auto status = read(handle(), participant.data(), participant.size(), &number);
    if (status == PLASMID_NOT_FOUND) return std::nullopt;
    check(status);
    return number;
  }

  template <typename Fill>
  std::optional<std::string> text(Fill fill) const {
    std::string text;
    const auto status = detail::read(text, fill);
    if (status == PLASMID_NOT_FOUND) return std::nullopt;
    check(status);
    return text;
  }

  template <typename Fill>
  Bytes message(std::size_t budget, Fill fill) {
    const std::size_t capacity = std::min(budget, message_bytes());
    // Not a vector: its bytes would all be written before the few that count are.
    const std::unique_ptr<std::uint8_t[]> out(capacity > 0 ? new std::uint8_t[capacity] : nullptr);
    std::size_t length = 0;
    check(fill(out.get(), capacity, &length));
    return Bytes(out.get(), out.get() + length);
  }

  std::vector<Entry> collect(plasmid_entries*& made, plasmid_status status) const {
    std::vector<Entry> entries;
    if (status == PLASMID_NOT_FOUND) return entries;
    check(status);
    const detail::Owned<plasmid_entries, plasmid_entries_free> iterator(made);
    const std::uint8_t *key = nullptr, *value = nullptr;
    std::size_t key_length = 0, value_length = 0;
    std::uint64_t version = 0;
    while ((status = plasmid_entries_next(made, &key, &key_length, &value, &value_length,
                                          &version)) == PLASMID_OK) {
      entries.push_back({string(key, key_length), std::nullopt, version});
      if (value != nullptr) entries.back().value = string(value, value_length);
    }
    if (status != PLASMID_NOT_FOUND) detail::check(status);
    return entries;
  }

  detail::Owned<plasmid_host, plasmid_host_free> handle_;
};

}  // namespace plasmid

#endif  // PLASMID_HPP
