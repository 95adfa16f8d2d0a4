#include "net/bcrypt.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace kubevitals::net {
namespace {

// "$2y$10$", 22 characters of salt, 31 of hash.
constexpr std::size_t kSettingSize = 29;
constexpr std::size_t kHashSize = 60;
constexpr std::size_t kPasswordSize = 72;  // what bcrypt looks at
constexpr int kMinCost = 4;
constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

struct Wipe {
  void operator()(crypt_data* data) const {
    OPENSSL_cleanse(data, sizeof *data);
    std::default_delete<crypt_data>()(data);
  }
};

}  // namespace

Result<void> check_bcrypt_hash(std::string_view hash) {
  const auto fail = [](std::string cause) { return Error{ErrorCode::kInvalid, std::move(cause)}; };
  if (!hash.starts_with("$2a$") && !hash.starts_with("$2b$") && !hash.starts_with("$2y$")) {
    return fail("expected a bcrypt hash, which begins with $2a$, $2b$ or $2y$");
  }
  int cost = 0;
  const bool shaped = hash.size() == kHashSize && hash[6] == '$' &&
                      hash.find_first_not_of(kAlphabet, 7) == hash.npos && hash[4] >= '0' && hash[4] <= '9';
  if (!shaped || std::from_chars(hash.data() + 4, hash.data() + 6, cost).ptr != hash.data() + 6) {
    return fail("expected a bcrypt hash of 60 characters, such as htpasswd -B makes");
  }
  if (cost < kMinCost || cost > kMaxBcryptCost) {
    return fail("a bcrypt hash's cost must be 4 to " + std::to_string(kMaxBcryptCost) + ", not " +
                std::to_string(cost));
  }
  return {};
}

bool bcrypt_matches(std::string_view password, std::string_view hash) {
  if (!check_bcrypt_hash(hash)) return false;
  std::string text(password.substr(0, kPasswordSize));
  // For C the password would end there; it is hashed nevertheless, for the time that takes.
  const bool whole = password.find('\0') == password.npos;
  // libxcrypt changes some results for $2a$, to tell them from those of a program that had a fault.
  std::string setting(hash.substr(0, kSettingSize));
  setting[2] = 'b';
  const std::unique_ptr<crypt_data, Wipe> data(std::make_unique<crypt_data>().release());
  const char* const hashed = ::crypt_r(text.c_str(), setting.c_str(), data.get());
  OPENSSL_cleanse(text.data(), text.size());
  if (hashed == nullptr || std::string_view(hashed).size() != kHashSize) return false;
  const bool same =
      CRYPTO_memcmp(hashed + kSettingSize, hash.data() + kSettingSize, kHashSize - kSettingSize) == 0;
  return same && whole;
}

}  // namespace kubevitals::net
