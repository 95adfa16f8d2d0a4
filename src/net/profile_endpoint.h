// CPU profiles of this process over HTTP, under the paths that Go's net/http/pprof has made common.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>

#include "net/http_server.h"

namespace kubevitals::net {

inline constexpr std::string_view kProfilePath = "/debug/pprof/";

// Whether `path` is one of profile_answer's.
bool is_profile_path(std::string_view path);

// /debug/pprof/           a page that says what there is
// /debug/pprof/profile    samples the CPU for ?seconds=30 (at most 600) and answers with gperftools' profile
//                         format, which pprof (github.com/google/pprof) and google-pprof read
// One profile is taken at a time, whatever server was asked; a second request gets a 500, as from Go's. When
// the client goes away its profile ends. Thread-safe.
asio::awaitable<ServerResponse> profile_answer(ServerRequest request);

}  // namespace kubevitals::net
