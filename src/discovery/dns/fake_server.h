// A DNS server for tests, on loopback.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "discovery/dns/message.h"

namespace kubevitals::discovery::dns {

// The parts of messages, as they are on the wire.
std::string wire_number(unsigned value, int bytes = 2);
std::string wire_name(std::string_view name);  // "a.b." without escapes
// A record for a name at offset 12, where the question's is.
std::string wire_record(RecordType type, std::string_view data);
std::string wire_record(unsigned type, std::string_view data);
std::string a_record(std::string_view four_bytes);
std::string srv_record(std::string_view target, unsigned port);
std::string mx_record(std::string_view target);
std::string ns_record(std::string_view target);
std::string cname_record(std::string_view target);

// An answer to a question for `name` without an id.
std::string wire_answer(std::string_view name, unsigned type, int code,
                        const std::vector<std::string>& records);

struct FakeAnswer {
  int code = kNoError;
  std::vector<std::string> records;
  bool silent = false;     // no answer at all
  bool truncated = false;  // by UDP: only the question, and that there is more
  std::string raw;         // sent after the id instead of all this
};

// Answers questions by name, or by name and type ("a. 33"); all others with "no such name". Lives on the
// thread that runs the context.
class FakeServer {
 public:
  explicit FakeServer(asio::io_context& io);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const;
  std::map<std::string, FakeAnswer>& answers();
  // Whether it knows EDNS; without, it calls such questions malformed.
  void know_edns(bool known);
  // What it was asked since the last call: "udp a. 33 edns 4096".
  std::vector<std::string> take_asked();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace kubevitals::discovery::dns
