// plasmid.hpp: ownership, what goes in and out, and exceptions.

#include <array>
#include <string_view>
#include <type_traits>
#if __cplusplus >= 202002L
#include <span>
#endif

#include "wrapper.h"

namespace {

// Handles move and do not copy.
template <typename T>
constexpr bool moves_only =
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;
static_assert(moves_only<plasmid::Config> && moves_only<plasmid::Host>);
static_assert(moves_only<plasmid::Stream> && moves_only<plasmid::Exchange>);
static_assert(std::is_base_of_v<std::exception, plasmid::Error>);

// A value of 0 is a mistake, not a null pointer to text.
#define TAKES(name, argument)                          \
  template <typename Host, typename = void>            \
  constexpr bool name = false;                         \
  template <typename Host>                             \
  constexpr bool name<Host, std::void_t<decltype(std::declval<Host&>().set("n", argument))>> = true
TAKES(takes_text, "0");
TAKES(takes_zero, 0);
TAKES(takes_null, NULL);
TAKES(takes_nullptr, nullptr);
static_assert(takes_text<plasmid::Host> && !takes_zero<plasmid::Host>);
static_assert(!takes_null<plasmid::Host> && !takes_nullptr<plasmid::Host>);

void bytes_in_and_out() {
  plasmid::Host host("a");
  const std::string text = "text";
  const std::vector<std::uint8_t> vector = {1, 2, 3};
  const std::array<char, 2> array = {'o', 'k'};
  CHECK(host.set("literal", text) == 1);
  CHECK(host.set(std::string_view("view"), vector) == 2);
  CHECK(host.set(text, array) == 3);
  CHECK(host.set({"pointer and length", 7}, {nullptr, 0}) == 4);
  CHECK(host.get("literal") == "text");
  CHECK(host.get("view") == std::string("\1\2\3"));
  CHECK(host.get("text") == "ok");
  CHECK(host.get("pointer") == "");
  const char* const null = nullptr;
  CHECK(plasmid::View(null).size() == 0);
  CHECK(host.get("nothing") == std::nullopt);
#if __cplusplus >= 202002L
  CHECK(host.set("span", std::span<const std::uint8_t>(vector).subspan(1)) == 5);
  CHECK(host.get("span") == std::string("\2\3"));
#endif
  // Longer than any buffer that was ready for it, and with zero bytes inside.
  const std::string long_value(100000, '\0');
  host.set("long", long_value);
  CHECK(host.get("long") == long_value);
  host.set("long", null);
  CHECK(host.get("long") == "");
}

// Whatever budget is asked for, the host's own limit is the most that it can be.
void budgets() {
  plasmid::Host a("a"), b("b", plasmid::Config().set_message_bytes(1000));
  CHECK(a.message_bytes() == 16 << 20 && b.message_bytes() == 1000);
  for (int key = 0; key < 4; key++) b.set(std::to_string(key), std::string(700, 'v'));
  CHECK(b.initiate(SIZE_MAX).size() <= 1000);
  for (const std::size_t budget : {std::size_t{1000}, std::size_t{1001}, SIZE_MAX}) {
    const auto answer = b.receive(a.initiate(budget), budget);
    CHECK(answer.size() > 700 && answer.size() <= 1000);
  }
  CHECK(b.receive(a.initiate()).size() > 700);
}

void reading() {
  plasmid::Host a("a"), b("b");
  a.set("k", "1");
  a.set("j", "2");
  a.set("k", "3");
  meet(b, a);

  CHECK((b.participants() == std::vector<std::string>{"a", "b"}));
  CHECK(b.participants(plasmid::Status::left).empty());
  CHECK(b.id() == "b" && b.generation() > 0);
  CHECK(b.get_from("a", "k") == "3" && b.get_from("a", "l") == std::nullopt);
  CHECK(b.get_from("c", "k") == std::nullopt);
  CHECK(b.max_version("a") == 3 && b.max_version("c") == std::nullopt);
  CHECK(b.len("a") == 2 && b.len("c") == 0);
  CHECK(b.conflicts() == 0 && b.skipped() == 0 && b.room_needed() == 0);

  const auto by_key = b.entries("a");
  CHECK(by_key.size() == 2);
  CHECK(by_key[0].key == "j" && by_key[0].value == "2" && by_key[0].version == 2);
  CHECK(by_key[1].key == "k" && by_key[1].value == "3" && by_key[1].version == 3);
  const auto by_version = b.entries("a", plasmid::Order::by_version);
  CHECK(by_version.size() == 3 && by_version[0].value == "1" && by_version[2].value == "3");
  const auto history = b.history("a", "k");
  CHECK(history.size() == 2 && history[0].value == "3" && history[1].value == "1");
  CHECK(b.entries("c").empty() && b.history("c", "k").empty() && b.history("a", "x").empty());
}

void options() {
  plasmid::Config config;
  config.set_ordering(plasmid::Ordering::breadth)
      .set_digests(plasmid::Digests::plain)
      .set_history(false)
      .set_compress(true)
      .set_seed(1)
      .set_nonce(2)
      .set_generation(3)
      .set_cluster("cluster")
      .set_key_bytes(10)
      .set_value_bytes(20)
      .set_message_bytes(1000)
      .set_participants(2)
      .set_keys_per_participant(2)
      .set_participant_bytes(1000)
      .set_state_bytes(1000)
      .set_auto_compact(false)
      .set_tombstone_age_ms(1000)
      .set_evict_after_ms(1000)
      .set_generation_ahead_ms(1000)
      .set_departed(10)
      .set_fragment_bytes(1000)
      .set_remembered_deletes(10)
      .set_change_records(10);
  const auto chained = plasmid::Config()
                           .set_ordering(plasmid::Ordering::breadth)
                           .set_digests(plasmid::Digests::plain)
                           .set_history(false)
                           .set_seed(1)
                           .set_nonce(2)
                           .set_generation(3)
                           .set_cluster("cluster")
                           .set_message_bytes(1000);
  plasmid::Host a("a", config), same("a", chained);
  CHECK(a.generation() == 3 && a.initiate() == same.initiate());
  CHECK(a.initiate().size() <= 1000);
  a.set("k", "1");
  a.set("k", "2");
  CHECK(a.history("a", "k").size() == 1);
  fails_with(PLASMID_LIMIT, "key_bytes", [&] { a.set("a long key indeed", "1"); });
  fails_with(PLASMID_LIMIT, "value_bytes", [&] { a.set("k", std::string(21, 'v')); });
  fails_with(PLASMID_LIMIT, "keys_per_participant", [&] {
    a.set("l", "1");
    a.set("m", "1");
  });

  plasmid::Host b("b");
  fails_with(PLASMID_FOREIGN, "cluster", [&] { b.receive(a.initiate()); });
  fails_with(PLASMID_MALFORMED, "malformed", [&] { b.receive("not a message"); });
  fails_with(PLASMID_BUFFER_TOO_SHORT, "512", [&] { (void)b.initiate(511); });
  fails_with(PLASMID_LIMIT, "message_bytes",
             [] { plasmid::Host("a", plasmid::Config().set_message_bytes(1)); });
  fails_with(PLASMID_LIMIT, "id_bytes", [] { plasmid::Host(""); });
}

void streams() {
  plasmid::Host a("a"), b("b");
  a.set("k", std::string(200000, 'a'));
  b.set("k", std::string(200000, 'b'));
  {
    auto stream = a.create_stream();
    auto exchange = b.exchange();
    exchange.receive(stream.transmit());
    CHECK(exchange.transmit(10).size() == 10);
    CHECK(!exchange.finished());
    stream.receive("");
    CHECK(!stream.finished() && stream.rounds() == 0);
    fails_with(PLASMID_MALFORMED, "after the end", [&] { exchange.receive("\1x"); });
  }
  auto stream = a.create_stream(false, plasmid::Mode::push_pull);
  auto exchange = b.exchange(false);
  CHECK(stream.transmit().empty());
  for (std::uint64_t round = 1; round <= 3; round++) {
    stream.gossip();
    exchange.receive(stream.transmit());
    stream.receive(exchange.transmit());
    exchange.receive(stream.transmit());
    CHECK(stream.rounds() == round && exchange.rounds() == round);
  }
  CHECK(a.len("b") == 1 && b.len("a") == 1);
  CHECK(!stream.finished() && !exchange.finished());
}

void moving() {
  plasmid::Host a("a");
  a.set("k", "v");
  plasmid::Stream stream = a.create_stream();
  plasmid::Host moved = std::move(a);
  CHECK(moved.get("k") == "v");
  a = plasmid::Host("other");
  CHECK(a.id() == "other");
  plasmid::Stream moved_stream = std::move(stream);
  {
    const plasmid::Host gone = std::move(moved);
  }
  // A stream keeps what it needs of its host.
  CHECK(!moved_stream.transmit().empty());
  CHECK(moved_stream.handle() != nullptr && stream.handle() == nullptr);

  // What was moved from says so, and a config that was is not one of defaults.
  plasmid::Config config;
  const plasmid::Config taken = std::move(config);
  const auto was_moved = [](auto call) {
    fails_with(PLASMID_INVALID_ARGUMENT, "moved from", call);
  };
  was_moved([&] { moved.set("k", "v"); });
  was_moved([&] { (void)moved.get("k"); });
  was_moved([&] { (void)moved.initiate(); });
  was_moved([&] { (void)moved.entries("a"); });
  was_moved([&] { (void)moved.create_stream(); });
  was_moved([&] { (void)stream.transmit(); });
  was_moved([&] { config.set_seed(1); });
  was_moved([&] { plasmid::Host("b", config); });
}

}  // namespace

int main() {
  bytes_in_and_out();
  budgets();
  reading();
  options();
  streams();
  moving();
  return 0;
}
