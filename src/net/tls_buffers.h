// Memory for OpenSSL.
#pragma once

#include <array>
#include <cstddef>

#include "base/mutex.h"

namespace kubevitals::net {

// Keeps a few buffers of the size of a TLS record when they are given back. A connection takes such a buffer
// for each record and gives it back when it has none to wait for (SSL_MODE_RELEASE_BUFFERS); malloc searches
// long for pieces of that size, and each time it cuts one it leaves holes. Other sizes are malloc's.
// Thread-safe.
class TlsBuffers {
 public:
  TlsBuffers() = default;
  ~TlsBuffers();
  TlsBuffers(const TlsBuffers&) = delete;
  TlsBuffers& operator=(const TlsBuffers&) = delete;

  // As malloc(), but that 0 bytes are null, as OpenSSL has it.
  void* allocate(std::size_t bytes);
  // As free().
  void release(void* memory);

 private:
  static constexpr std::size_t kKept = 16;

  Mutex mutex_;
  std::array<void*, kKept> kept_ GUARDED_BY(mutex_){};
  std::size_t count_ GUARDED_BY(mutex_) = 0;
};

// Gives OpenSSL such memory for the rest of the program. Has no effect once OpenSSL has taken some: called
// first of all.
void keep_tls_buffers();

}  // namespace kubevitals::net
