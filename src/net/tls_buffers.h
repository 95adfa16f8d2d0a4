// Memory for OpenSSL.
#pragma once

#include <cstddef>
#include <vector>

#include "base/mutex.h"

namespace kubevitals::net {

// Buffers of the size of a TLS record. A connection takes one for each record and gives it back when it has
// none to wait for (SSL_MODE_RELEASE_BUFFERS). malloc searches long for pieces of that size and leaves holes
// where a thousand connections were made at once; here they have pages of their own, which the system gets
// back but for a few that are used again. Other sizes, and what is beyond some thousands, are malloc's.
// Thread-safe.
class TlsBuffers {
 public:
  TlsBuffers();
  ~TlsBuffers();
  TlsBuffers(const TlsBuffers&) = delete;
  TlsBuffers& operator=(const TlsBuffers&) = delete;

  // As malloc(), but that 0 bytes are null, as OpenSSL has it.
  void* allocate(std::size_t bytes);
  // As realloc(), but that 0 bytes are null.
  void* reallocate(void* memory, std::size_t bytes);
  // As free().
  void release(void* memory);

 private:
  static constexpr std::size_t kBuffer = std::size_t{20} << 10;  // whole pages
  static constexpr std::size_t kBuffers = 8192;
  static constexpr std::size_t kKept = 16;

  bool is_ours(const void* memory) const {
    const auto* const at = static_cast<const char*>(memory);
    return begin_ != nullptr && at >= begin_ && at < begin_ + kBuffers * kBuffer;
  }

  char* begin_;  // addresses only, until they are used; null: there are none
  Mutex mutex_;
  std::vector<char*> kept_ GUARDED_BY(mutex_);   // with their pages
  std::vector<char*> empty_ GUARDED_BY(mutex_);  // without
  std::size_t fresh_ GUARDED_BY(mutex_) = 0;     // never used from here on
};

// Gives OpenSSL such memory for the rest of the program. Has no effect once OpenSSL has taken some: called
// first of all.
void keep_tls_buffers();

}  // namespace kubevitals::net
