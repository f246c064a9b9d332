// plasmid.hpp: a state that changes its mind. Deletions, batches, changes, leaving, snapshots.

#include <type_traits>

#include "wrapper.h"

namespace {

static_assert(std::is_nothrow_move_constructible_v<plasmid::Batch>);
static_assert(!std::is_copy_constructible_v<plasmid::Batch>);

using plasmid::ChangeKind;
using plasmid::Status;

void writing() {
  plasmid::Host a("a", plasmid::Config().set_auto_compact(false)), b("b");
  CHECK(a.set("k", "") == 1);
  CHECK(a.delete_key("k") == 2 && a.delete_key("k") == 2);
  CHECK(a.get("k") == std::nullopt);
  const auto history = a.history("a", "k");
  CHECK(history.size() == 2);
  CHECK(history[0].value == std::nullopt && history[0].version == 2 && history[1].value == "");
  CHECK(a.entries("a").empty());
  CHECK(a.entries("a", plasmid::Order::by_version).size() == 2);

  a.tick(1000);
  CHECK(a.set_expiring("short", "v", 10) == 3);
  a.tick(1010);
  CHECK(a.get("short") == std::nullopt);
  CHECK(a.gc_version("a") == 0 && a.gc_version("nobody") == std::nullopt);
  CHECK(a.compact(1) == 1 && a.gc_version("a") == 1);
  const auto reached = a.compact();
  CHECK(reached >= 4 && a.gc_version("a") == reached);
  fails_with(PLASMID_LIMIT, "version", [&] { a.compact(1000); });
}

void batches() {
  plasmid::Host host("a", plasmid::Config().set_key_bytes(3));
  host.set("old", "v");
  CHECK(host.batch().set("x", "1").set("y", "2").delete_key("old").commit() == 2);
  CHECK(host.get("x") == "1" && host.get("y") == "2" && host.get("old") == std::nullopt);
  auto batch = host.batch();
  batch.set("long", "v");
  fails_with(PLASMID_LIMIT, "key_bytes", [&] { batch.commit(); });
  batch = host.batch();
  CHECK(batch.commit() == 2);

  // It keeps what it needs of its host, and what was moved from says so.
  batch.set("z", "3");
  { const plasmid::Host gone = std::move(host); }
  auto moved = std::move(batch);
  CHECK(moved.commit() == 3);
  fails_with(PLASMID_INVALID_ARGUMENT, "moved from", [&] { batch.set("k", "v"); });
  fails_with(PLASMID_INVALID_ARGUMENT, "moved from", [&] { (void)host.batch(); });
}

void following() {
  plasmid::Host a("a"), b("b");
  a.set("load", "1");
  a.set("empty", "");
  b.set("own", "v");
  meet(a, b);
  plasmid::Bytes cursor;
  std::size_t joins = 0, sets = 0;
  for (const auto& change : b.changes(cursor)) {
    joins += change.kind == ChangeKind::join;
    sets += change.kind == ChangeKind::set;
    if (change.key == "load") {
      CHECK(change.participant == "a" && change.value == "1" && change.version == 1);
      CHECK(change.generation == a.generation());
    }
  }
  CHECK(joins == 2 && sets == 3);

  cursor = b.changes().cursor;
  CHECK(!cursor.empty() && b.changes(cursor).list.empty() && !b.changes(cursor).more);
  a.delete_key("load");
  a.leave();
  b.set("own", "w");
  meet(a, b);
  const auto changes = b.changes(cursor, 1024, "", "a");
  CHECK(changes.list.back().kind == ChangeKind::leave && changes.list.back().key.empty());
  CHECK(b.changes(cursor, 1024, "own").list.back().value == "w");
  CHECK(b.changes("", 1).more);
  fails_with(PLASMID_CURSOR, "cursor", [&] { (void)b.changes("no cursor"); });
  fails_with(PLASMID_CURSOR, "cursor", [&] { (void)a.changes(cursor); });
}

void coming_and_going() {
  plasmid::Host a("a"), b("b"), c("c");
  a.set("k", "v");
  b.set("k", "v");
  c.set("k", "v");
  meet(a, b);
  meet(c, b);
  CHECK(b.status("a") == Status::present && b.status("nobody") == std::nullopt);
  CHECK(b.generation_of("a") == a.generation() && b.generation_of("nobody") == std::nullopt);
  CHECK(b.last_heard("a") == std::nullopt && b.staleness("a") == std::nullopt);
  meet(a, b);
  meet(a, b);
  CHECK(a.acked_version("b") == 1 && a.acked_version("nobody") == std::nullopt);

  CHECK(a.leave() == 2);
  fails_with(PLASMID_LEFT, "left", [&] { a.set("k", "w"); });
  meet(a, b);
  CHECK(b.evict("c") == 2);
  fails_with(PLASMID_NOT_FOUND, "participant", [&] { b.evict("nobody"); });
  fails_with(PLASMID_INVALID_ARGUMENT, "participant", [&] { b.evict("b"); });
  using Ids = std::vector<std::string>;
  CHECK((b.participants() == Ids{"b"} && b.participants(Status::left) == Ids{"a"}));
  CHECK((b.participants(Status::evicted) == Ids{"c"}));
  CHECK((b.participants(std::nullopt) == Ids{"a", "b", "c"}));
  CHECK(b.status("a") == Status::left && b.status("c") == Status::evicted);
  CHECK(b.forgotten() == 0);

  const auto generation = a.generation();
  CHECK(a.renew() > generation);
  a.set("k", "w");
  meet(a, b);
  CHECK(b.status("a") == Status::present && b.get_from("a", "k") == "w");
  b.tick(1000);
  CHECK(b.last_heard("b") == 0);
}

void snapshots() {
  plasmid::Host host("a", plasmid::Config().set_cluster("ours"));
  host.set("k", "v");
  const auto bytes = host.snapshot();
  const auto ours = plasmid::Config().set_cluster("ours").set_history(false);
  auto restored = plasmid::Host::restore(bytes, ours);
  CHECK(restored.id() == "a" && restored.get("k") == "v" && restored.set("k", "w") == 2);
  CHECK(restored.generation() > host.generation());
  CHECK(restored.history("a", "k").size() == 1);
  fails_with(PLASMID_FOREIGN, "cluster", [&] { (void)plasmid::Host::restore(bytes); });
  fails_with(PLASMID_MALFORMED, "", [&] { (void)plasmid::Host::restore("torn", ours); });
  plasmid::Config config;
  const auto taken = std::move(config);
  fails_with(PLASMID_INVALID_ARGUMENT, "moved from",
             [&] { (void)plasmid::Host::restore(bytes, config); });
}

// In the folder of the test, or where the program stands.
void durable(const std::string& folder) {
  const auto path = folder + "/of wrapper";
  const auto config = [&] { return plasmid::Config().set_path(path); };
  std::uint64_t generation = 0;
  {
    plasmid::Host host("a", config());
    host.set("k", "v");
    generation = host.generation();
    fails_with(PLASMID_IN_USE, "", [&] { plasmid::Host("a", config()); });
  }
  plasmid::Host host("a", config().set_relaxed(true));
  CHECK(host.get("k") == "v" && host.generation() == generation);
  host.close();
  fails_with(PLASMID_CLOSED, "closed", [&] { host.set("k", "w"); });
  CHECK(host.get("k") == "v");
  fails_with(PLASMID_FOREIGN, "", [&] { plasmid::Host("b", config()); });
}

}  // namespace

int main(int argc, char** argv) {
  writing();
  batches();
  following();
  coming_and_going();
  snapshots();
  durable(argc > 1 ? argv[1] : ".");
  return 0;
}
