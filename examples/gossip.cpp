// One process of a fleet: it publishes facts about itself and its machine, gossips with random
// peers over TCP, and prints what it knows. gossip.rs, gossip.c and gossip.py are the same.
//
// A line `digest` on stdin asks for a digest of all state held; `leave` lets the process say that
// it is gone for good; `stop`, or the end of stdin, ends it.

#include <arpa/inet.h>
#include <getopt.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <plasmid.hpp>
#include <random>
#include <sstream>
#include <system_error>
#include <thread>

using namespace std::chrono_literals;

// A connection that ends, or says nothing for a second, throws.
class Socket {
 public:
  static inline std::atomic<std::uint64_t> bytes_in{0}, bytes_out{0};

  explicit Socket(int fd) : fd_(fd) {
    if (fd_ < 0) fail("socket");
    const timeval patience{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(fd_); }

  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }

  int fd() const { return fd_; }

  void send(const plasmid::Bytes& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto sent = ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) fail("send");
      at += static_cast<std::size_t>(sent);
    }
    bytes_out += bytes.size();
  }

  plasmid::Bytes receive() const {
    plasmid::Bytes bytes(65536);
    const auto got = recv(fd_, bytes.data(), bytes.size(), 0);
    if (got <= 0) fail("recv");
    bytes.resize(static_cast<std::size_t>(got));
    bytes_in += bytes.size();
    return bytes;
  }

 private:
  int fd_;
};

// Call bind or connect with an address of this machine.
template <typename Call>
static void at_loopback(Call call, const char* what, int fd, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (call(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Socket::fail(what);
}

// FNV-1a. It is here so that no language needs a library to show its state; it guards against
// nothing, and plasmid does not use it.
struct Fnv {
  std::uint64_t hash = 0xcbf29ce484222325;

  void byte(std::uint64_t byte) { hash = (hash ^ byte) * 0x100000001b3; }
  // Each part is preceded by its length, or "ab" + "c" would look like "a" + "bc".
  void part(const std::string& bytes) {
    for (int i = 0; i < 8; ++i) byte((std::uint64_t{bytes.size()} >> (8 * i)) & 0xff);
    for (const unsigned char one : bytes) byte(one);
  }
};

static std::uint64_t now_ms() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
  return static_cast<std::uint64_t>(ms);
}

// The number at a place, from 0, among the words of a file.
static double read_number(const char* path, int place) {
  std::ifstream file(path);
  std::string word;
  while (file >> word && place-- > 0) continue;
  return std::stod(word);
}

// One process. A host may be called by all threads; its calls wait for each other.
class Node {
 public:
  // Without history: facts are overwritten for ever, and only the newest ones matter.
  explicit Node(const std::string& id) : host_(id, plasmid::Config().set_history(false)) {}

  // The only clock that the host has.
  void tick() { host_.tick(now_ms()); }

  // Set what the operating system says about this process and this machine.
  void publish() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto ms = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
    const auto resident = read_number("/proc/self/statm", 1) * sysconf(_SC_PAGESIZE);
    host_.set("pid", std::to_string(getpid()));
    host_.set("resident_bytes", std::to_string(static_cast<std::int64_t>(resident)));
    host_.set("cpu_ms", std::to_string(ms(usage.ru_utime) + ms(usage.ru_stime)));
    host_.set("load", std::to_string(read_number("/proc/loadavg", 0)));
    host_.set("uptime_s", std::to_string(read_number("/proc/uptime", 0)));
    host_.set("timestamp_ms", std::to_string(now_ms()));
  }

  // What is not measured any more is not to look fresh.
  void stop_publishing() { host_.delete_key("timestamp_ms"); }

  // Say that this process is gone for good.
  void leave() { host_.leave(); }

  // Publish a text file, each line under a key of its own.
  void publish_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) Socket::fail(path.c_str());
    std::string line;
    for (int number = 0; std::getline(file, line); ++number) {
      std::ostringstream key;
      key << "file/" << std::setw(5) << std::setfill('0') << number;
      // The last line may lack the end that the others had.
      host_.set(key.str(), file.eof() ? line : line + '\n');
    }
  }

  // One round with a peer, in which both learn.
  void gossip(int peer) {
    const Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
    at_loopback(connect, "connect", socket.fd(), peer);
    auto stream = host_.create_stream(true, plasmid::Mode::push_pull);
    for (socket.send(stream.transmit()); !stream.finished(); socket.send(stream.transmit())) {
      stream.receive(socket.receive());
    }
    ++rounds_;
  }

  // The other end of a round.
  void answer(const Socket& socket) {
    auto exchange = host_.exchange(true);
    while (!exchange.finished()) {
      exchange.receive(socket.receive());
      socket.send(exchange.transmit());
    }
  }

  // What is known here, and what it has cost. (The id must be one that JSON need not escape.)
  std::string status(bool publishing) const {
    const auto participants = host_.participants();
    std::size_t keys = 0;
    std::uint64_t versions = 0, staleness = 0;
    for (const auto& id : participants) {
      keys += host_.len(id);
      versions += host_.max_version(id).value_or(0);
      staleness = std::max(staleness, host_.staleness(id).value_or(0));
    }
    std::ostringstream line;
    line << "{\"id\": \"" << host_.id() << "\", \"participants\": " << participants.size()
         << ", \"keys\": " << keys << ", \"versions\": " << versions
         << ", \"staleness_ms\": " << staleness << ", \"rounds\": " << rounds_
         << ", \"bytes_in\": " << Socket::bytes_in << ", \"bytes_out\": " << Socket::bytes_out
         << ", \"publishing\": " << (publishing ? "true" : "false") << "}\n";
    return line.str();
  }

  // A digest of everybody's newest values.
  std::string digest() const {
    Fnv fnv;
    std::size_t keys = 0;
    for (const auto& id : host_.participants()) {
      for (const auto& entry : host_.entries(id)) {
        for (const auto& part : {id, entry.key, entry.value.value_or("")}) fnv.part(part);
        ++keys;
      }
    }
    std::ostringstream line;
    line << "{\"id\": \"" << host_.id() << "\", \"digest\": \"" << std::hex << std::setw(16)
         << std::setfill('0') << fnv.hash << std::dec << "\", \"keys\": " << keys << "}\n";
    return line.str();
  }

 private:
  plasmid::Host host_;
  std::atomic<std::uint64_t> rounds_{0};
};

