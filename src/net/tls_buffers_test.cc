#include "net/tls_buffers.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace kubevitals::net {
namespace {

constexpr std::size_t kRecord = 16'709;

TEST(TlsBuffers, GivesTheSameBufferAgain) {
  TlsBuffers buffers;
  void* const first = buffers.allocate(kRecord);
  std::memset(first, 1, kRecord);
  buffers.release(first);
  void* const second = buffers.allocate(kRecord + 500);
  EXPECT_EQ(second, first);
  std::memset(second, 2, kRecord + 500);
  buffers.release(second);
}

TEST(TlsBuffers, KeepsAFewOnly) {
  TlsBuffers buffers;
  std::vector<void*> taken;
  for (int i = 0; i < 100; ++i) taken.push_back(buffers.allocate(kRecord));
  EXPECT_EQ(std::set<void*>(taken.begin(), taken.end()).size(), 100u);
  for (void* const memory : taken) buffers.release(memory);
  // Those that came back first.
  std::set<void*> again;
  for (int i = 0; i < 16; ++i) again.insert(buffers.allocate(kRecord));
  EXPECT_EQ(again, std::set<void*>(taken.begin(), taken.begin() + 16));
  for (void* const memory : again) buffers.release(memory);
}

TEST(TlsBuffers, MoreThanThereAreCanBeTaken) {
  TlsBuffers buffers;
  std::vector<void*> taken;
  for (int i = 0; i < 10'000; ++i) {
    taken.push_back(buffers.allocate(kRecord));
    std::memset(taken.back(), i, 1);
  }
  EXPECT_EQ(std::set<void*>(taken.begin(), taken.end()).size(), 10'000u);
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(*static_cast<unsigned char*>(taken[i]), i % 256);
  for (void* const memory : taken) buffers.release(memory);
}

TEST(TlsBuffers, GrowsAndShrinksWithWhatIsInThem) {
  TlsBuffers buffers;
  auto* memory = static_cast<char*>(buffers.reallocate(nullptr, 1000));
  std::memset(memory, 7, 1000);
  for (const std::size_t bytes : {17'000, 18'000, 20'480, 30'000, 17'000, 500}) {
    memory = static_cast<char*>(buffers.reallocate(memory, bytes));
    for (int i = 0; i < 500; ++i) ASSERT_EQ(memory[i], 7) << bytes;
  }
  buffers.release(memory);
  memory = static_cast<char*>(buffers.allocate(kRecord));
  std::memset(memory, 8, kRecord);
  memory = static_cast<char*>(buffers.reallocate(memory, 100'000));
  for (std::size_t i = 0; i < kRecord; ++i) ASSERT_EQ(memory[i], 8);
  EXPECT_EQ(buffers.reallocate(memory, 0), nullptr);
}

TEST(TlsBuffers, LeavesOtherSizesToMalloc) {
  TlsBuffers buffers;
  EXPECT_EQ(buffers.allocate(0), nullptr);
  buffers.release(nullptr);
  for (const std::size_t bytes : {1, 100, 16'384, 20'000, 100'000}) {
    void* const memory = buffers.allocate(bytes);
    std::memset(memory, 3, bytes);
    buffers.release(memory);
  }
}

}  // namespace
}  // namespace kubevitals::net
