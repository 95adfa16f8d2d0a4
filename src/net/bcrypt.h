// Passwords against bcrypt hashes, as htpasswd -B makes them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals::net {

// More takes minutes for each password.
inline constexpr int kMaxBcryptCost = 20;

// kInvalid, with the cause alone and nothing of the hash in it, for all but $2a$, $2b$ and $2y$ hashes with a
// cost of 4 to kMaxBcryptCost.
Result<void> check_bcrypt_hash(std::string_view hash);

// Whether the password is the one of this hash. Takes as long as the hash's cost says, a tenth of a second
// and more; the comparison takes the same time wherever they differ. As in Go, three kinds of hashes mean the
// same, and only the first 72 bytes of a password count. One with a zero byte is never right.
bool bcrypt_matches(std::string_view password, std::string_view hash);

}  // namespace kubevitals::net
