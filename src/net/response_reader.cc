#include "net/response_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace kubevitals::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kMaxHead = 64 << 10;

// The end of a chunked body, "0\r\n\r\n": so much still comes before it is whole. Given less, Beast's parser
// has an assertion that fails.
constexpr std::size_t kLeastChunk = 5;

}  // namespace

ResponseReader::ResponseReader(std::size_t max_body, std::size_t spare) : max_body_(max_body), spare_(spare) {
  parser_.header_limit(kMaxHead);
  parser_.body_limit(max_body);
}

Result<void> ResponseReader::take(std::string_view bytes) {
  std::string whole;
  if (!pending_.empty()) {
    whole = std::move(pending_);
    pending_.clear();
    whole.append(bytes);
    bytes = whole;
  }
  while (!bytes.empty() && !parser_.is_done()) {
    const bool knew_head = parser_.is_header_done();
    if (knew_head && parser_.chunked() && bytes.size() < kLeastChunk) break;
    error_code error;
    const std::size_t used = parser_.put(boost::asio::buffer(bytes), error);
    bytes.remove_prefix(used);
    if (error == http::error::need_more) break;
    if (error == http::error::body_limit) {
      return Error{ErrorCode::kInvalid, "the body is larger than " + std::to_string(max_body_) + " bytes"};
    }
    if (error) return Error{ErrorCode::kInvalid, "malformed response: " + error.message()};
    if (!knew_head && parser_.is_header_done()) {
      reserve();
    } else if (used == 0) {
      break;
    }
  }
  pending_.assign(bytes);
  return {};
}

void ResponseReader::reserve() {
  const auto length = parser_.content_length();
  if (length && *length <= max_body_) parser_.get().body().reserve(*length + spare_);
  parser_.eager(true);
}

Result<void> ResponseReader::take_end() {
  if (!has_head()) return Error{ErrorCode::kUnavailable, "the connection was closed without an answer"};
  error_code error;
  if (!parser_.is_done()) parser_.put_eof(error);
  if (!error) return {};
  return Error{ErrorCode::kUnavailable, "the connection was closed in the middle of the answer"};
}

}  // namespace kubevitals::net
