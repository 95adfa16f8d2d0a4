// The hash of the hashmod action.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

extern "C" {
struct evp_md_st;
struct evp_md_ctx_st;
}

namespace kubevitals::discovery {

// MD5, which spreads targets here and protects nothing. Not thread-safe.
class Md5 final {
 public:
  // Whether the OpenSSL at hand offers it: one that is restricted to FIPS 140 does not.
  static bool is_available();

  // The digest's last eight bytes as a big-endian number; 0 when MD5 is not available.
  std::uint64_t last_bytes(std::string_view text);

 private:
  struct Free {
    void operator()(evp_md_st* algorithm) const;
    void operator()(evp_md_ctx_st* context) const;
  };

  std::unique_ptr<evp_md_st, Free> algorithm_;  // looked up with the first text
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace kubevitals::discovery
