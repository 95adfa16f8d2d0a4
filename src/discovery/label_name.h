// Label names as numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kubevitals::discovery {

// The name of a label: a number that stands for a text. Comparing compares numbers, which are in no useful
// order. Everything here is thread-safe; reading takes no lock.
//
// The first names that come, more than a cluster and its configuration use, are lasting: they are kept for as
// long as the program runs, and may be remembered by their numbers. Later ones are there as long as somebody
// keeps them, which blocks of labels and keepers do; like the view of a value, such a name is of use only
// while what it was taken from is there. So a source that makes up ever new names takes no memory for ever.
class LabelName {
 public:
  static constexpr std::uint32_t kLasting = 1 << 15;

  // For names of the program and its configuration: never forgotten.
  explicit LabelName(std::string_view text);
  // The name with this number, which must be one of those that number() gave.
  static LabelName numbered(std::uint32_t number) { return LabelName(number); }

  // How many there are now.
  static std::size_t count();

  std::string_view text() const;
  std::uint32_t number() const { return number_; }
  bool is_lasting() const { return number_ < kLasting; }

  bool is_meta() const;      // "__meta_...": not part of a target
  bool is_internal() const;  // "__...": never shown with samples

  friend bool operator==(LabelName, LabelName) = default;
  friend auto operator<=>(LabelName, LabelName) = default;

 private:
  friend class LabelBlock;
  friend class NameKeeper;

  explicit LabelName(std::uint32_t number) : number_(number) {}

  // Nothing for lasting names. Only a name that somebody keeps can be kept.
  void keep() const {
    if (!is_lasting()) keep_passing();
  }
  void release() const {
    if (!is_lasting()) release_passing();
  }
  void keep_passing() const;
  void release_passing() const;

  std::uint32_t number_;
};

// Keeps names that come from outside. Not thread-safe.
class NameKeeper final {
 public:
  NameKeeper() = default;
  ~NameKeeper() { clear(); }
  NameKeeper(NameKeeper&& other) noexcept = default;
  NameKeeper& operator=(NameKeeper&&) = delete;

  // The name, of use until clear().
  LabelName keep(std::string_view text);
  // The same if the name is known already; otherwise no label anywhere has it.
  std::optional<LabelName> find(std::string_view text);

  void clear();

 private:
  std::vector<LabelName> passing_;
};

// Every character outside of [a-zA-Z0-9_] becomes one "_", as in Prometheus' strutil.SanitizeLabelName.
std::string sanitize_label_name(std::string_view text);

}  // namespace kubevitals::discovery

template <>
struct std::hash<kubevitals::discovery::LabelName> {
  std::size_t operator()(kubevitals::discovery::LabelName name) const noexcept { return name.number(); }
};
