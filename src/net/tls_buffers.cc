#include "net/tls_buffers.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <cstdlib>

namespace kubevitals::net {
namespace {

// A record's 16 KiB, and what OpenSSL adds for its head and the cipher.
constexpr std::size_t kLeast = std::size_t{16} << 10;
constexpr std::size_t kMost = std::size_t{18} << 10;

// Outlives all connections.
TlsBuffers& buffers() {
  static auto* const made = new TlsBuffers();
  return *made;
}

void* allocate(std::size_t bytes, const char*, int) {
  return buffers().allocate(bytes);
}

void release(void* memory, const char*, int) {
  buffers().release(memory);
}

void* reallocate(void* memory, std::size_t bytes, const char*, int) {
  if (memory == nullptr) return buffers().allocate(bytes);
  if (bytes != 0) return std::realloc(memory, bytes);
  buffers().release(memory);
  return nullptr;
}

}  // namespace

TlsBuffers::~TlsBuffers() {
  for (std::size_t i = 0; i < count_; ++i) std::free(kept_[i]);
}

void* TlsBuffers::allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes <= kLeast || bytes > kMost) return std::malloc(bytes);
  {
    const MutexLock lock(mutex_);
    if (count_ > 0) return kept_[--count_];
  }
  return std::malloc(kMost);
}

void TlsBuffers::release(void* memory) {
  if (memory == nullptr) return;
  // What malloc has given for kMost, or for something near to it that will do as well.
  const std::size_t usable = ::malloc_usable_size(memory);
  if (usable >= kMost && usable < kMost + 64) {
    const MutexLock lock(mutex_);
    if (count_ < kKept) {
      kept_[count_++] = memory;
      return;
    }
  }
  std::free(memory);
}

void keep_tls_buffers() {
  CRYPTO_set_mem_functions(&allocate, &reallocate, &release);
}

}  // namespace kubevitals::net
