#include "sim/random.h"

namespace kubevitals::sim {

std::string hex_digits(std::uint64_t hash, int length) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(static_cast<std::size_t>(length), '0');
  for (int i = 0; i < length; ++i) {
    if (i != 0 && i % 16 == 0) hash = mix(hash + 1);
    text[static_cast<std::size_t>(i)] = kDigits[(hash >> (4 * (i % 16))) & 15];
  }
  return text;
}

std::string make_uid(std::uint64_t hash) {
  std::string text = hex_digits(hash, 32);
  text[12] = '4';
  text[16] = "89ab"[hash >> 62];
  for (const std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

std::string name_suffix(std::uint64_t hash, int length) {
  constexpr char kAlphabet[] = "bcdfghjklmnpqrstvwxz2456789";
  std::string text;
  for (int i = 0; i < length; ++i) {
    text.push_back(kAlphabet[hash % 27]);
    hash /= 27;
  }
  return text;
}

}  // namespace kubevitals::sim
