#include "net/tls_buffers.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

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
  return buffers().reallocate(memory, bytes);
}

}  // namespace

TlsBuffers::TlsBuffers() {
  void* const begin = ::mmap(nullptr, kBuffers * kBuffer, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  begin_ = begin == MAP_FAILED ? nullptr : static_cast<char*>(begin);
  kept_.reserve(kKept);
}

TlsBuffers::~TlsBuffers() {
  if (begin_ != nullptr) ::munmap(begin_, kBuffers * kBuffer);
}

void* TlsBuffers::allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes <= kLeast || bytes > kMost || begin_ == nullptr) return std::malloc(bytes);
  const MutexLock lock(mutex_);
  for (std::vector<char*>* const list : {&kept_, &empty_}) {
    if (list->empty()) continue;
    char* const buffer = list->back();
    list->pop_back();
    return buffer;
  }
  return fresh_ < kBuffers ? begin_ + kBuffer * fresh_++ : std::malloc(bytes);
}

void* TlsBuffers::reallocate(void* memory, std::size_t bytes) {
  if (memory == nullptr) return allocate(bytes);
  if (bytes == 0) {
    release(memory);
    return nullptr;
  }
  if (!is_ours(memory)) return std::realloc(memory, bytes);
  if (bytes <= kBuffer) return memory;
  void* const moved = std::malloc(bytes);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, kBuffer);
  release(memory);
  return moved;
}

void TlsBuffers::release(void* memory) {
  if (memory == nullptr) return;
  if (!is_ours(memory)) return std::free(memory);
  char* const buffer = static_cast<char*>(memory);
  const MutexLock lock(mutex_);
  if (kept_.size() < kKept) {
    kept_.push_back(buffer);
    return;
  }
  ::madvise(buffer, kBuffer, MADV_DONTNEED);
  empty_.push_back(buffer);
}

void keep_tls_buffers() {
  CRYPTO_set_mem_functions(&allocate, &reallocate, &release);
}

}  // namespace kubevitals::net
