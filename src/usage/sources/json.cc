#include "usage/sources/json.h"

#include <limits>
#include <memory>

#include "base/rfc3339.h"
#include "usage/sources/source.h"

namespace kubevitals::usage::json {

static_assert(kBodyPadding >= simdjson::SIMDJSON_PADDING);

std::optional<std::uint64_t> unsigned_number(Value value) {
  if (value.is_null()) return std::nullopt;
  return std::uint64_t(value.get_uint64());
}

std::optional<std::int64_t> signed_number(Value value) {
  if (value.is_null()) return std::nullopt;
  return std::int64_t(value.get_int64());
}

std::optional<double> number(Value value) {
  if (value.is_null()) return std::nullopt;
  return double(value.get_double());
}

bool boolean(Value value) {
  return !value.is_null() && bool(value.get_bool());
}

std::string_view text(Value value) {
  if (value.is_null()) return {};
  return std::string_view(value.get_string());
}

Nanos time(Value value) {
  const std::string_view written = text(value);
  if (written.data() == nullptr) return kNoTime;
  const Result<UnixTime> time = parse_rfc3339(written);
  if (!time) throw BadTime{std::string(written.substr(0, 64))};
  constexpr std::int64_t kBillion = 1'000'000'000;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kBillion - 1;
  if (time->seconds > kMost || time->seconds < -kMost) return kNoTime;
  return time->seconds * kBillion + time->nanos;
}

Result<void> read_document(std::string_view body, void (*read)(void* context, Value document),
                           void* context) {
  thread_local auto parser = std::make_unique<simdjson::dom::parser>();
  // More would only be kept for one odd kubelet.
  if (parser->capacity() > 8 * body.size() + (1 << 20)) parser = std::make_unique<simdjson::dom::parser>();
  try {
    read(context, parser->parse(body.data(), body.size(), false));
    return {};
  } catch (const simdjson::simdjson_error& error) {
    return Error{ErrorCode::kInvalid, std::string("not the JSON that was expected: ") + error.what()};
  } catch (const BadTime& bad) {
    return Error{ErrorCode::kInvalid, "not an RFC 3339 time: " + bad.text};
  }
}

}  // namespace kubevitals::usage::json
