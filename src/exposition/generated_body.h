// Response bodies that are written while they are sent.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "net/http_server.h"

namespace kubevitals::exposition {

// Appends the next piece of a body, whole lines, some hundred kilobytes at most; false when there is no more.
using NextPiece = std::function<bool(std::string& out)>;

// Asks for pieces as fast as the client takes them, one at a time, on `workers`; compresses them when `gzip`.
// However long the body is, two pieces of it are in memory: one that is sent and one that is written.
std::unique_ptr<net::BodySource> make_generated_body(asio::any_io_executor workers, NextPiece next,
                                                     bool gzip);

}  // namespace kubevitals::exposition
