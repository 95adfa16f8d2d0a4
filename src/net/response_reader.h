// An HTTP/1.1 response, put together as its bytes come in.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals::net {

// Used from one thread at a time.
class ResponseReader {
 public:
  // The body may have `max_body` bytes, and has room for `spare` more behind it where its length is known
  // before.
  ResponseReader(std::size_t max_body, std::size_t spare);

  // The next bytes. kInvalid, with the cause alone, for what is no response, or too big.
  Result<void> take(std::string_view bytes);
  // There are no more: kUnavailable when the response is not whole.
  Result<void> take_end();

  bool has_head() const { return parser_.is_header_done(); }
  bool is_whole() const { return parser_.is_done(); }
  // Of a whole response: whether another one may follow on this connection.
  bool keeps_alive() const { return parser_.keep_alive() && !parser_.need_eof() && pending_.empty(); }

  int status() const { return static_cast<int>(parser_.get().result_int()); }
  // Of a whole response; it is gone then.
  std::string take_body() { return std::move(parser_.get().body()); }

 private:
  using Parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

  void reserve();

  const std::size_t max_body_;
  const std::size_t spare_;
  Parser parser_;
  std::string pending_;  // not understood without what follows
};

}  // namespace kubevitals::net
