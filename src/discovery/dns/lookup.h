// Asking DNS servers, with c-ares on an Asio strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "discovery/dns/message.h"

namespace kubevitals::discovery::dns {

// Whom to ask, and how patiently.
struct Servers {
  std::vector<std::string> addresses;        // IP addresses, asked in this order
  std::uint16_t port = 53;                   // UDP and TCP
  std::chrono::milliseconds timeout{2'000};  // of the first try at a server; the second waits twice as long
};

// Names that stand for one: see candidates().
using Candidates = std::vector<std::string>;

// Asks for the records of all names at the same time. Of each its candidates are asked for in turn, each at
// all servers in turn, until a server knows one of them: its records, which may be none. When all say that
// there is no such name: no records. Otherwise an Error says what the last server that failed did:
// kUnavailable, kTimeout or kInvalid (a malformed answer or name). Results are in the order of the names. All
// are kCancelled when the awaiting coroutine is cancelled. Runs on a strand of `io`, in real time; a lookup
// ends after a number of time-outs for each candidate and server.
asio::awaitable<std::vector<Result<std::vector<Record>>>> look_up(asio::any_io_executor io, Servers servers,
                                                                  std::vector<Candidates> names,
                                                                  RecordType type);

}  // namespace kubevitals::discovery::dns
