// Answers of DNS servers (RFC 1035).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kubevitals::discovery::dns {

// The types that can be asked for, with their numbers on the wire.
enum class RecordType : std::uint16_t { kA = 1, kNs = 2, kMx = 15, kAaaa = 28, kSrv = 33 };

// "SRV" in any case.
std::optional<RecordType> record_type_named(std::string_view text);

struct Record {
  RecordType type = RecordType::kA;
  std::string target;      // SRV, MX, NS: a name with its final dot; A, AAAA: an address
  std::uint16_t port = 0;  // SRV
  friend bool operator==(const Record&, const Record&) = default;
};

inline constexpr int kNoError = 0;
inline constexpr int kFormatError = 1;
inline constexpr int kNoSuchName = 3;

struct Message {
  int code = kNoError;  // RCODE
  // Those of the answer section with a type from above, whatever name they are for: CNAME records and others
  // that lead to them are passed over.
  std::vector<Record> records;
};

// Reads a message; kInvalid with the cause alone when it breaks off or contradicts itself. Names are written
// as in zone files: with a backslash before what would have a meaning there, and \DDD for what cannot be
// printed. Sections after the answers are not looked at.
Result<Message> parse_message(std::string_view bytes);

}  // namespace kubevitals::discovery::dns
