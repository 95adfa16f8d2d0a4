// The page at a server's root.
#pragma once

#include <string_view>
#include <vector>

#include "net/http_server.h"

namespace kubevitals::net {

struct Link {
  std::string_view path;
  std::string_view text;
};

// What is served here, and where. All texts are ours: nothing is escaped.
ServerResponse landing_page(std::string_view title, std::string_view version, const std::vector<Link>& links);

}  // namespace kubevitals::net