static std::atomic<bool> leaving{false}, stopping{false};

// Whatever breaks in a round, and whatever a peer sends, ends that round and nothing else.
template <typename Round>
static void attempt(Round round) {
  try {
    round();
  } catch (const plasmid::Error&) {
  } catch (const std::system_error&) {
  }
}

// Answer peers one after the other: a round takes a millisecond or so.
static void answer_all(Node& node, int listener) {
  while (!stopping) {
    attempt([&] { node.answer(Socket(accept(listener, nullptr, nullptr))); });
  }
}

// Publish and gossip, round after round; after `seconds` only gossip.
static void run(Node& node, const std::vector<int>& peers, std::chrono::duration<double> seconds) {
  std::mt19937 random(std::random_device{}());
  const auto start = std::chrono::steady_clock::now();
  bool publishing = true;
  for (unsigned round = 0; !stopping; ++round) {
    node.tick();
    if (leaving) {
      // Gossip goes on, so that the others learn of it.
      node.leave();
      publishing = false;
    } else if (publishing) {
      node.publish();
      publishing = std::chrono::steady_clock::now() - start < seconds;
      if (!publishing) node.stop_publishing();
    }
    if (!peers.empty()) attempt([&] { node.gossip(peers[random() % peers.size()]); });
    if (round % 2 == 1) std::cout << node.status(publishing) << std::flush;
    std::this_thread::sleep_for(200ms);
  }
}

int main(int argc, char** argv) try {
  const option options[] = {{"id", 1, nullptr, 'i'},    {"port", 1, nullptr, 'p'},
                            {"peers", 1, nullptr, 'q'}, {"seconds", 1, nullptr, 's'},
                            {"file", 1, nullptr, 'f'},  {nullptr, 0, nullptr, 0}};
  std::string id, file, word;
  std::vector<int> peers;
  int port = 0, found = 0;
  double seconds = 10;
  while ((found = getopt_long(argc, argv, "", options, nullptr)) != -1) {
    if (found == '?') return 2;
    if (found == 'i') id = optarg;
    if (found == 'p') port = std::stoi(optarg);
    if (found == 's') seconds = std::stod(optarg);
    if (found == 'f') file = optarg;
    std::istringstream ports(found == 'q' ? optarg : "");
    while (std::getline(ports, word, ',')) peers.push_back(std::stoi(word));
  }

  Node node(id);
  if (!file.empty()) node.publish_file(file);
  const int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  at_loopback(bind, "bind", listener, port);
  if (listen(listener, 64) != 0) Socket::fail("listen");
  std::thread answering([&] { answer_all(node, listener); });
  std::thread running([&] { run(node, peers, std::chrono::duration<double>(seconds)); });

  while (std::getline(std::cin, word) && word != "stop") {
    if (word == "digest") std::cout << node.digest() << std::flush;
    if (word == "leave") leaving = true;
  }
  stopping = true;
  shutdown(listener, SHUT_RDWR);  // accept returns
  answering.join();
  running.join();
  close(listener);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
