#include "usage/api/auth/allowed_users.h"

#include <algorithm>
#include <utility>

#include "usage/api/auth/open_paths.h"

namespace kubevitals::usage {

AllowedUsers::AllowedUsers(std::shared_ptr<const net::CertificateAuthorities> authorities,
                           std::string_view users)
    : authorities_(std::move(authorities)) {
  while (!users.empty()) {
    const std::size_t comma = std::min(users.find(','), users.size());
    users_.emplace(users.substr(0, comma));
    users.remove_prefix(std::min(comma + 1, users.size()));
  }
}

asio::awaitable<std::optional<net::ServerResponse>> AllowedUsers::refuse(const net::ServerRequest& request) {
  if (is_open_path(request.path)) co_return std::nullopt;
  const auto& shown = request.client_certificate;
  if (!shown || !shown->is_signed_by(*authorities_))
    co_return net::ServerResponse::text(401, "Unauthorized\n");
  if (users_.empty() || users_.contains(shown->common_name())) co_return std::nullopt;
  co_return net::ServerResponse::text(403, "Forbidden\n");
}

}  // namespace kubevitals::usage
