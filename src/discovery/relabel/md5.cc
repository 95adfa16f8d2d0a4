#include "discovery/relabel/md5.h"

#include <openssl/evp.h>

namespace kubevitals::discovery {

void Md5::Free::operator()(evp_md_st* algorithm) const {
  EVP_MD_free(algorithm);
}

void Md5::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

bool Md5::is_available() {
  const std::unique_ptr<evp_md_st, Free> algorithm(EVP_MD_fetch(nullptr, "MD5", nullptr));
  return algorithm != nullptr;
}

std::uint64_t Md5::last_bytes(std::string_view text) {
  // Fetching takes longer than hashing a label.
  if (!algorithm_) {
    algorithm_.reset(EVP_MD_fetch(nullptr, "MD5", nullptr));
    context_.reset(EVP_MD_CTX_new());
  }
  unsigned char digest[EVP_MAX_MD_SIZE] = {};
  if (!algorithm_ || !context_ || EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context_.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(context_.get(), digest, nullptr) != 1) {
    return 0;
  }
  std::uint64_t number = 0;
  for (int i = 8; i < 16; ++i) number = number << 8 | digest[i];
  return number;
}

}  // namespace kubevitals::discovery
