// Reproducible pseudo-randomness: everything in the simulated cluster is a function of the seed.
#pragma once

#include <cstdint>
#include <string>

namespace kubevitals::sim {

// Finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every input bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// A hash of a few numbers; the order counts.
template <typename... Parts>
constexpr std::uint64_t hash_of(std::uint64_t seed, Parts... parts) {
  std::uint64_t hash = mix(seed + 0x9e3779b97f4a7c15u);
  ((hash = mix(hash ^ (static_cast<std::uint64_t>(parts) + 0x9e3779b97f4a7c15u))), ...);
  return hash;
}

// The SplitMix64 sequence. Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15u); }
  // Below `bound`, 0 for a bound of 0; the bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability; }

 private:
  std::uint64_t state_;
};

// "1c7b6a0e-9f1d-4c33-8f0a-5d1f2e3a4b5c": a version 4 UUID made of a hash.
std::string make_uid(std::uint64_t hash);

// `length` characters of the alphabet that Kubernetes takes for generated names (no vowels, no 0, 1, 3).
std::string name_suffix(std::uint64_t hash, int length);

// `length` lower-case hexadecimal digits, any number of them.
std::string hex_digits(std::uint64_t hash, int length);

}  // namespace kubevitals::sim
